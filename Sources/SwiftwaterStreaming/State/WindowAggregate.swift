import SwiftwaterCore

/// The single windowed aggregate: every reduction over a window, written with closures or built in, is this operator.
/// It adds each batch once, already reduced by key, and returns for each window the keys of its batches with their
/// combined values.
@usableFromInline
final class WindowAggregate<Key: StreamKey, Value: Sendable>: StepState, @unchecked Sendable {
    @usableFromInline let length: Duration
    @usableFromInline let context: Context
    @usableFromInline let makeShard: @Sendable (_ firstFlip: BatchTime) -> WindowShard<Key, Value>
    @usableFromInline var shards: [WindowShard<Key, Value>] = []
    /// The batches for the next checkpoints; nil without checkpoints.
    @usableFromInline var record: BatchRecord<Key, Value>?

    @usableFromInline
    init(
        length: Duration, context: Context,
        makeShard: @escaping @Sendable (_ firstFlip: BatchTime) -> WindowShard<Key, Value>
    ) {
        self.length = length
        self.context = context
        self.makeShard = makeShard
    }

    /// Takes the batches since the last call and returns the window that ends at `time`: pairs by shard.
    @inlinable
    func advance(to time: BatchTime, batches: [(time: BatchTime, rdd: RDD<(Key, Value)>)]) throws -> [[(Key, Value)]] {
        let windowStart = time - length
        prepareShards(windowStart, firstBatch: batches.first?.time ?? time)
        for batch in batches { try add(batch.time, batch.rdd, windowStart: windowStart) }
        record?.forget(upTo: windowStart)
        let results = Slots<[(Key, Value)]>(count: WindowAggregateShape.shards)
        let shards = UncheckedBox(shards)
        try context.runTasks(count: WindowAggregateShape.shards, of: "window") { shard in
            results.set(shard, try shards.value[shard].values(windowStart))
        }
        return results.all
    }

    /// Makes the shards. Their first flips are spread over a window's length but come before the first batch: what a
    /// shard has not flipped yet must be younger than its flip.
    @usableFromInline
    func prepareShards(_ windowStart: BatchTime, firstBatch: BatchTime) {
        guard shards.isEmpty else { return }
        let step = Double(length.wholeMilliseconds) / Double(WindowAggregateShape.shards)
        shards = (0..<WindowAggregateShape.shards).map { number in
            makeShard(min(windowStart + .milliseconds(Int64(step * Double(number))), firstBatch - .milliseconds(1)))
        }
    }

    @inlinable
    func add(_ batch: BatchTime, _ rdd: RDD<(Key, Value)>, windowStart: BatchTime) throws {
        let parts = rdd.partitionCount
        let collected = Slots<[HashedPair<Key, Value>]>(count: parts)
        try context.runJob(rdd.lineage) { partition in
            var pairs: [HashedPair<Key, Value>] = []
            try rdd.compute(partition) { key, value in
                pairs.append(HashedPair(hash: key.stableHash, key: key, value: value))
            }
            collected.set(partition, pairs)
        }
        try apply(batch, collected.all, windowStart: windowStart)
        record?.append(batch, collected.all)
    }

    /// Adds reduced pairs, in order of hash over all parts, to their shards. Each shard does so once, even if another
    /// fails and is tried again.
    @inlinable
    func apply(_ batch: BatchTime, _ parts: [[HashedPair<Key, Value>]], windowStart: BatchTime) throws {
        let shards = UncheckedBox(shards)
        try context.runTasks(count: parts.count, of: "window", triesMax: 1) { part in
            let pairs = parts[part]
            let shift = UInt64(64 - WindowAggregateShape.shardBits)
            let first = WindowAggregateShape.shards * part / parts.count
            let last = WindowAggregateShape.shards * (part + 1) / parts.count
            var start = 0
            for shard in first..<last {
                var end = start
                while end < pairs.count && pairs[end].hash >> shift == UInt64(shard) { end += 1 }
                var tries = 0
                while true {
                    do {
                        try shards.value[shard].add(batch, pairs[start..<end], windowStart)
                        break
                    } catch {
                        tries += 1
                        if tries >= 4 { throw BrokenState.wrap(error) }
                    }
                }
                start = end
            }
        }
    }

    // MARK: Checkpoints

    @usableFromInline var window: Duration? { length }
    @usableFromInline var storedTypes: [String] { [ElementCodec<Key>.typeName, ElementCodec<Value>.typeName] }
    @usableFromInline var obstacle: String? {
        ElementCodec<Value>() == nil ? "values of type \(ElementCodec<Value>.typeName) cannot be stored" : nil
    }

    @usableFromInline func beginRecording() { record = record ?? BatchRecord(codec: ElementCodec()!) }
    @usableFromInline func wasStored() { record?.wasStored() }
    @usableFromInline func pieces(at time: BatchTime) -> [StatePiece] { record?.pieces() ?? [] }

    @usableFromInline
    func restore(_ pieces: [[UInt8]], at time: BatchTime) throws {
        let record = record ?? BatchRecord(codec: ElementCodec()!)
        self.record = record
        for bytes in pieces {
            try record.restore(bytes, after: time - length) { batch, pairs in
                prepareShards(time - length, firstBatch: batch)
                let parts = WindowAggregateShape.partitions(context.defaultParallelism)
                var divided = [[HashedPair<Key, Value>]](repeating: [], count: parts)
                for pair in pairs { divided[Shuffle.part(of: pair.hash, parts: parts)].append(pair) }
                try apply(batch, divided, windowStart: time - length)
            }
        }
    }
}

/// The batches that windows took, encoded for checkpoints. A piece holds the batches between two checkpoints and is
/// stored once.
///
///     piece   time (Int64), number of pairs (count), pairs ... ; again for each batch
@usableFromInline
final class BatchRecord<Key: StreamKey, Value: Sendable>: @unchecked Sendable {
    private struct Piece {
        let first: BatchTime
        let last: BatchTime
        /// Empty once the piece is stored.
        var bytes: [UInt8]
        var name: String { "panes-\(first.milliseconds)-\(last.milliseconds)" }
    }

    private let codec: ElementCodec<(Key, Value)>
    private var stored: [Piece] = []
    private var open = ByteWriter()
    private var openRange: (first: BatchTime, last: BatchTime)?

    @usableFromInline init(codec: ElementCodec<(Key, Value)>) { self.codec = codec }

    @usableFromInline
    func append(_ batch: BatchTime, _ parts: [[HashedPair<Key, Value>]]) {
        let count = parts.reduce(0) { $0 + $1.count }
        guard count > 0 else { return }
        open.write(integer: batch.milliseconds)
        open.write(count: count)
        for part in parts { for pair in part { codec.encode((pair.key, pair.value), into: &open) } }
        openRange = (openRange?.first ?? batch, batch)
    }

    @usableFromInline func forget(upTo time: BatchTime) { stored.removeAll { $0.last <= time } }

    @usableFromInline
    func pieces() -> [StatePiece] {
        if let range = openRange {
            stored.append(Piece(first: range.first, last: range.last, bytes: open.bytes))
            (open, openRange) = (ByteWriter(), nil)
        }
        return stored.map { piece in StatePiece(name: piece.name) { piece.bytes } }
    }

    /// Releases the bytes of what is stored.
    @usableFromInline func wasStored() { for index in stored.indices { stored[index].bytes = [] } }

    @usableFromInline
    func restore(
        _ bytes: [UInt8], after start: BatchTime, _ take: (BatchTime, [HashedPair<Key, Value>]) throws -> Void
    ) throws {
        var reader = ByteReader(bytes)
        var range: (first: BatchTime, last: BatchTime)?
        while reader.remaining > 0 {
            let batch = BatchTime(milliseconds: try reader.readInteger(Int64.self))
            range = (range?.first ?? batch, batch)
            var pairs: [HashedPair<Key, Value>] = []
            for _ in 0..<(try reader.readCount()) {
                let (key, value) = try codec.decode(from: &reader)
                pairs.append(HashedPair(hash: key.stableHash, key: key, value: value))
            }
            if batch > start { try take(batch, pairs) }
        }
        if let range { stored.append(Piece(first: range.first, last: range.last, bytes: bytes)) }
    }
}
