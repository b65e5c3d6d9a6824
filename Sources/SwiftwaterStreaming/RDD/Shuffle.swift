import SwiftwaterCore

/// The result of a shuffle: for each partition a table, or a sorted file if it did not fit into memory.
@usableFromInline
final class ShuffleOutput<Key: StreamKey, Combined: Sendable>: @unchecked Sendable {
    @usableFromInline enum Part {
        case table(KeyTable<Key, Combined>)
        case file(SpillRun, ElementCodec<(Key, Combined)>)
    }
    @usableFromInline let parts: [Part]
    @usableFromInline init(parts: [Part]) { self.parts = parts }

    /// Pushes the pairs of a part in order of hash and key.
    @inlinable
    func push(_ part: Int, _ sink: ((Key, Combined)) throws -> Void) throws {
        switch parts[part] {
        case .table(let table):
            try table.forEachEntry { try sink((table.keys[$0], table.values[$0])) }
        case .file(let run, let codec):
            var reader = run.makeReader()
            while let record = try reader.next() {
                var bytes = ByteReader(record)
                try sink(try codec.decode(from: &bytes))
            }
        }
    }
}

@usableFromInline
enum Shuffle {
    /// Returns which of `parts` equal ranges of hashes `hash` falls into.
    @inlinable
    static func part(of hash: UInt64, parts: Int) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(parts)).high)
    }

    /// Returns the smallest hash of range `part`.
    @inlinable
    static func firstHash(ofPart part: Int, of parts: Int) -> UInt64 {
        guard part > 0 else { return 0 }
        guard part < parts else { return .max }
        let (quotient, rest) = UInt64(parts).dividingFullWidth((UInt64(part), 0))
        return rest == 0 ? quotient : quotient + 1
    }

    /// Returns the number of tasks for this many partitions: neighbors share a task and its table. It does not depend
    /// on the threads, so neither do sums of floating-point numbers.
    @usableFromInline
    static func taskCount(_ partitions: Int) -> Int { min(partitions, max(16, partitions / 64)) }

    /// Runs the map side. Returns one table by key for each task, in the order of the partitions.
    @inlinable
    static func combine<Key: StreamKey, Combined: Sendable>(
        _ feeds: [ShuffleFeed<Key, Combined>], context: Context, name: String
    ) throws -> [ShuffleWriter<Key, Combined>] {
        var tasks: [(feed: Int, partitions: Range<Int>)] = []
        for (number, feed) in feeds.enumerated() {
            let count = taskCount(feed.partitionCount)
            for task in 0..<count {
                let (low, high) = (feed.partitionCount * task / count, feed.partitionCount * (task + 1) / count)
                tasks.append((number, low..<high))
            }
        }
        let results = Slots<ShuffleWriter<Key, Combined>>(count: tasks.count)
        let spill = context.spillSettings
        try context.runTasks(count: tasks.count, of: name) { [tasks] task in
            let writer = ShuffleWriter<Key, Combined>(spill: spill, name: name)
            for partition in tasks[task].partitions { try feeds[tasks[task].feed].push(partition, writer) }
            results.set(task, writer)
        }
        return results.all
    }

    /// Runs the reduce side: merges tables and runs key by key, in the order of the tasks. Part `p` of the result holds
    /// the hashes in [p, p + 1) * 2^64 / parts.
    @inlinable
    static func merge<Key: StreamKey, Combined: Sendable>(
        _ writers: [ShuffleWriter<Key, Combined>], parts: Int, context: Context, name: String,
        _ merge: @escaping @Sendable (inout Combined, Combined) throws -> Void
    ) throws -> ShuffleOutput<Key, Combined> {
        if writers.count == 1, parts == 1, !writers[0].hasSpilled {
            return ShuffleOutput(parts: [.table(writers[0].table)])
        }
        if writers.contains(where: { $0.hasSpilled }) {
            return try mergeRuns(writers, parts: parts, context: context, name: name, merge)
        }
        let results = Slots<KeyTable<Key, Combined>>(count: parts)
        try context.runTasks(count: parts, of: name) { part in
            let most = writers.reduce(0) { max($0, $1.table.count) }
            let merged = KeyTable<Key, Combined>(minimumCapacity: most / parts)
            for writer in writers {
                let table = writer.table
                try table.forEachEntry(part: part, of: parts) { entry in
                    let found = merged.find(table.keys[entry], table.hashes[entry])
                    if found >= 0 {
                        do { try merge(&merged.values[found], table.values[entry]) } catch {
                            throw OperatorFailure.wrap(error, in: name)
                        }
                    } else {
                        merged.insert(table.keys[entry], table.hashes[entry], table.values[entry])
                    }
                }
            }
            results.set(part, merged)
        }
        return ShuffleOutput(parts: results.all.map { .table($0) })
    }

    /// Runs the reduce side after tasks have spilled: each part is a sorted file, merged from the sorted runs and
    /// tables.
    @usableFromInline
    static func mergeRuns<Key: StreamKey, Combined: Sendable>(
        _ writers: [ShuffleWriter<Key, Combined>], parts: Int, context: Context, name: String,
        _ merge: @escaping @Sendable (inout Combined, Combined) throws -> Void
    ) throws -> ShuffleOutput<Key, Combined> {
        let codec = UncheckedBox(ElementCodec<(Key, Combined)>()!)
        let results = Slots<SpillRun>(count: parts)
        let spill = context.spillSettings
        try context.runTasks(count: parts, of: name) { part in
            var cursors: [SortedCursor<(hash: UInt64, pair: (Key, Combined))>] = []
            for writer in writers {
                for run in writer.runs {
                    cursors.append(runCursor(run, codec.value, part: part, of: parts))
                }
                cursors.append(tableCursor(writer.table, part: part, of: parts))
            }
            var merged = try MergedCursor(cursors) { left, right in
                left.hash != right.hash ? left.hash < right.hash : left.pair.0.precedes(right.pair.0)
            }
            let file = try SpillRun.Writer(directory: spill.directory)
            var open: (hash: UInt64, pair: (Key, Combined))?
            while let next = try merged.next() {
                if open != nil, open!.hash == next.hash, open!.pair.0 == next.pair.0 {
                    do { try merge(&open!.pair.1, next.pair.1) } catch { throw OperatorFailure.wrap(error, in: name) }
                } else {
                    if let open { try file.append { codec.value.encode(open.pair, into: &$0) } }
                    open = next
                }
            }
            if let open { try file.append { codec.value.encode(open.pair, into: &$0) } }
            let run = try file.finish()
            spill.spilled(run.byteCount)
            results.set(part, run)
        }
        return ShuffleOutput(parts: results.all.map { .file($0, codec.value) })
    }

    private static func runCursor<Key: StreamKey, Combined: Sendable>(
        _ run: SpillRun, _ codec: ElementCodec<(Key, Combined)>, part: Int, of parts: Int
    ) -> SortedCursor<(hash: UInt64, pair: (Key, Combined))> {
        var reader = run.makeReader()
        return SortedCursor {
            while let record = try reader.next() {
                var bytes = ByteReader(record)
                let pair = try codec.decode(from: &bytes)
                let hash = pair.0.stableHash
                let itsPart = Shuffle.part(of: hash, parts: parts)
                if itsPart > part { return nil }
                if itsPart == part { return (hash, pair) }
            }
            return nil
        }
    }

    private static func tableCursor<Key: StreamKey, Combined: Sendable>(
        _ table: KeyTable<Key, Combined>, part: Int, of parts: Int
    ) -> SortedCursor<(hash: UInt64, pair: (Key, Combined))> {
        var entries: [Int] = []
        table.forEachEntry(part: part, of: parts) { entries.append($0) }
        var next = 0
        return SortedCursor {
            guard next < entries.count else { return nil }
            defer { next += 1 }
            let entry = entries[next]
            return (table.hashes[entry], (table.keys[entry], table.values[entry]))
        }
    }
}
