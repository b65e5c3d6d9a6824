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
    let pool: WorkerPool
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
        master: Master, appName: String, logger: Logger = Logger(label: "swiftwater"), taskTriesMax: Int = 4
    ) {
        self.appName = appName
        self.master = master
        self.taskTriesMax = max(1, taskTriesMax)
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

    /// Into how many partitions by-key operators divide their result unless told: the number of threads. Results and
    /// their order do not depend on it.
    public var defaultParallelism: Int { master.threads }

    func makeIdentifier() -> Int { nextIdentifier.wrappingAdd(1, ordering: .relaxed).oldValue }

    /// Runs the stages that `lineage` needs and then `body` for each of its partitions.
    func runJob(_ lineage: Lineage, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        try lineage.prepare()
        try runTasks(count: lineage.partitionCount, of: lineage.name, body)
    }

    /// Runs one stage's tasks; a task that throws is tried again from its lineage, up to `taskTriesMax` times in all.
    @usableFromInline
    func runTasks(count: Int, of name: String, _ body: @escaping @Sendable (Int) throws -> Void) throws {
        try pool.run(count: count) { partition in
            var tries = 0
            while true {
                do { return try body(partition) } catch is JobCancellation {
                    throw JobCancellation()
                } catch {
                    tries += 1
                    if tries < self.taskTriesMax { continue }
                    throw TaskFailure.describe(error, partition: partition, name: name, tries: tries)
                }
            }
        }
    }
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
            .taskFailed, "the task of partition \(partition) failed \(tries) times: \(known?.message ?? "\(error)")",
            at: location, remedy: known?.remedy, cause: known?.cause ?? error)
    }
}
