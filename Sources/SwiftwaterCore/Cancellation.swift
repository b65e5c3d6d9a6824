import Synchronization

/// Ends long work from another thread: whoever holds it calls `cancel()`, and the work throws `CancellationError` soon after.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    public init() {}

    public func cancel() { flag.store(true, ordering: .relaxed) }

    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// - Throws: `CancellationError` once it is cancelled.
    public func check() throws { if isCancelled { throw CancellationError() } }
}
