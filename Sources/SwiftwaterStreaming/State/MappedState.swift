import SwiftwaterCore

/// The state of `mapWithState`: a table for each of 64 ranges of keys. A batch visits only the keys it has.
@usableFromInline
final class MappedState<Key: StreamKey, Value: Sendable, State: Sendable>: StepState, @unchecked Sendable {
    @usableFromInline
    struct Cell {
        @usableFromInline var state: State?
        @usableFromInline var touched: BatchTime
        @inlinable init(state: State?, touched: BatchTime) {
            self.state = state
            self.touched = touched
        }
    }

    @usableFromInline
    final class Shard: @unchecked Sendable {
        @usableFromInline var table = KeyTable<Key, Cell>(skippedBits: WindowAggregateShape.shardBits)
        @usableFromInline var live = 0
        /// The entries that each batch touched, oldest first: those that may have become idle are at the beginning.
        @usableFromInline var touches: [(time: BatchTime, entries: [Int32])] = []
        @usableFromInline init() {}
    }

    @usableFromInline let context: Context
    @usableFromInline let timeout: Duration?
    @usableFromInline let shards = (0..<WindowAggregateShape.shards).map { _ in Shard() }
    @usableFromInline let detacher = UncheckedBox(Detacher<State>())
    /// The initial states, until the first batch or a checkpoint.
    @usableFromInline var initial: [(Key, State)]

    @usableFromInline
    init(context: Context, timeout: Duration?, initial: [(Key, State)]) {
        self.context = context
        self.timeout = timeout
        self.initial = initial
    }

    /// Takes a batch grouped by key. Returns what the function returned, by shard.
    @inlinable
    func advance<Output: Sendable>(
        with rdd: RDD<(Key, [Value])>, time: BatchTime,
        _ function: @escaping @Sendable (Key, Value?, inout KeyState<State>) throws -> Output?
    ) throws -> [[Output]] {
        begin(initial.map { ($0.0, $0.1, time) })
        initial = []
        let parts = rdd.partitionCount
        let outputs = Slots<[Output]>(count: WindowAggregateShape.shards)
        let changes = Slots<UncheckedBox<Changes>>(count: WindowAggregateShape.shards)
        try context.runJob(rdd.lineage) { [self] part in
            var groups: [(hash: UInt64, key: Key, values: [Value])] = []
            try rdd.compute(part) { key, values in groups.append((key.stableHash, key, values)) }
            var start = 0
            let shift = UInt64(64 - WindowAggregateShape.shardBits)
            for shard
                in (WindowAggregateShape.shards * part / parts)..<(WindowAggregateShape.shards * (part + 1) / parts)
            {
                var end = start
                while end < groups.count, groups[end].hash >> shift == UInt64(shard) { end += 1 }
                var result: [Output] = []
                changes.set(
                    shard, UncheckedBox(try changesOf(shards[shard], groups[start..<end], time, function, &result)))
                outputs.set(shard, result)
                start = end
            }
        }
        // Nothing can fail from here on.
        for (shard, box) in zip(shards, changes.all) { apply(box.value, to: shard, time) }
        return outputs.all
    }

    @usableFromInline typealias Changes = (
        set: [(hash: UInt64, key: Key, state: State)], removed: [Int], touched: [Int], expired: Int
    )

    @inlinable
    func changesOf<Output>(
        _ shard: Shard, _ groups: ArraySlice<(hash: UInt64, key: Key, values: [Value])>, _ time: BatchTime,
        _ function: (Key, Value?, inout KeyState<State>) throws -> Output?, _ result: inout [Output]
    ) throws -> Changes {
        var changes: Changes = ([], [], [], 0)
        var visited: Set<Int> = []
        for group in groups {
            let entry = shard.table.find(group.key, group.hash)
            var state = entry >= 0 ? shard.table.values[entry].state : nil
            var isChanged = false
            for value in group.values {
                var known = KeyState(state, isTimingOut: false)
                do {
                    if let output = try function(group.key, value, &known) { result.append(output) }
                } catch { throw OperatorFailure.wrap(error, in: "mapWithState") }
                state = known.stored
                isChanged = isChanged || known.isUpdated || known.isRemoved
            }
            if entry >= 0 { visited.insert(entry) }
            if let state, isChanged || timeout != nil {
                changes.set.append((group.hash, group.key, detacher.value.detached(state)))
            } else if state == nil, entry >= 0, shard.table.values[entry].state != nil {
                changes.removed.append(entry)
            }
        }
        guard let timeout else { return changes }
        for touch in shard.touches {
            guard touch.time < time - timeout else { break }
            changes.expired += 1
            for number in touch.entries {
                let entry = Int(number)
                let cell = shard.table.values[entry]
                guard cell.touched == touch.time, cell.state != nil, !visited.contains(entry) else { continue }
                var known = KeyState(cell.state, isTimingOut: true)
                do {
                    if let output = try function(shard.table.keys[entry], nil, &known) { result.append(output) }
                } catch { throw OperatorFailure.wrap(error, in: "mapWithState") }
                changes.removed.append(entry)
            }
        }
        return changes
    }

    @inlinable
    func apply(_ changes: Changes, to shard: Shard, _ time: BatchTime) {
        shard.touches.removeFirst(changes.expired)
        for entry in changes.removed {
            shard.table.values[entry].state = nil
            shard.live -= 1
        }
        var touched: [Int32] = []
        for change in changes.set {
            var entry = shard.table.find(change.key, change.hash)
            if entry < 0 {
                entry = shard.table.insert(change.key, change.hash, Cell(state: change.state, touched: time))
                shard.live += 1
            } else {
                if shard.table.values[entry].state == nil { shard.live += 1 }
                shard.table.values[entry] = Cell(state: change.state, touched: time)
            }
            touched.append(Int32(entry))
        }
        if timeout != nil, !touched.isEmpty { shard.touches.append((time, touched)) }
        if shard.table.count > 2 * shard.live + 64 { compact(shard) }
    }

    /// Drops the keys without a state.
    @inlinable
    func compact(_ shard: Shard) {
        let kept = KeyTable<Key, Cell>(skippedBits: WindowAggregateShape.shardBits, minimumCapacity: shard.live)
        var moved = [Int32](repeating: -1, count: shard.table.count)
        for entry in 0..<shard.table.count where shard.table.values[entry].state != nil {
            moved[entry] = Int32(
                kept.insert(shard.table.keys[entry], shard.table.hashes[entry], shard.table.values[entry]))
        }
        for index in shard.touches.indices {
            shard.touches[index].entries = shard.touches[index].entries.map { moved[Int($0)] }.filter { $0 >= 0 }
        }
        shard.table = kept
    }

    /// Returns all keys with their states, by shard.
    @usableFromInline
    func snapshot() -> [[(key: Key, state: State, touched: BatchTime)]] {
        shards.map { shard in
            var pairs: [(Key, State, BatchTime)] = []
            shard.table.forEachEntry { entry in
                if let state = shard.table.values[entry].state {
                    pairs.append((shard.table.keys[entry], state, shard.table.values[entry].touched))
                }
            }
            return pairs
        }
    }

    @usableFromInline
    func begin(_ initial: [(key: Key, state: State, touched: BatchTime)]) {
        let shift = UInt64(64 - WindowAggregateShape.shardBits)
        var byTime: [Int: [BatchTime: [Int32]]] = [:]
        for (key, state, touched) in initial {
            let hash = key.stableHash
            let number = Int(hash >> shift)
            let shard = shards[number]
            var entry = shard.table.find(key, hash)
            if entry >= 0 {
                shard.table.values[entry] = Cell(state: state, touched: touched)
            } else {
                entry = shard.table.insert(key, hash, Cell(state: state, touched: touched))
                shard.live += 1
            }
            byTime[number, default: [:]][touched, default: []].append(Int32(entry))
        }
        guard timeout != nil else { return }
        for (number, times) in byTime {
            for (time, entries) in times.sorted(by: { $0.key < $1.key }) {
                shards[number].touches.append((time, entries))
            }
        }
    }

    // MARK: Checkpoints

    @usableFromInline var window: Duration? { timeout }
    @usableFromInline var storedTypes: [String] { [ElementCodec<Key>.typeName, ElementCodec<State>.typeName] }
    @usableFromInline var obstacle: String? {
        ElementCodec<State>() == nil ? "states of type \(ElementCodec<State>.typeName) cannot be stored" : nil
    }
    @usableFromInline func beginRecording() {}

    @usableFromInline
    func pieces(at time: BatchTime) -> [StatePiece] {
        let shards = snapshot()
        return [
            StatePiece(name: "state-\(time.milliseconds)") {
                let codec = ElementCodec<(Key, State, Int64)>()!
                var writer = ByteWriter()
                writer.write(count: shards.reduce(0) { $0 + $1.count })
                for shard in shards {
                    for entry in shard {
                        codec.encode((entry.key, entry.state, entry.touched.milliseconds), into: &writer)
                    }
                }
                return writer.bytes
            }
        ]
    }

    @usableFromInline
    func restore(_ pieces: [[UInt8]], at time: BatchTime) throws {
        guard let bytes = pieces.first else { return }
        initial = []
        let codec = ElementCodec<(Key, State, Int64)>()!
        var reader = ByteReader(bytes)
        var entries: [(key: Key, state: State, touched: BatchTime)] = []
        for _ in 0..<(try reader.readCount()) {
            let (key, state, touched) = try codec.decode(from: &reader)
            entries.append((key, state, BatchTime(milliseconds: touched)))
        }
        for shard in shards {
            shard.table = KeyTable(skippedBits: WindowAggregateShape.shardBits)
            (shard.live, shard.touches) = (0, [])
        }
        begin(entries)
    }
}
