import SwiftwaterCore

/// The listeners to finished batches: closures and asynchronous sequences.
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
