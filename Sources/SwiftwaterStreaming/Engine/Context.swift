import Logging
import SwiftwaterCore
import Synchronization

/// What RDDs are made with and run on: the threads of `local[N]`, the application's name, the log.
///
/// ```swift
/// let context = Context(master: "local[*]", appName: "words")
/// let counts = context.textFile("book.txt").flatMap { $0.split(separator: " ") }.map { ($0, 1) }.reduceByKey(+)
/// for (word, count) in try counts.sorted(by: { $0.1 }, ascending: false).take(10) { print(word, count) }
/// ```
public final class Context: Sendable {
    public let appName: String
    public let master: Master
    /// How often a task is tried before its job fails.
    public let taskTriesMax: Int
    public let settings: ContextSettings
    let pool: WorkerPool
    let cache: PartitionCache
    private let spilled = SpilledBytes()
    private let log: Mutex<Logger>
    private let nextIdentifier = Atomic<Int>(0)

    /// - Parameters:
    ///   - master: `local`, `local[N]` or `local[*]`; anything else stops the program. `Master(parsing:)` throws instead.
    public convenience init(master: String, appName: String) {
        do {
            self.init(master: try Master(parsing: master), appName: appName)
        } catch {
            fatalError("\(error)")
        }
    }

    public init(
        master: Master, appName: String, logger: Logger = Logger(label: "swiftwater"), taskTriesMax: Int = 4,
        settings: ContextSettings = ContextSettings()
    ) {
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

    /// What the log shows: messages below this level are left out.
    public var logLevel: Logger.Level {
        get { log.withLock { $0.logLevel } }
        set { log.withLock { $0.logLevel = newValue } }
    }

    var logger: Logger { log.withLock { $0 } }

    /// Says something in the program's log, for operators from outside the engine.
    public func warn(_ message: String) { logger.warning("\(message)") }

    /// Into how many partitions by-key operators divide their result unless told: the number of threads. Results and
    /// their order do not depend on it.
    public var defaultParallelism: Int { master.threads }

    /// How many bytes stages have written to disk because they did not fit into memory.
    public var spilledBytes: Int { spilled.total.load(ordering: .relaxed) }

    @usableFromInline
    var spillSettings: SpillSettings {
        SpillSettings(
            directory: settings.spillDirectory, taskMemoryMaxBytes: max(1024, settings.shuffleMemoryMaxBytes / 16),
            spilled: { [spilled] bytes in spilled.total.wrappingAdd(bytes, ordering: .relaxed) })
    }

    func makeIdentifier() -> Int { nextIdentifier.wrappingAdd(1, ordering: .relaxed).oldValue }

    /// Runs the stages that `lineage` needs and then `body` for each of its partitions.
    @usableFromInline
    func runJob(_ lineage: Lineage, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        try lineage.prepare()
        try runTasks(count: lineage.partitionCount, of: lineage.name, body)
    }

    /// Runs one stage's tasks; a task that throws is tried again from its lineage, up to `taskTriesMax` times in all.
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

/// What has gone to disk because it did not fit into memory.
private final class SpilledBytes: Sendable {
    let total = Atomic<Int>(0)
}

/// Thrown by a sink that wants no more elements.
@usableFromInline struct JobCancellation: Error {
    @usableFromInline init() {}
}

enum TaskFailure {
    static func describe(_ error: any Error, partition: Int, name: String, tries: Int) -> SwiftwaterError {
        var location = (error as? SwiftwaterError)?.location ?? SwiftwaterError.Location()
        if location.streamOperator == nil { location.streamOperator = name }
        let known = error as? SwiftwaterError
        return SwiftwaterError(
            // A state that cannot be used any more stops the stream; any other failure may be set aside.
            known?.code == .invalidState ? .invalidState : .taskFailed,
            "the task of partition \(partition) failed \(tries) time\(tries == 1 ? "" : "s"): \(known?.message ?? "\(error)")",
            at: location, remedy: known?.remedy, cause: known?.cause ?? error)
    }
}

/// Limits of what RDDs hold in memory.
public struct ContextSettings: Sendable {
    /// How many bytes a shuffle or a sort may hold before it writes to disk; each of its 16 or more tasks has a sixteenth of it.
    /// 2 GiB.
    public var shuffleMemoryMaxBytes = 2 << 30
    /// How many bytes `persist` keeps, not counting what hangs from the elements. 1 GiB.
    public var cacheMaxBytes = 1 << 30
    /// Where spilled data goes. The files have no names and are gone with the process.
    public var spillDirectory = "/tmp"

    public init() {}
}
