import SwiftwaterPlatform

/// Operating system threads.
package enum SystemThread {
    /// Starts a thread that runs `body` and then ends.
    ///
    /// - Parameter name: the thread's name in the message if it cannot be started.
    package static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
        let code = startDetachedThread(stackBytes: 8 << 20, body)
        precondition(code == 0, "cannot start thread \(name): error \(code)")
    }

    /// Runs blocking work on a separate thread and returns its result, so that the threads tasks share stay free.
    package static func run<Result: Sendable>(
        named name: String, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
            start(named: name) { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}
