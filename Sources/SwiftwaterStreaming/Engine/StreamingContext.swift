import Logging
import SwiftwaterCore
import Synchronization

/// Makes streams and runs them: every batch interval, what has arrived becomes a batch, and every output's job runs on it.
///
/// ```swift
/// let context = StreamingContext(master: "local[2]", appName: "Words", batchInterval: .seconds(1))
/// context.socketTextStream(host: "127.0.0.1", port: 7773)
///     .flatMap { $0.split(separator: " ") }.map { ($0, 1) }.reduceByKey(+).print()
/// try await context.start()
/// try await context.awaitTermination()
/// ```
///
/// Mistakes of the program (a window that is no multiple of the batch interval, no output) are found while it is put
/// together and thrown by `start()`. Nothing may be added after `start()`.
public final class StreamingContext: Sendable {
    public let context: Context
    public let batchInterval: Duration
    public let settings: StreamSettings
    public let clock: any StreamClock
    /// Where `print` writes; standard output unless given.
    let write: @Sendable (String) throws -> Void
    let graph: StreamGraph
    private let scheduler: BatchScheduler
    private let reporter = ProgressReporter()
    private let checkpointing = Mutex<CheckpointSettings?>(nil)

    /// - Parameters:
    ///   - master: `local`, `local[N]` or `local[*]`; anything else stops the program.
    ///   - batchInterval: at least 1 ms, in whole milliseconds.
    public convenience init(master: String, appName: String, batchInterval: Duration) {
        self.init(Context(master: master, appName: appName), batchInterval: batchInterval)
    }

    public init(
        _ context: Context, batchInterval: Duration, settings: StreamSettings = StreamSettings(),
        clock: any StreamClock = SystemClock(),
        write: @escaping @Sendable (String) throws -> Void = { try StandardStream.output.write($0) }
    ) {
        self.context = context
        self.batchInterval = batchInterval
        self.settings = settings
        self.clock = clock
        self.write = write
        graph = StreamGraph(batchInterval: batchInterval)
        let runner = BatchRunner(
            graph: graph, clock: clock, context: context, settings: settings, reporter: reporter)
        scheduler = BatchScheduler(runner: runner, clock: clock, context: context, settings: settings)
        if batchInterval < .milliseconds(1) || Duration.milliseconds(batchInterval.wholeMilliseconds) != batchInterval {
            graph.add(
                SwiftwaterError(
                    .invalidArgument, "the batch interval is \(batchInterval)",
                    remedy: "give a whole number of milliseconds, at least 1"))
        }
    }

    /// A context that goes on where an earlier run with the same checkpoint directory was stopped, in whatever way, or begins
    /// anew where there was none.
    ///
    /// Closures cannot be stored, so `build` puts the program together in either case; what is stored is found again by the
    /// names of sources, steps with a state, and outputs.
    public static func getOrCreate(
        checkpoint directory: String, _ build: () throws -> StreamingContext
    ) rethrows -> StreamingContext {
        let context = try build()
        context.checkpoint(directory)
        return context
    }

    /// Keeps in `directory` what the stream needs to go on after a stop of any kind. Before `start()`, which goes on from what
    /// it finds there.
    public func checkpoint(_ directory: String) { checkpoint(CheckpointSettings(directory: directory)) }

    /// As above, with all settings.
    public func checkpoint(_ settings: CheckpointSettings) { checkpointing.withLock { $0 = settings } }

    /// Starts the sources and the batch clock. The first batch ends at the next multiple of the batch interval.
    ///
    /// - Throws: the first mistake of the program, or why a source could not start.
    public func start() async throws { try startNow() }

    /// As `start()`, for programs that are not asynchronous.
    public func startNow() throws {
        if let problem = graph.problems.first { throw problem }
        guard graph.isReleased || !graph.outputs.isEmpty else {
            throw SwiftwaterError(
                .invalidState, "the program has no output", remedy: "end a stream with print() or forEachBatch")
        }
        try scheduler.start(checkpoint: checkpointing.withLock { $0 })
    }

    /// Returns when the context was stopped; throws the error that stopped it, if one did.
    public func awaitTermination() async throws { try await scheduler.awaitTermination() }

    /// As above; SIGINT and SIGTERM stop the context gracefully, a second one ends the process at once.
    public func awaitTerminationStoppingOnSignals() async throws {
        let signals = StopSignals { [scheduler] in scheduler.requestStop(gracefully: true) }
        defer { withExtendedLifetime(signals) {} }
        try await awaitTermination()
    }

    /// Asks the context to stop, without waiting: see `stop(gracefully:)`. May be called from anywhere, an output included.
    public func requestStop(gracefully: Bool) { scheduler.requestStop(gracefully: gracefully) }

    /// Stops the context.
    ///
    /// - Parameter gracefully: takes no more input, makes one last batch of what was received, finishes every batch and
    ///   then returns. Otherwise the batch that runs is finished and those that wait are dropped.
    public func stop(gracefully: Bool = false) async {
        scheduler.requestStop(gracefully: gracefully)
        try? await scheduler.awaitTermination()
    }

    /// Calls `body` after every batch with what it took. Before `start()`.
    public func onBatchCompleted(_ body: @escaping @Sendable (BatchInformation) -> Void) { reporter.add(body) }

    /// What every batch took, from now on until the context stops. A reader that falls behind by more than 1,024 batches misses
    /// the oldest.
    public func progress() -> AsyncStream<BatchInformation> { reporter.stream() }

    /// With `settings.isStepped`: makes the next batch, whatever the clock says, and runs it on the calling thread.
    public func step() throws { try scheduler.step() }

    /// With `settings.isStepped`: whether the batches of before a restart have all been made again, so that the next step is a new one.
    public var isCaughtUp: Bool { scheduler.isCaughtUp }

    /// Waits until the batch at `time`, and all before it, are done or the context has stopped. For tests with a
    /// `ManualClock`; blocks the thread.
    public func waitUntilCompleted(_ time: BatchTime) { scheduler.waitUntilCompleted(time) }

    /// The end of the interval before the first batch; known after `start()`.
    public var zeroTime: BatchTime { graph.zeroTime }

    /// Notes a mistake in the program, found while it is put together by an operator from outside the engine; `start` throws the first.
    public func reportProblem(_ error: any Error, in name: String) {
        var problem = error as? SwiftwaterError ?? SwiftwaterError(.invalidArgument, "\(error)", cause: error)
        problem.location = problem.location ?? .init()
        problem.location?.streamOperator = name
        graph.add(problem)
    }
}
