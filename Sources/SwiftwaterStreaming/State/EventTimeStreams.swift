import SwiftwaterCore

/// The results of event-time windows, and the records that arrived too late for them.
public struct EventTimeStreams<Key: StreamKey, Value: Sendable, Element: Sendable>: Sendable {
    /// The windows that the watermark has passed, each once. A window appears again, with the new value, if a late but
    /// allowed record changes it.
    public let results: DStream<(WindowedKey<Key>, Value)>
    @usableFromInline let makeLate: @Sendable () -> DStream<Element>

    @inlinable
    init(results: DStream<(WindowedKey<Key>, Value)>, makeLate: @escaping @Sendable () -> DStream<Element>) {
        self.results = results
        self.makeLate = makeLate
    }

    /// Returns the records whose windows were all gone when they arrived.
    public func late() -> DStream<Element> { makeLate() }

    /// Names the step; see `DStream.named`.
    public func named(_ name: String, version: Int = 0) -> Self {
        _ = results.named(name, version: version)
        return self
    }
}
