import SwiftwaterCore

/// One of the 64 ranges of keys of a windowed aggregate. It takes batches one after the other and returns the
/// window's value of each key, at a cost that does not grow with the number of batches in the window.
///
/// Closures rather than a protocol: they are compiled for the program's own types where the program asks for the
/// window.
@usableFromInline
struct WindowShard<Key: StreamKey, Value: Sendable> {
    /// Takes the pairs of a batch, each key once. If it throws, nothing has changed.
    @usableFromInline let add: (BatchTime, ArraySlice<HashedPair<Key, Value>>, _ windowStart: BatchTime) throws -> Void
    /// Returns the value of each key that a batch after `windowStart` has, in order of hash and key.
    @usableFromInline let values: (_ windowStart: BatchTime) throws -> [(Key, Value)]

    @inlinable
    init(_ shard: TwoStackShard<Key, Value>) {
        add = { try shard.add($0, $1, windowStart: $2) }
        values = { try shard.values(after: $0) }
    }

    @inlinable
    init(_ shard: SubtractingShard<Key, Value>) {
        add = { try shard.add($0, $1, windowStart: $2) }
        values = { try shard.values(after: $0) }
    }
}

@usableFromInline
struct HashedPair<Key: StreamKey, Value: Sendable>: Sendable {
    @usableFromInline let hash: UInt64
    @usableFromInline let key: Key
    @usableFromInline let value: Value
    @inlinable init(hash: UInt64, key: Key, value: Value) {
        self.hash = hash
        self.key = key
        self.value = value
    }
}
