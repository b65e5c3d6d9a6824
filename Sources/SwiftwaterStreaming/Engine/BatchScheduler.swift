import Logging
import SwiftwaterCore

/// Drives a graph: one thread makes a batch of jobs at every tick of the batch clock, another runs them, batch by batch and
/// one job at a time, in order.
final class BatchScheduler: Sendable {
    private struct Batch {
        let time: BatchTime
        let jobs: [(name: String, run: @Sendable () throws -> Void)]
    }

    private enum Phase { case created, running, stopping(gracefully: Bool), stopped }

    private struct State {
        var phase = Phase.created
        var waiting: [Batch] = []
        var isGeneratorDone = false
        var completed = BatchTime(milliseconds: .min)
        var error: SwiftwaterError?
        var waiters: [CheckedContinuation<Void, any Error>] = []
        var listeners: [@Sendable (BatchInformation) -> Void] = []
    }

    private let state = Monitor(State())
    private let graph: StreamGraph
    private let clock: any StreamClock
    private let context: Context

    init(graph: StreamGraph, clock: any StreamClock, context: Context) {
        self.graph = graph
        self.clock = clock
        self.context = context
    }

    func add(_ listener: @escaping @Sendable (BatchInformation) -> Void) {
        state.update { $0.listeners.append(listener) }
    }

    func start() throws {
        try state.update { state in
            guard case .created = state.phase else {
                throw SwiftwaterError(.invalidState, "the context was started before", remedy: "make a new one")
            }
            state.phase = .running
        }
        graph.isFrozen = true
        let interval = graph.batchInterval.wholeMilliseconds
        let now = clock.now().milliseconds
        graph.zeroTime = BatchTime(milliseconds: now / interval * interval)
        do { for input in graph.inputs { try input.start() } } catch {
            for input in graph.inputs { input.stop() }
            state.update { $0.error = error as? SwiftwaterError }
            end()
            throw error
        }
        startThread(named: "swiftwater-generator") { self.generate() }
        startThread(named: "swiftwater-jobs") { self.runJobs() }
    }

    // MARK: Generator

    private var stopRequest: Bool? {
        state.read { if case .stopping(let gracefully) = $0.phase { gracefully } else { nil } }
    }

    private func generate() {
        var next = graph.zeroTime + graph.batchInterval
        while true {
            while stopRequest == nil && clock.now() < next {
                clock.wait(until: next, orUntil: { stopRequest != nil })
            }
            if let gracefully = stopRequest {
                for input in graph.inputs { input.stop() }
                if gracefully, graph.inputs.contains(where: \.hasPending) { makeBatch(at: next) }
                state.update { $0.isGeneratorDone = true }
                return
            }
            makeBatch(at: next)
            next = next + graph.batchInterval
        }
    }

    private func makeBatch(at time: BatchTime) {
        do {
            let jobs = try graph.jobs(at: time)
            state.update { $0.waiting.append(Batch(time: time, jobs: jobs)) }
            graph.forget(before: time)
        } catch {
            fail(error, at: time, output: "job generation")
        }
    }

    // MARK: Jobs

    private func runJobs() {
        while let batch = nextBatch() {
            run(batch)
            for input in graph.inputs { input.release(batch.time) }
            state.update { $0.completed = batch.time }
        }
        end()
    }

    /// The last thing: whoever awaits the end is told of it.
    private func end() {
        let (waiters, error) = state.update { state in
            state.phase = .stopped
            defer { state.waiters = [] }
            return (state.waiters, state.error)
        }
        for waiter in waiters { if let error { waiter.resume(throwing: error) } else { waiter.resume() } }
    }

    private func nextBatch() -> Batch? {
        state.wait { state -> Batch?? in
            if case .stopping(false) = state.phase {
                return state.isGeneratorDone ? .some(nil) : nil
            }
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            return state.isGeneratorDone ? .some(nil) : nil
        }
    }

    private func run(_ batch: Batch) {
        let begin = clock.now()
        for job in batch.jobs {
            do { try job.run() } catch {
                fail(error, at: batch.time, output: job.name)
                return
            }
        }
        let information = BatchInformation(
            time: batch.time, schedulingDelay: begin - batch.time, processingTime: clock.now() - begin)
        context.logger.debug("batch \(batch.time) took \(information.processingTime.label)")
        for listener in state.read({ $0.listeners }) { listener(information) }
    }

    /// A batch that fails stops the stream; the error says which operator.
    private func fail(_ error: any Error, at time: BatchTime, output: String) {
        var known =
            error as? SwiftwaterError
            ?? SwiftwaterError(.taskFailed, "\(error)", at: .init(streamOperator: output), cause: error)
        if known.location?.streamOperator == nil {
            known.location = known.location ?? .init()
            known.location?.streamOperator = output
        }
        known.message = "batch \(time) failed: " + known.message
        context.logger.error("\(known)")
        state.update { $0.error = $0.error ?? known }
        requestStop(gracefully: false)
    }

    // MARK: Stopping

    /// A graceful stop can still be made an abrupt one, not the other way round.
    func requestStop(gracefully: Bool) {
        let hasNotStarted = state.update { state in
            switch state.phase {
            case .created: return true
            case .running: state.phase = .stopping(gracefully: gracefully)
            case .stopping(true): state.phase = .stopping(gracefully: gracefully)
            case .stopping, .stopped: break
            }
            return false
        }
        if hasNotStarted { end() }
        clock.wake()
    }

    func awaitTermination() async throws {
        try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
            let ended: (isStopped: Bool, error: SwiftwaterError?) = state.update { state in
                if case .stopped = state.phase { return (true, state.error) }
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
