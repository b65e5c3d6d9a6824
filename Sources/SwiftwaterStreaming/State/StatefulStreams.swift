import SwiftwaterCore

/// The streams of `mapWithState`: what the function returned, and all states.
public struct StatefulStreams<Key: StreamKey, State: Sendable, Output: Sendable>: Sendable {
    /// The values that the function returned, in each batch.
    public let mapped: DStream<Output>
    @usableFromInline let makeSnapshots: @Sendable () -> DStream<(Key, State)>

    @inlinable
    init(mapped: DStream<Output>, makeSnapshots: @escaping @Sendable () -> DStream<(Key, State)>) {
        self.mapped = mapped
        self.makeSnapshots = makeSnapshots
    }

    /// Returns all keys with their states after each batch. O(keys) per batch.
    public func stateSnapshots() -> DStream<(Key, State)> { makeSnapshots() }

    /// Names the step; see `DStream.named`.
    public func named(_ name: String, version: Int = 0) -> Self {
        _ = mapped.named(name, version: version)
        return self
    }
}
