import SwiftwaterPlatform

/// Operating system threads.
public enum SystemThread {
    /// Starts a thread that runs `body` and then ends.
    ///
    /// - Parameter name: what a message calls it where it cannot be started.
    public static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
        let code = startDetachedThread(stackBytes: 8 << 20, body)
        precondition(code == 0, "cannot start thread \(name): error \(code)")
    }
}
