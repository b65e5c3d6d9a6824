import SwiftwaterConnectors
import SwiftwaterCore

/// A transport that keeps what it is asked, and whose connections the test makes and ends.
final class ScriptedTransport: LiveTransport {
    private final class Connection: LiveConnection {
        func read() {}
        func close() {}
    }

    struct State {
        var waiting: [(due: Duration, body: @Sendable () -> Void)] = []
        var on: (@Sendable (LiveEvent) -> Bool)?
        var requests: [LiveRequest] = []
        var connections: Int { requests.count }
    }

    let clock: any StreamClock
    let state = Monitor(State())
    init(_ clock: any StreamClock) { self.clock = clock }

    func connect(_ request: LiveRequest, on: @escaping @Sendable (LiveEvent) -> Bool) -> any LiveConnection {
        state.update {
            $0.on = on
            $0.requests.append(request)
        }
        return Connection()
    }

    func schedule(in delay: Duration, _ body: @escaping @Sendable () -> Void) {
        let due = clock.elapsed() + delay
        state.update { $0.waiting.append((due, body)) }
    }

    func shutDown() { state.update { ($0.waiting, $0.on) = ([], nil) } }

    /// Tells of an event of the newest connection.
    func tell(_ event: LiveEvent) { _ = state.read { $0.on }!(event) }

    /// Runs what is due, and what becomes due by that.
    func run() {
        while true {
            let now = clock.elapsed()
            let due: (@Sendable () -> Void)? = state.update { state in
                guard let index = state.waiting.firstIndex(where: { $0.due <= now }) else { return nil }
                return state.waiting.remove(at: index).body
            }
            guard let due else { return }
            due()
        }
    }
}
