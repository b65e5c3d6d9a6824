import ArgumentParser
import Swiftwater

/// A request to stop the relay.
final class RelayStop: Sendable {
    private let state = Monitor((isAsked: false, isFinished: false))

    var isAsked: Bool { state.read { $0.isAsked } }

    /// Waits for a time, or until a stop is requested.
    func pause(_ duration: Duration) { _ = state.wait(atMost: duration) { $0.isAsked ? () : nil } }

    func ask() { state.update { $0.isAsked = true } }

    func finished() { state.update { $0.isFinished = true } }

    /// Stops the relay. A read of standard input cannot be interrupted, so this ends the process if the relay does not
    /// end within a second.
    func now(_ server: TextServer) {
        state.update { $0.isAsked = true }
        server.close(patience: .milliseconds(500))
        if state.wait(atMost: .seconds(1), for: { $0.isFinished ? () : nil }) == nil { ExitStatus.leave(0) }
    }
}
