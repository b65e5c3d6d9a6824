import SwiftwaterCore

/// The state of `updateStateByKey`: for each of 64 ranges of keys, the pairs in order of hash and key. Every batch
/// makes new arrays from the old ones, so a batch that fails leaves the state unchanged.
@usableFromInline
final class KeyedState<Key: StreamKey, Value: Sendable, State: Sendable>: StepState, @unchecked Sendable {
    @usableFromInline typealias Entry = (hash: UInt64, key: Key, state: State)
    @usableFromInline let context: Context
    @usableFromInline var shards = [[Entry]](repeating: [], count: WindowAggregateShape.shards)
    @usableFromInline let stateDetacher = UncheckedBox(Detacher<State>())

    @usableFromInline init(context: Context) { self.context = context }

    /// Takes a batch that is grouped by key, in order of hash over its partitions.
    @inlinable
    func advance(
        with rdd: RDD<(Key, [Value])>, time: BatchTime,
        _ update: @escaping @Sendable (Key, [Value], State?) throws -> State?
    ) throws -> [[Entry]] {
        let parts = rdd.partitionCount
        let old = UncheckedBox(shards)
        let results = Slots<UncheckedBox<[Entry]>>(count: WindowAggregateShape.shards)
        let detacher = stateDetacher
        try context.runJob(rdd.lineage) { part in
            var groups: [(hash: UInt64, key: Key, values: [Value])] = []
            try rdd.compute(part) { key, values in groups.append((key.stableHash, key, values)) }
            var next = 0
            let first = WindowAggregateShape.shards * part / parts
            let last = WindowAggregateShape.shards * (part + 1) / parts
            for shard in first..<last {
                var merged: [Entry] = []
                merged.reserveCapacity(old.value[shard].count)
                func put(_ hash: UInt64, _ key: Key, _ values: [Value], _ state: State?) throws {
                    do {
                        if let new = try update(key, values, state) {
                            merged.append((hash, key, detacher.value.detached(new)))
                        }
                    } catch { throw OperatorFailure.wrap(error, in: "updateStateByKey") }
                }
                for entry in old.value[shard] {
                    while next < groups.count, Self.isBefore(groups[next].hash, groups[next].key, entry) {
                        try put(groups[next].hash, groups[next].key, groups[next].values, nil)
                        next += 1
                    }
                    if next < groups.count, groups[next].hash == entry.hash, groups[next].key == entry.key {
                        try put(entry.hash, entry.key, groups[next].values, entry.state)
                        next += 1
                    } else {
                        try put(entry.hash, entry.key, [], entry.state)
                    }
                }
                let shift = UInt64(64 - WindowAggregateShape.shardBits)
                while next < groups.count, groups[next].hash >> shift == UInt64(shard) {
                    try put(groups[next].hash, groups[next].key, groups[next].values, nil)
                    next += 1
                }
                results.set(shard, UncheckedBox(merged))
            }
        }
        shards = results.all.map(\.value)
        return shards
    }

    @inlinable
    static func isBefore(_ hash: UInt64, _ key: Key, _ entry: Entry) -> Bool {
        hash != entry.hash ? hash < entry.hash : key != entry.key && key.precedes(entry.key)
    }

    /// Sets the initial states. Of two states for one key, the later counts.
    @usableFromInline
    func begin(_ initial: [(Key, State)]) {
        let table = KeyTable<Key, State>()
        for (key, state) in initial {
            let hash = key.stableHash
            let entry = table.find(key, hash)
            if entry >= 0 { table.values[entry] = state } else { table.insert(key, hash, state) }
        }
        let shift = UInt64(64 - WindowAggregateShape.shardBits)
        table.forEachEntry { entry in
            shards[Int(table.hashes[entry] >> shift)].append(
                (table.hashes[entry], table.keys[entry], table.values[entry]))
        }
    }

    // MARK: Checkpoints

    @usableFromInline var window: Duration? { nil }
    @usableFromInline var storedTypes: [String] { [ElementCodec<Key>.typeName, ElementCodec<State>.typeName] }
    @usableFromInline var obstacle: String? {
        ElementCodec<State>() == nil ? "states of type \(ElementCodec<State>.typeName) cannot be stored" : nil
    }
    @usableFromInline func beginRecording() {}

    @usableFromInline
    func pieces(at time: BatchTime) -> [StatePiece] {
        let shards = shards
        return [
            StatePiece(name: "state-\(time.milliseconds)") {
                let codec = ElementCodec<(Key, State)>()!
                var writer = ByteWriter()
                writer.write(count: shards.reduce(0) { $0 + $1.count })
                for shard in shards { for entry in shard { codec.encode((entry.key, entry.state), into: &writer) } }
                return writer.bytes
            }
        ]
    }

    @usableFromInline
    func restore(_ pieces: [[UInt8]], at time: BatchTime) throws {
        guard let bytes = pieces.first else { return }
        let codec = ElementCodec<(Key, State)>()!
        var reader = ByteReader(bytes)
        var pairs: [(Key, State)] = []
        for _ in 0..<(try reader.readCount()) { pairs.append(try codec.decode(from: &reader)) }
        shards = shards.map { _ in [] }
        begin(pairs)
    }
}

extension DStream {
    /// Updates a state for each key in every batch from the key's new values, of which there may be none, and its old
    /// state, which may be nil. Returning nil drops the key. Runs for every key in every batch: O(keys).
    ///
    /// - Parameters:
    ///   - initial: the initial states.
    ///   - update: receives the values in the order of the partitions.
    @inlinable
    public func updateStateByKey<Key: StreamKey, Value: Sendable, State: Sendable>(
        initial: [(Key, State)] = [], _ update: @escaping @Sendable ([Value], State?) throws -> State?
    ) -> DStream<(Key, State)> where Element == (Key, Value) {
        updateStateByKey(initial: initial) { _, values, state in try update(values, state) }
    }

    /// Updates a state for each key, as above; the function also receives the key.
    @inlinable
    public func updateStateByKey<Key: StreamKey, Value: Sendable, State: Sendable>(
        initial: [(Key, State)] = [], _ update: @escaping @Sendable (Key, [Value], State?) throws -> State?
    ) -> DStream<(Key, State)> where Element == (Key, Value) {
        let state = KeyedState<Key, Value, State>(context: context.engine)
        state.begin(initial)
        let grouped = derive(named: "groupByKey") { [parts = partitionsBeforeState] rdd, _ in
            rdd.groupByKey(partitions: parts)
        }
        return grouped.stateNode("updateStateByKey", state: state) { rdd, time in
            let shards = try state.advance(with: rdd, time: time, update)
            return { shard, sink in for entry in shards[shard] { try sink((entry.key, entry.state)) } }
        }
    }

    /// Returns a stateful step that takes one batch after the other. `advance` returns what pushes the 64 partitions of
    /// the result.
    @usableFromInline
    func stateNode<Result: Sendable>(
        _ kind: String, detail: String = "", state: any StepState,
        _ advance: @escaping @Sendable (RDD<Element>, BatchTime) throws -> BatchResult<Result>.Push
    ) -> DStream<Result> {
        let parent = node
        return DStream<Result>(
            context: context,
            node: StatefulNode(
                kind: kind, detail: detail, slide: parent.slide, parents: [parent], graph: context.graph,
                context: context.engine, partitionCount: WindowAggregateShape.shards, state: state
            ) { time in
                guard let rdd = try parent.rdd(at: time) else { return { $0.fill { _, _ in } } }
                return { result in result.fill(try advance(rdd, time)) }
            })
    }
}
