import SwiftwaterCore

/// A key in a window.
public struct WindowedKey<Key: StreamKey>: Hashable, StreamCodable {
    /// The window.
    public var window: EventWindow
    /// The key.
    public var key: Key

    /// Creates a key in a window.
    @inlinable
    public init(window: EventWindow, key: Key) {
        self.window = window
        self.key = key
    }

    /// Writes the window and the key.
    public func encode(to writer: inout ByteWriter) {
        window.encode(to: &writer)
        key.encode(to: &writer)
    }
    /// Reads what `encode(to:)` wrote.
    public static func decode(from reader: inout ByteReader) throws -> WindowedKey<Key> {
        WindowedKey(window: try EventWindow.decode(from: &reader), key: try Key.decode(from: &reader))
    }
    /// Returns whether this key comes before `other`, by window and then key.
    public func precedes(_ other: WindowedKey<Key>) -> Bool {
        window != other.window ? window.precedes(other.window) : key.precedes(other.key)
    }
    /// Returns a copy that can outlive the batch.
    public func detached() -> WindowedKey<Key> { WindowedKey(window: window, key: key.detached()) }
}
