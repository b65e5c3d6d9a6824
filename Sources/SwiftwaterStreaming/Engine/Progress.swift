import SwiftwaterCore

/// What a batch took.
public struct BatchInformation: Sendable {
    public let time: BatchTime
    /// What its sources gave it, as far as they know before it is read.
    public var size = BatchSize()
    /// From the batch time until its jobs began.
    public var schedulingDelay: Duration = .zero
    /// From the beginning of its jobs to the end of the last.
    public var processingTime: Duration = .zero
    /// The steps and outputs that ran, in order, with the time each took.
    public var jobs: [(name: String, time: Duration)] = []
    /// How many batches are made and wait for this one.
    public var waitingBatches = 0
    /// What the next batch may hold, in bytes, where there is backpressure.
    public var nextBatchMaxBytes: Int?
    /// The batch of the newest checkpoint; nil without one.
    public var checkpoint: BatchTime?
    /// Whether the batch was made before a restart and run again.
    public var isReplayed = false
    /// Why the batch was set aside, where it was.
    public var failure: SwiftwaterError?

    /// The lag: from the batch time until its results were written.
    public var totalDelay: Duration { schedulingDelay + processingTime }

    init(time: BatchTime) { self.time = time }
}

/// Who wants to know about batches: closures, and sequences of events.
final class ProgressReporter: Sendable {
    private struct State {
        var listeners: [@Sendable (BatchInformation) -> Void] = []
        var streams: [AsyncStream<BatchInformation>.Continuation] = []
    }
    private let state = Monitor(State())

    func add(_ listener: @escaping @Sendable (BatchInformation) -> Void) {
        state.update { $0.listeners.append(listener) }
    }

    func stream() -> AsyncStream<BatchInformation> {
        let (stream, continuation) = AsyncStream<BatchInformation>.makeStream(bufferingPolicy: .bufferingNewest(1024))
        state.update { $0.streams.append(continuation) }
        return stream
    }

    func report(_ information: BatchInformation) {
        let (listeners, streams) = state.read { ($0.listeners, $0.streams) }
        for listener in listeners { listener(information) }
        for stream in streams { stream.yield(information) }
    }

    func finish() {
        let streams = state.update { state in
            defer { state.streams = [] }
            return state.streams
        }
        for stream in streams { stream.finish() }
    }
}
