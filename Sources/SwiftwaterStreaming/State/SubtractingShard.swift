import SwiftwaterCore

/// A shard for reductions with an inverse: what leaves the window is subtracted from a running value. A key that is no
/// longer in any batch of the window is dropped, whatever its value.
@usableFromInline
final class SubtractingShard<Key: StreamKey, Value: Sendable> {
    @usableFromInline
    struct Cell {
        @usableFromInline var value: Value
        /// The number of batches of the window that have the key.
        @usableFromInline var batches: Int32
        @inlinable init(value: Value, batches: Int32) {
            self.value = value
            self.batches = batches
        }
    }

    @usableFromInline let combine: @Sendable (Value, Value) throws -> Value
    @usableFromInline let subtract: @Sendable (Value, Value) throws -> Value
    @usableFromInline var table = KeyTable<Key, Cell>(skippedBits: WindowAggregateShape.shardBits)
    @usableFromInline var batches: [(time: BatchTime, items: [(entry: Int32, value: Value)])] = []
    @usableFromInline var live = 0

    @inlinable
    init(
        combine: @escaping @Sendable (Value, Value) throws -> Value,
        subtract: @escaping @Sendable (Value, Value) throws -> Value
    ) {
        self.combine = combine
        self.subtract = subtract
    }

    @inlinable
    func add(_ batch: BatchTime, _ pairs: ArraySlice<HashedPair<Key, Value>>, windowStart: BatchTime) throws {
        try expire(upTo: windowStart)
        var combined: [(entry: Int, value: Value)] = []
        combined.reserveCapacity(pairs.count)
        for pair in pairs {
            let entry = table.find(pair.key, pair.hash)
            if entry >= 0, table.values[entry].batches > 0 {
                combined.append((entry, try combine(table.values[entry].value, pair.value)))
            } else {
                combined.append((entry, pair.value))
            }
        }
        var items: [(entry: Int32, value: Value)] = []
        items.reserveCapacity(pairs.count)
        for (pair, new) in zip(pairs, combined) {
            var entry = new.entry
            if entry < 0 {
                entry = table.insert(pair.key, pair.hash, Cell(value: new.value, batches: 1))
                live += 1
            } else {
                if table.values[entry].batches == 0 { live += 1 }
                table.values[entry] = Cell(value: new.value, batches: table.values[entry].batches + 1)
            }
            items.append((Int32(entry), pair.value))
        }
        if !items.isEmpty { batches.append((batch, items)) }
    }

    @inlinable
    func expire(upTo windowStart: BatchTime) throws {
        while let oldest = batches.first, oldest.time <= windowStart {
            var reduced: [Value] = []
            reduced.reserveCapacity(oldest.items.count)
            for item in oldest.items {
                let cell = table.values[Int(item.entry)]
                reduced.append(cell.batches > 1 ? try subtract(cell.value, item.value) : cell.value)
            }
            for (item, value) in zip(oldest.items, reduced) {
                let left = table.values[Int(item.entry)].batches - 1
                table.values[Int(item.entry)] = Cell(value: value, batches: left)
                if left == 0 { live -= 1 }
            }
            batches.removeFirst()
        }
        if table.count > 2 * live + 64 { compact() }
    }

    /// Drops the keys that no batch has.
    @inlinable
    func compact() {
        let kept = KeyTable<Key, Cell>(skippedBits: WindowAggregateShape.shardBits, minimumCapacity: live)
        var moved = [Int32](repeating: -1, count: table.count)
        for entry in 0..<table.count where table.values[entry].batches > 0 {
            moved[entry] = Int32(kept.insert(table.keys[entry], table.hashes[entry], table.values[entry]))
        }
        for batch in batches.indices {
            for item in batches[batch].items.indices {
                batches[batch].items[item].entry = moved[Int(batches[batch].items[item].entry)]
            }
        }
        table = kept
    }

    @inlinable
    func values(after windowStart: BatchTime) throws -> [(Key, Value)] {
        try expire(upTo: windowStart)
        var result: [(Key, Value)] = []
        result.reserveCapacity(live)
        table.forEachEntry { entry in
            if table.values[entry].batches > 0 { result.append((table.keys[entry], table.values[entry].value)) }
        }
        return result
    }
}
