import Logging
import SwiftwaterCore
import Synchronization

/// A context that creates streams and runs them. At every batch interval, what has arrived becomes a batch, and the job
/// of every output runs on it.
///
/// ```swift
/// let context = StreamingContext(master: "local[2]", appName: "Words", batchInterval: .seconds(1))
/// context.socketTextStream(host: "127.0.0.1", port: 7773)
///     .flatMap { $0.split(separator: " ") }.map { ($0, 1) }.reduceByKey(+).print()
/// try await context.start()
/// try await context.awaitTermination()
/// ```
///
/// Mistakes in the program (a window that is not a multiple of the batch interval, no output) are found while it is
/// being built and thrown by `start()`. Nothing may be added after `start()`.
public final class StreamingContext: Sendable {
    /// The context on which the batches run.
    public let engine: Context
    /// The time between two batches.
    public let batchInterval: Duration
    /// The settings of this context.
    public let settings: StreamSettings
    /// The clock that determines when batches end.
    public let clock: any StreamClock
    /// Where `print` writes; standard output by default.
    let write: @Sendable (String) throws -> Void
    let graph: StreamGraph
    private let scheduler: BatchScheduler
    private let reporter = ProgressReporter()
    private let checkpointing = Mutex<CheckpointSettings?>(nil)

    /// Creates a streaming context with default settings.
    ///
    /// - Parameters:
    ///   - master: `local`, `local[N]`, or `local[*]`; see `Master`. Any other text is an error of `start()`.
    ///   - batchInterval: at least 1 ms, in whole milliseconds.
    ///   - appName: the name in messages.
    public convenience init(master: String, appName: String, batchInterval: Duration) {
        self.init(Context(master: master, appName: appName), batchInterval: batchInterval)
    }

    /// Creates a streaming context that runs on `engine`.
    ///
    /// - Parameters:
    ///   - clock: drives the batches. With a `ManualClock` a test moves the time.
    ///   - write: receives what `print` prints; by default it goes to standard output.
    ///   - settings: limits and pacing.
    ///   - batchInterval: the time between two batches.
    ///   - engine: the context that runs the batches.
    public init(
        _ engine: Context, batchInterval: Duration, settings: StreamSettings = StreamSettings(),
        clock: any StreamClock = SystemClock(),
        write: (@Sendable (String) throws -> Void)? = nil
    ) {
        self.engine = engine
        self.batchInterval = batchInterval
        self.settings = settings
        self.clock = clock
        self.write = write ?? { try StandardStream.output.write($0) }
        graph = StreamGraph(batchInterval: batchInterval)
        let runner = BatchRunner(
            graph: graph, clock: clock, context: engine, settings: settings, reporter: reporter)
        scheduler = BatchScheduler(runner: runner, clock: clock, context: engine, settings: settings)
        if batchInterval < .milliseconds(1) || Duration.milliseconds(batchInterval.wholeMilliseconds) != batchInterval {
            graph.add(
                SwiftwaterError(
                    .invalidArgument, "the batch interval is \(batchInterval)",
                    remedy: "use a whole number of milliseconds, at least 1"))
        }
    }

    /// Stores in `directory` what the stream needs to resume after any kind of stop. Call it before `start()`, which
    /// resumes from what it finds there.
    public func checkpoint(_ directory: String) { checkpoint(CheckpointSettings(directory: directory)) }

    /// Stores what the stream needs to resume, like `checkpoint(_:)` with a directory, but with all settings.
    public func checkpoint(_ settings: CheckpointSettings) { checkpointing.withLock { $0 = settings } }

    /// Starts the sources and the batch clock. The first batch ends at the next multiple of the batch interval.
    ///
    /// - Throws: the first mistake in the program, the first step that the master cannot run, or the error of a source
    ///   that could not start.
    public func start() async throws {
        // A start may read logs and states from a disk, which takes its time: not on a thread that tasks share.
        try await SystemThread.run(named: "swiftwater-start") { try self.startBlocking() }
    }

    /// Starts the context like `start()`, on the calling thread, which it blocks.
    public func startBlocking() throws {
        if let problem = engine.unusable ?? graph.problems.first { throw problem }
        guard graph.isReleased || !graph.outputs.isEmpty else {
            throw SwiftwaterError(
                .invalidState, "the program has no output", remedy: "end a stream with print() or forEachBatch")
        }
        try ClosureOnCluster.refuse(graph, on: engine)
        try scheduler.start(checkpoint: checkpointing.withLock { $0 })
    }

    /// Returns when the context has stopped. Throws the error that stopped it, if any.
    public func awaitTermination() async throws { try await scheduler.awaitTermination() }

    /// Waits like `awaitTermination()`. SIGINT and SIGTERM stop the context gracefully; a second signal ends the
    /// process at once.
    public func awaitTerminationStoppingOnSignals() async throws {
        let signals = StopSignals { [scheduler] in scheduler.requestStop(gracefully: true) }
        defer { withExtendedLifetime(signals) {} }
        try await awaitTermination()
    }

    /// Requests that the context stop, without waiting; see `stop(gracefully:)`. May be called from anywhere, including
    /// an output.
    public func requestStop(gracefully: Bool) { scheduler.requestStop(gracefully: gracefully) }

    /// Stops the context.
    ///
    /// - Parameter gracefully: whether to take no more input, make one last batch of what was received, and finish
    ///   every batch before returning, for `StreamSettings.stopMax` at most. Otherwise the running batch is finished
    ///   and the waiting ones are dropped.
    /// - Throws: the error that stopped the context before, or that a last batch failed with.
    public func stop(gracefully: Bool = false) async throws {
        scheduler.requestStop(gracefully: gracefully)
        try await scheduler.awaitTermination()
    }

    /// Calls `body` with the measurements of every batch when it is done. Call it before `start()`.
    public func onBatchCompleted(_ body: @escaping @Sendable (BatchInformation) -> Void) { reporter.add(body) }

    /// Returns the measurements of every batch, from now until the context stops. A reader that falls behind by more
    /// than 1,024 batches misses the oldest.
    public func progress() -> AsyncStream<BatchInformation> { reporter.stream() }

    /// Makes the next batch, whatever the clock says, and runs it on the calling thread. Needs `settings.isStepped`.
    public func step() throws { try scheduler.step() }

    /// Whether all batches from before a restart have been made again, so that the next step makes a new one. For
    /// `settings.isStepped`.
    public var isCaughtUp: Bool { scheduler.isCaughtUp }

    /// Waits until the batch at `time` and all before it are done, or the context has stopped. Blocks the thread; for
    /// tests with a `ManualClock`.
    package func waitUntilCompleted(_ time: BatchTime) { scheduler.waitUntilCompleted(time) }

    /// The end of the interval before the first batch. Known after `start()`.
    public var zeroTime: BatchTime { graph.zeroTime }

    /// Records a mistake in the program, found by an operator defined outside the engine while the program is being
    /// built; `start` throws the first.
    package func reportProblem(_ error: any Error, in name: String) {
        var problem = error as? SwiftwaterError ?? SwiftwaterError(.invalidArgument, "\(error)", cause: error)
        problem.location = problem.location ?? .init()
        problem.location?.streamOperator = name
        graph.add(problem)
    }
}
