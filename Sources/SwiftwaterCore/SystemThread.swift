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
        // The result goes through a lock, which orders what `body` wrote before what the caller reads. A continuation
        // that resumes before its task waits takes a shorter way, on which the thread sanitizer sees no order.
        let result = Monitor<Swift.Result<Result, any Error>?>(nil)
        await withCheckedContinuation { continuation in
            start(named: name) {
                let found = Swift.Result { try body() }
                result.update { $0 = found }
                continuation.resume()
            }
        }
        return try result.read { try $0!.get() }
    }
}
