import SwiftwaterCore

/// A hash table by stable hash with linear probing that keeps its entries in the order they came.
///
///     slots   . 2 . 0 1 . . .        index into the entries + 1, 0 for none; a power of two, at most half full
///     entries hashes[], keys[], values[]
@usableFromInline
struct StableTable<Key: StreamKey, Value: Sendable>: Sendable {
    @usableFromInline var slots: [UInt32]
    @usableFromInline var hashes: [UInt64] = []
    @usableFromInline var keys: [Key] = []
    @usableFromInline var values: [Value] = []

    @inlinable init() { slots = [UInt32](repeating: 0, count: 64) }

    @inlinable var count: Int { keys.count }

    /// The entry of `key`, or nil and the slot where it belongs.
    @inlinable
    func find(_ key: Key, _ hash: UInt64) -> (entry: Int?, slot: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = Int(slots[slot])
            if entry == 0 { return (nil, slot) }
            if hashes[entry - 1] == hash, keys[entry - 1] == key { return (entry - 1, slot) }
            slot = (slot + 1) & mask
        }
    }

    /// Adds an entry whose key is not there yet. The key must be detached.
    @inlinable
    mutating func insert(_ key: Key, _ hash: UInt64, _ value: Value, slot: Int) {
        precondition(keys.count < Int(UInt32.max) - 1, "a partition holds at most 4 billion keys")
        hashes.append(hash)
        keys.append(key)
        values.append(value)
        slots[slot] = UInt32(keys.count)
        if keys.count * 2 > slots.count { grow() }
    }

    @usableFromInline
    mutating func grow() {
        let mask = slots.count * 2 - 1
        var larger = [UInt32](repeating: 0, count: slots.count * 2)
        for (index, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while larger[slot] != 0 { slot = (slot + 1) & mask }
            larger[slot] = UInt32(index + 1)
        }
        slots = larger
    }

    /// The entries' indexes in order of hash and then key: an order that depends on the keys alone.
    @inlinable
    func stableOrder() -> [Int] {
        (0..<count).sorted { left, right in
            hashes[left] != hashes[right] ? hashes[left] < hashes[right] : keys[left].precedes(keys[right])
        }
    }
}
