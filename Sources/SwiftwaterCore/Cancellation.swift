import Synchronization

/// A flag that stops long-running work from another thread: after `cancel()`, the work soon throws `CancellationError`.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Creates a cancellation that is not yet requested.
    public init() {}

    /// Requests cancellation. It cannot be undone.
    public func cancel() { flag.store(true, ordering: .relaxed) }

    /// Whether `cancel()` has been called.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// Throws if cancelled; the work calls this regularly.
    ///
    /// - Throws: `CancellationError` after `cancel()`.
    public func check() throws { if isCancelled { throw CancellationError() } }
}
