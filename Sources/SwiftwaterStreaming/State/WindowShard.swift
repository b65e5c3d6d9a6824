import SwiftwaterCore

/// One of the 64 ranges of keys of a windowed aggregate. It takes batches ("panes") one after the other and gives the window's
/// value of each key, at a cost that does not grow with the number of batches in the window.
///
/// Closures, not a protocol: they are compiled for the program's own types where the program asks for the window.
@usableFromInline
struct WindowShard<Key: StreamKey, Value: Sendable> {
    /// Takes the pairs of a batch, a key once. Where the function throws, nothing has changed.
    @usableFromInline let add: (BatchTime, ArraySlice<HashedPair<Key, Value>>, _ windowStart: BatchTime) throws -> Void
    /// The value of each key that a batch after `windowStart` has, in order of hash and key.
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

/// The reduction has no inverse: two stacks (Tangwongsan, Hirzel, Schneider, "Low-Latency Sliding-Window Aggregation in
/// Worst-Case Constant Time", 2017, section 2), kept for each key.
///
///     panes     1  2  3  4 | 5  6              after a flip at 4
///     front     suffix values: 1-4, 2-4, 3-4, 4: when pane 1 leaves, the key's next one counts
///     back      one running value: 5-6, and a log of the single values for the next flip
///
/// A flip makes the front anew from the log, once in a window's length. Each shard flips at a time of its own, so that
/// no slide pays for all of them.
@usableFromInline
final class TwoStackShard<Key: StreamKey, Value: Sendable> {
    @usableFromInline
    struct Cell {
        /// The values since the last flip, combined.
        @usableFromInline var back: Value?
        /// The key's suffix values that have not left the window yet.
        @usableFromInline var front: Range<Int>
        @inlinable init(back: Value?, front: Range<Int>) {
            self.back = back
            self.front = front
        }
    }

    @usableFromInline let combine: @Sendable (Value, Value) throws -> Value
    @usableFromInline var table: KeyTable<Key, Cell>
    @usableFromInline var frontPanes: [BatchTime] = []
    @usableFromInline var frontValues: [Value] = []
    /// The last pane of the front. When the window has passed it, it is time for a flip.
    @usableFromInline var lastOfFront: BatchTime
    @usableFromInline var log: [(entry: Int32, pane: BatchTime, value: Value)] = []

    @inlinable
    init(firstFlip: BatchTime, combine: @escaping @Sendable (Value, Value) throws -> Value) {
        self.combine = combine
        lastOfFront = firstFlip
        table = KeyTable(skippedBits: WindowAggregateShape.shardBits)
    }

    @inlinable
    func add(_ pane: BatchTime, _ pairs: ArraySlice<HashedPair<Key, Value>>, windowStart: BatchTime) throws {
        if windowStart > lastOfFront { try flip(windowStart: windowStart) }
        // First what can fail, then what changes something.
        var combined: [(entry: Int, value: Value)] = []
        combined.reserveCapacity(pairs.count)
        for pair in pairs {
            let entry = table.find(pair.key, pair.hash)
            if entry >= 0, let back = table.values[entry].back {
                combined.append((entry, try combine(back, pair.value)))
            } else {
                combined.append((entry, pair.value))
            }
        }
        for (pair, new) in zip(pairs, combined) {
            var entry = new.entry
            if entry < 0 {
                entry = table.insert(pair.key, pair.hash, Cell(back: new.value, front: 0..<0))
            } else {
                table.values[entry].back = new.value
            }
            log.append((Int32(entry), pane, pair.value))
        }
    }

    /// Makes the front of everything that is still in the window.
    @inlinable
    func flip(windowStart: BatchTime) throws {
        let live = KeyTable<Key, Cell>(skippedBits: WindowAggregateShape.shardBits)
        // Where each key's values go: counted, then placed; the log is in the order of the panes.
        var counts = [Int](repeating: 0, count: table.count)
        for item in log where item.pane > windowStart { counts[Int(item.entry)] += 1 }
        var starts = [Int](repeating: 0, count: table.count)
        var total = 0
        for entry in 0..<table.count where counts[entry] > 0 {
            starts[entry] = total
            live.insert(
                table.keys[entry], table.hashes[entry], Cell(back: nil, front: total..<total + counts[entry]))
            total += counts[entry]
        }
        var order = [Int](repeating: 0, count: total)
        var next = starts
        for (index, item) in log.enumerated() where item.pane > windowStart {
            order[next[Int(item.entry)]] = index
            next[Int(item.entry)] += 1
        }
        var panes: [BatchTime] = []
        var values: [Value] = []
        panes.reserveCapacity(total)
        values.reserveCapacity(total)
        for index in order {
            panes.append(log[index].pane)
            values.append(log[index].value)
        }
        for entry in 0..<live.count {
            let range = live.values[entry].front
            for position in range.dropLast().reversed() {
                values[position] = try combine(values[position], values[position + 1])
            }
        }
        (table, frontPanes, frontValues) = (live, panes, values)
        lastOfFront = log.last?.pane ?? lastOfFront
        if lastOfFront < windowStart { lastOfFront = windowStart }
        log.removeAll(keepingCapacity: log.capacity < 4 * total + 64)
    }

    @inlinable
    func values(after windowStart: BatchTime) throws -> [(Key, Value)] {
        if windowStart > lastOfFront { try flip(windowStart: windowStart) }
        var result: [(Key, Value)] = []
        result.reserveCapacity(table.count)
        try table.forEachEntry { entry in
            var first = table.values[entry].front.lowerBound
            let end = table.values[entry].front.upperBound
            while first < end && frontPanes[first] <= windowStart { first += 1 }
            table.values[entry].front = first..<end
            if first < end {
                if let back = table.values[entry].back {
                    result.append((table.keys[entry], try combine(frontValues[first], back)))
                } else {
                    result.append((table.keys[entry], frontValues[first]))
                }
            } else if let back = table.values[entry].back {
                result.append((table.keys[entry], back))
            }
        }
        return result
    }
}

/// The reduction has an inverse: what leaves the window is taken out of a running value. A key that no batch of the window has
/// any more is dropped, whatever its value.
@usableFromInline
final class SubtractingShard<Key: StreamKey, Value: Sendable> {
    @usableFromInline
    struct Cell {
        @usableFromInline var value: Value
        /// How many panes of the window have the key.
        @usableFromInline var panes: Int32
        @inlinable init(value: Value, panes: Int32) {
            self.value = value
            self.panes = panes
        }
    }

    @usableFromInline let combine: @Sendable (Value, Value) throws -> Value
    @usableFromInline let subtract: @Sendable (Value, Value) throws -> Value
    @usableFromInline var table = KeyTable<Key, Cell>(skippedBits: WindowAggregateShape.shardBits)
    @usableFromInline var panes: [(time: BatchTime, items: [(entry: Int32, value: Value)])] = []
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
    func add(_ pane: BatchTime, _ pairs: ArraySlice<HashedPair<Key, Value>>, windowStart: BatchTime) throws {
        try expire(upTo: windowStart)
        var combined: [(entry: Int, value: Value)] = []
        combined.reserveCapacity(pairs.count)
        for pair in pairs {
            let entry = table.find(pair.key, pair.hash)
            if entry >= 0, table.values[entry].panes > 0 {
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
                entry = table.insert(pair.key, pair.hash, Cell(value: new.value, panes: 1))
                live += 1
            } else {
                if table.values[entry].panes == 0 { live += 1 }
                table.values[entry] = Cell(value: new.value, panes: table.values[entry].panes + 1)
            }
            items.append((Int32(entry), pair.value))
        }
        if !items.isEmpty { panes.append((pane, items)) }
    }

    @inlinable
    func expire(upTo windowStart: BatchTime) throws {
        while let oldest = panes.first, oldest.time <= windowStart {
            var reduced: [Value] = []
            reduced.reserveCapacity(oldest.items.count)
            for item in oldest.items {
                let cell = table.values[Int(item.entry)]
                reduced.append(cell.panes > 1 ? try subtract(cell.value, item.value) : cell.value)
            }
            for (item, value) in zip(oldest.items, reduced) {
                let left = table.values[Int(item.entry)].panes - 1
                table.values[Int(item.entry)] = Cell(value: value, panes: left)
                if left == 0 { live -= 1 }
            }
            panes.removeFirst()
        }
        if table.count > 2 * live + 64 { compact() }
    }

    /// Drops the keys that no pane has.
    @inlinable
    func compact() {
        let kept = KeyTable<Key, Cell>(skippedBits: WindowAggregateShape.shardBits, minimumCapacity: live)
        var moved = [Int32](repeating: -1, count: table.count)
        for entry in 0..<table.count where table.values[entry].panes > 0 {
            moved[entry] = Int32(kept.insert(table.keys[entry], table.hashes[entry], table.values[entry]))
        }
        for pane in panes.indices {
            for item in panes[pane].items.indices {
                panes[pane].items[item].entry = moved[Int(panes[pane].items[item].entry)]
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
            if table.values[entry].panes > 0 { result.append((table.keys[entry], table.values[entry].value)) }
        }
        return result
    }
}
