import SwiftwaterCore

/// A shard for reductions without an inverse: two stacks (Tangwongsan, Hirzel, Schneider, "Low-Latency Sliding-Window
/// Aggregation in Worst-Case Constant Time", 2017, section 2), kept for each key.
///
///     batches   1  2  3  4 | 5  6              after a flip at 4
///     front     suffix values: 1-4, 2-4, 3-4, 4: when batch 1 leaves, the key's next one applies
///     back      one running value: 5-6, and a log of the single values for the next flip
///
/// A flip rebuilds the front from the log, once per window length. Each shard flips at a different time, so no slide
/// pays for all of them.
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
    @usableFromInline var frontBatches: [BatchTime] = []
    @usableFromInline var frontValues: [Value] = []
    /// The last batch of the front. Once the window has passed it, a flip is due.
    @usableFromInline var lastOfFront: BatchTime
    @usableFromInline var log: [(entry: Int32, batch: BatchTime, value: Value)] = []

    @inlinable
    init(firstFlip: BatchTime, combine: @escaping @Sendable (Value, Value) throws -> Value) {
        self.combine = combine
        lastOfFront = firstFlip
        table = KeyTable(skippedBits: WindowAggregateShape.shardBits)
    }

    @inlinable
    func add(_ batch: BatchTime, _ pairs: ArraySlice<HashedPair<Key, Value>>, windowStart: BatchTime) throws {
        if windowStart > lastOfFront { try flip(windowStart: windowStart) }
        // First do what can fail, then change something.
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
            log.append((Int32(entry), batch, pair.value))
        }
    }

    /// Rebuilds the front from everything that is still in the window.
    @inlinable
    func flip(windowStart: BatchTime) throws {
        let live = KeyTable<Key, Cell>(skippedBits: WindowAggregateShape.shardBits)
        // Where each key's values go: counted, then placed. The log is in the order of the batches.
        var counts = [Int](repeating: 0, count: table.count)
        for item in log where item.batch > windowStart { counts[Int(item.entry)] += 1 }
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
        for (index, item) in log.enumerated() where item.batch > windowStart {
            order[next[Int(item.entry)]] = index
            next[Int(item.entry)] += 1
        }
        var batches: [BatchTime] = []
        var values: [Value] = []
        batches.reserveCapacity(total)
        values.reserveCapacity(total)
        for index in order {
            batches.append(log[index].batch)
            values.append(log[index].value)
        }
        for entry in 0..<live.count {
            let range = live.values[entry].front
            for position in range.dropLast().reversed() {
                values[position] = try combine(values[position], values[position + 1])
            }
        }
        (table, frontBatches, frontValues) = (live, batches, values)
        lastOfFront = log.last?.batch ?? lastOfFront
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
            while first < end && frontBatches[first] <= windowStart { first += 1 }
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
