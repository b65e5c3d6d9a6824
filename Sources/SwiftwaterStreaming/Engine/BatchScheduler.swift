import Logging
import SwiftwaterCore

/// The threads that drive a `BatchRunner`. One makes a batch of jobs at every tick of the batch clock. Another runs
/// them in order, batch by batch and one job at a time. With a log, a third cuts and synchronizes what has arrived at
/// every block interval.
final class BatchScheduler: Sendable {
    private enum Phase { case created, running, stopping(gracefully: Bool), stopped }

    private struct State {
        var phase = Phase.created
        var waiting: [BatchRunner.Batch] = []
        var isGeneratorDone = false
        var isFlusherDone = true
        var completed = BatchTime(milliseconds: .min)
        var lastDone: BatchTime?
        var error: SwiftwaterError?
        var waiters: [CheckedContinuation<Void, any Error>] = []
        /// Whether a batch that does not end is not waited for.
        var isAbandoned = false
    }

    private let state = Monitor(State())
    private let runner: BatchRunner
    private let clock: any StreamClock
    private let context: Context
    private let settings: StreamSettings

    init(runner: BatchRunner, clock: any StreamClock, context: Context, settings: StreamSettings) {
        self.runner = runner
        self.clock = clock
        self.context = context
        self.settings = settings
    }

    func start(checkpoint: CheckpointSettings?) throws {
        try state.update { state in
            guard case .created = state.phase else {
                throw SwiftwaterError(.invalidState, "the context was already started", remedy: "create a new one")
            }
            state.phase = .running
        }
        do { try runner.start(checkpoint: checkpoint) } catch {
            state.update { $0.error = error as? SwiftwaterError }
            end()
            throw error
        }
        guard !settings.isStepped else { return }
        if runner.durability != nil {
            state.update { $0.isFlusherDone = false }
            SystemThread.start(named: "swiftwater-log") { self.flushRegularly() }
        }
        SystemThread.start(named: "swiftwater-generator") { self.generate() }
        SystemThread.start(named: "swiftwater-jobs") { self.runJobs() }
    }

    // MARK: Generator

    private var stopRequest: Bool? {
        state.read { if case .stopping(let gracefully) = $0.phase { gracefully } else { nil } }
    }

    private func generate() {
        var pace = BatchPace(interval: runner.batchInterval, clock)
        while true {
            // Replayed batches are due at once, and are made before a stop.
            while stopRequest == nil && !runner.hasReplays, let left = wait(&pace) {
                let time = pace.isAhead ? clock.now() + left : runner.nextTime
                clock.wait(until: time, orUntil: { stopRequest != nil })
            }
            pace.begin(clock)
            if stopRequest == nil { runner.skipMissed(now: clock.now()) }
            if let gracefully = stopRequest {
                runner.stopSources()
                if gracefully {
                    while runner.hasReplays { makeBatch() }
                    // Backpressure may keep batches small, so there can be more than one.
                    while stopRequest == true && runner.hasPending { makeBatch() }
                }
                state.update { $0.isGeneratorDone = true }
                return
            }
            makeBatch()
        }
    }

    /// Returns how long the next batch has to wait, and says when the clock was set back.
    private func wait(_ pace: inout BatchPace) -> Duration? {
        let wasAhead = pace.isAhead
        let left = pace.wait(for: runner.nextTime, clock)
        if pace.isAhead, !wasAhead {
            context.logger.warning(
                """
                the clock shows \(clock.now()), and the next batch is that of \(runner.nextTime): the clock was set back, or \
                the state comes from a clock that was ahead; batches go on from there at the batch interval until the clock \
                has come to their times
                """)
        }
        return left
    }

    private func makeBatch() {
        let hasRoom: Bool = state.wait { state in
            if case .stopping(false) = state.phase { return false }
            return state.waiting.count < settings.waitingBatchesMax ? true : nil
        }
        guard hasRoom else { return }
        let time = runner.nextTime
        do {
            if let batch = try runner.makeNext() { state.update { $0.waiting.append(batch) } }
        } catch {
            fail(BatchRunner.describe(error, at: time, output: "job generation"))
        }
    }

    /// Synchronizes the log at every commit interval, so that a sender need not wait for the batch.
    private func flushRegularly() {
        let interval = runner.durability?.commitInterval ?? settings.blockInterval
        while true {
            let isOver: Bool =
                state.wait(atMost: interval) { state in
                    if case .running = state.phase { return nil }
                    return true
                } ?? false
            do { try runner.cutAndFlush() } catch { fail(BatchRunner.describe(error, at: clock.now(), output: "log")) }
            if isOver { break }
        }
        state.update { $0.isFlusherDone = true }
    }

    // MARK: Jobs

    private func runJobs() {
        while let (batch, waiting) = nextBatch() { run(batch, waiting: waiting) }
        state.wait { $0.isFlusherDone ? () : nil }
        end()
    }

    private func run(_ batch: BatchRunner.Batch, waiting: Int) {
        do {
            try runner.run(batch, waiting: waiting)
            state.update { $0.lastDone = batch.time }
        } catch {
            fail(BatchRunner.describe(error, at: batch.time, output: "batch"))
        }
        state.update { $0.completed = batch.time }
    }

    /// Ends the run and resumes the callers of `awaitTermination()`.
    private func end() {
        let (last, hasError) = state.read { ($0.lastDone, $0.error != nil) }
        runner.end(after: last, isOrderly: !hasError)
        let (waiters, error) = state.update { state in
            state.phase = .stopped
            defer { state.waiters = [] }
            return (state.waiters, state.error)
        }
        for waiter in waiters { if let error { waiter.resume(throwing: error) } else { waiter.resume() } }
    }

    private func nextBatch() -> (BatchRunner.Batch, Int)? {
        state.wait { state -> (BatchRunner.Batch, Int)?? in
            if case .stopping(false) = state.phase {
                return state.isGeneratorDone ? .some(nil) : nil
            }
            if !state.waiting.isEmpty { return (state.waiting.removeFirst(), state.waiting.count) }
            return state.isGeneratorDone ? .some(nil) : nil
        }
    }

    /// Stops the stream after a failed batch. The error names the operator.
    private func fail(_ error: SwiftwaterError) {
        // Who stops reading, as head does, has what it wanted.
        if !error.isBrokenPipe { context.logger.error("\(error)") }
        state.update { $0.error = $0.error ?? error }
        requestStop(gracefully: false)
    }

    // MARK: Stepping

    var isCaughtUp: Bool { !runner.hasReplays }

    /// Makes the next batch and runs it on the calling thread.
    func step() throws {
        let time = runner.nextTime
        do {
            try runner.cutAndFlush()
            if let batch = try runner.makeNext() {
                try runner.run(batch, waiting: 0)
                state.update { $0.lastDone = batch.time }
            }
            state.update { $0.completed = time }
        } catch {
            let known = BatchRunner.describe(error, at: time, output: "step")
            state.update { $0.error = $0.error ?? known }
            throw known
        }
    }

    // MARK: Stopping

    /// Requests a stop. A graceful stop can still become an abrupt one, but not the reverse.
    func requestStop(gracefully: Bool) {
        let (mustEnd, mustLimit) = state.update { state in
            switch state.phase {
            case .created:
                return (true, false)
            case .running where settings.isStepped:
                return (true, false)
            case .running:
                state.phase = .stopping(gracefully: gracefully)
                return (false, true)
            case .stopping(true): state.phase = .stopping(gracefully: gracefully)
            case .stopping, .stopped: break
            }
            return (false, false)
        }
        if mustLimit { SystemThread.start(named: "swiftwater-stop") { self.limitStop() } }
        if mustEnd {
            if settings.isStepped { runner.stopSources() }
            end()
        }
        clock.wake()
    }

    /// Ends a graceful stop that takes too long: the batches that wait are left out, and a batch that runs is waited
    /// for only a third of the time more.
    private func limitStop() {
        func isStopped(_ state: inout State) -> Bool? { if case .stopped = state.phase { true } else { nil } }
        if state.wait(atMost: settings.stopMax, for: isStopped) != nil { return }
        let (waiting, wasGraceful) = state.update { state in
            guard case .stopping(true) = state.phase else { return (0, false) }
            state.phase = .stopping(gracefully: false)
            return (state.waiting.count, true)
        }
        if wasGraceful {
            let rest =
                runner.durability == nil ? "without a log, they are lost" : "they are in the log, for the next start"
            context.logger.warning(
                "the stop took more than \(settings.stopMax.label): \(waiting) batches and what came after are left; \(rest)"
            )
            clock.wake()
        }
        if state.wait(atMost: settings.stopMax / 3, for: isStopped) != nil { return }
        let waiters = state.update { state in
            state.error =
                state.error
                ?? SwiftwaterError(
                    .limitExceeded,
                    "a batch did not end in \((settings.stopMax + settings.stopMax / 3).label) after the stop",
                    remedy: "with a log, the next start makes it again")
            state.isAbandoned = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(throwing: state.read { $0.error! }) }
    }

    func awaitTermination() async throws {
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            let ended: (isStopped: Bool, error: SwiftwaterError?) = state.update { state in
                if case .stopped = state.phase { return (true, state.error) }
                if state.isAbandoned { return (true, state.error) }
                state.waiters.append(waiter)
                return (false, nil)
            }
            guard ended.isStopped else { return }
            if let error = ended.error { waiter.resume(throwing: error) } else { waiter.resume() }
        }
    }

    func waitUntilCompleted(_ time: BatchTime) {
        state.wait { state -> Void? in
            if case .stopped = state.phase { return () }
            return state.completed >= time ? () : nil
        }
    }
}
