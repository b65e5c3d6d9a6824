import Logging
import SwiftwaterCore
import Synchronization

/// The environment in which RDDs are made and run: the threads of `local[N]`, the application name, and the log.
///
/// ```swift
/// let context = Context(master: "local[*]", appName: "words")
/// let counts = context.textFile("book.txt").flatMap { $0.split(separator: " ") }.map { ($0, 1) }.reduceByKey(+)
/// for (word, count) in try counts.sorted(by: { $0.1 }, ascending: false).take(10) { print(word, count) }
/// ```
public final class Context: Sendable {
    /// The application name, which the log shows.
    public let appName: String
    /// Where tasks run.
    public let master: Master
    /// The number of times a task is tried before its job fails.
    public let taskTriesMax: Int
    /// The limits on memory.
    public let settings: ContextSettings
    let pool: WorkerPool
    let cache: PartitionCache
    private let spilled = SpilledBytes()
    private let log: Mutex<Logger>
    /// Why nothing can run here; nil if it can.
    let unusable: SwiftwaterError?
    private let nextIdentifier = Atomic<Int>(0)

    /// Creates a context with default settings.
    ///
    /// - Parameter master: `local`, `local[N]`, or `local[*]`; see `Master`. Any other text is an error of the first
    ///   action of an RDD, or of `start()`; `Master(parsing:)` throws at once.
    /// - Parameter appName: the name in messages.
    public convenience init(master: String, appName: String) {
        let parsed = Result { try Master(parsing: master) }
        var problem: SwiftwaterError?
        if case .failure(let error) = parsed { problem = error as? SwiftwaterError }
        self.init(
            (try? parsed.get()) ?? .local(threads: 1), appName, Logger(label: "swiftwater"), taskTriesMax: 4,
            ContextSettings(), unusable: problem)
    }

    /// Creates a context. A task is tried up to `taskTriesMax` times.
    public convenience init(
        master: Master, appName: String, logger: Logger = Logger(label: "swiftwater"), taskTriesMax: Int = 4,
        settings: ContextSettings = ContextSettings()
    ) {
        self.init(master, appName, logger, taskTriesMax: taskTriesMax, settings, unusable: nil)
    }

    private init(
        _ master: Master, _ appName: String, _ logger: Logger, taskTriesMax: Int, _ settings: ContextSettings,
        unusable: SwiftwaterError?
    ) {
        self.unusable = unusable
        self.appName = appName
        self.master = master
        self.taskTriesMax = max(1, taskTriesMax)
        self.settings = settings
        cache = PartitionCache(maxBytes: settings.cacheMaxBytes)
        pool = WorkerPool(threads: master.threads)
        var logger = logger
        logger[metadataKey: "app"] = "\(appName)"
        log = Mutex(logger)
    }

    /// The log level; messages below it are left out.
    public var logLevel: Logger.Level {
        get { log.withLock { $0.logLevel } }
        set { log.withLock { $0.logLevel = newValue } }
    }

    /// The logger, with the current level.
    package var logger: Logger { log.withLock { $0 } }

    /// Logs a warning, for operators that are defined outside the engine.
    package func warn(_ message: String) { logger.warning("\(message)") }

    /// The default number of partitions in the result of a by-key operator: the number of threads. Results and their
    /// order do not depend on it.
    public var defaultParallelism: Int { master.threads }

    /// The number of bytes that stages have written to disk because they did not fit into memory.
    package var spilledBytes: Int { spilled.total.load(ordering: .relaxed) }

    @usableFromInline
    var spillSettings: SpillSettings {
        SpillSettings(
            directory: settings.spillDirectory, taskMemoryMaxBytes: max(1024, settings.shuffleMemoryMaxBytes / 16),
            spilled: { [spilled] bytes in spilled.total.wrappingAdd(bytes, ordering: .relaxed) })
    }

    func makeIdentifier() -> Int { nextIdentifier.wrappingAdd(1, ordering: .relaxed).oldValue }

    /// Runs the stages that `lineage` needs, then `body` for each of its partitions.
    @usableFromInline
    func runJob(_ lineage: Lineage, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        try lineage.prepare()
        try runTasks(count: lineage.partitionCount, of: lineage.name, body)
    }

    /// Runs the tasks of one stage. A task that throws is tried again from its lineage, up to `taskTriesMax` times in
    /// all.
    @usableFromInline
    func runTasks(
        count: Int, of name: String, triesMax: Int? = nil, _ body: @escaping @Sendable (Int) throws -> Void
    ) throws {
        let triesMax = triesMax ?? taskTriesMax
        try pool.run(count: count) { partition in
            var tries = 0
            while true {
                do { return try body(partition) } catch is JobCancellation {
                    throw JobCancellation()
                } catch {
                    tries += 1
                    if tries < triesMax { continue }
                    throw TaskFailure.describe(error, partition: partition, name: name, tries: tries)
                }
            }
        }
    }
}

/// The number of bytes written to disk because they did not fit into memory.
private final class SpilledBytes: Sendable {
    let total = Atomic<Int>(0)
}
