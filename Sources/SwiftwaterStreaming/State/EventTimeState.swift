import SwiftwaterCore

/// The open windows of every key, in 64 ranges of keys, and the watermark.
@usableFromInline
final class EventTimeState<Key: StreamKey, Value: Sendable, Element: Sendable>: StepState, @unchecked Sendable {
    @usableFromInline
    struct Open {
        @usableFromInline var window: EventWindow
        @usableFromInline var value: Value
        /// Whether the value has changed since it was emitted.
        @usableFromInline var isDue: Bool
        @inlinable init(window: EventWindow, value: Value, isDue: Bool) {
            self.window = window
            self.value = value
            self.isDue = isDue
        }
    }

    @usableFromInline
    final class Shard: @unchecked Sendable {
        /// Each key's windows, by start.
        @usableFromInline var table = KeyTable<Key, [Open]>(skippedBits: WindowAggregateShape.shardBits)
        @usableFromInline var live = 0
        /// The times at which entries have a window to emit or drop. May list entries that no longer have one.
        @usableFromInline var agenda = Agenda()
        @usableFromInline init() {}
    }

    @usableFromInline let windows: EventWindows
    @usableFromInline let delay: Duration
    @usableFromInline let lateness: Duration
    @usableFromInline let context: Context
    @usableFromInline let combine: @Sendable (Value, Value) throws -> Value
    @usableFromInline let shards = (0..<WindowAggregateShape.shards).map { _ in Shard() }
    @usableFromInline var watermark = BatchTime(milliseconds: .min / 4)
    /// The records of the last batch that arrived too late.
    @usableFromInline var late: [Element] = []

    @usableFromInline
    init(
        windows: EventWindows, delay: Duration, lateness: Duration, context: Context,
        combine: @escaping @Sendable (Value, Value) throws -> Value
    ) {
        self.windows = windows
        self.delay = delay
        self.lateness = lateness
        self.context = context
        self.combine = combine
    }

    @usableFromInline typealias Arrival = (hash: UInt64, key: Key, time: BatchTime, value: Value)

    /// Takes a batch. Returns the windows that are due after it, by shard.
    @inlinable
    func advance(
        with rdd: RDD<Element>, time: @escaping @Sendable (Element) throws -> BatchTime,
        key: @escaping @Sendable (Element) throws -> Key, value: @escaping @Sendable (Element) throws -> Value
    ) throws -> [[(WindowedKey<Key>, Value)]] {
        let parts = rdd.partitionCount
        let arrived = Slots<UncheckedBox<(buckets: [[Arrival]], late: [Element], latest: BatchTime)>>(count: parts)
        let (watermark, lateness, windows) = (watermark, lateness, windows)
        let detach = UncheckedBox((Detacher<Key>(), Detacher<Value>(), Detacher<Element>()))
        try context.runJob(rdd.lineage) { part in
            var buckets = [[Arrival]](repeating: [], count: WindowAggregateShape.shards)
            var late: [Element] = []
            var latest = BatchTime(milliseconds: .min / 4)
            try rdd.compute(part) { element in
                do {
                    let itsTime = try time(element)
                    latest = max(latest, itsTime)
                    guard windows.containing(itsTime).last!.end + lateness > watermark else {
                        late.append(detach.value.2.detached(element))
                        return
                    }
                    let itsKey = detach.value.0.detached(try key(element))
                    let hash = itsKey.stableHash
                    buckets[Int(hash >> UInt64(64 - WindowAggregateShape.shardBits))].append(
                        (hash, itsKey, itsTime, detach.value.1.detached(try value(element))))
                } catch { throw OperatorFailure.wrap(error, in: "reduceByEventTime") }
            }
            arrived.set(part, UncheckedBox((buckets, late, latest)))
        }
        let all = UncheckedBox(arrived.all.map(\.value))
        self.late = all.value.flatMap(\.late)
        let latest = all.value.reduce(BatchTime(milliseconds: .min / 4)) { max($0, $1.latest) }
        let newWatermark = max(watermark, latest - delay)
        let results = Slots<[(WindowedKey<Key>, Value)]>(count: WindowAggregateShape.shards)
        try context.runTasks(count: WindowAggregateShape.shards, of: "reduceByEventTime", triesMax: 1) {
            [self] number in
            let shard = shards[number]
            do {
                for part in all.value { for arrival in part.buckets[number] { try add(arrival, to: shard, watermark) } }
            } catch { throw BrokenState.wrap(error) }
            results.set(number, due(shard, newWatermark))
        }
        self.watermark = newWatermark
        return results.all
    }

    @inlinable
    func add(_ arrival: Arrival, to shard: Shard, _ watermark: BatchTime) throws {
        var entry = shard.table.find(arrival.key, arrival.hash)
        if entry < 0 { entry = shard.table.insert(arrival.key, arrival.hash, []) }
        if shard.table.values[entry].isEmpty { shard.live += 1 }
        for window in windows.containing(arrival.time) where window.end + lateness > watermark {
            if windows.isJoining {
                try join(window, arrival.value, entry, shard)
            } else if let index = shard.table.values[entry].firstIndex(where: { $0.window == window }) {
                let old = shard.table.values[entry][index].value
                shard.table.values[entry][index].value = try combine(old, arrival.value)
                if !shard.table.values[entry][index].isDue { shard.agenda.add(window.end, entry) }
                shard.table.values[entry][index].isDue = true
            } else {
                shard.table.values[entry].append(Open(window: window, value: arrival.value, isDue: true))
                shard.agenda.add(window.end, entry)
            }
        }
    }

    /// Adds a record to the sessions of its key. All sessions that it overlaps become one.
    @inlinable
    func join(_ window: EventWindow, _ value: Value, _ entry: Int, _ shard: Shard) throws {
        var joined = Open(window: window, value: value, isDue: true)
        var others: [Open] = []
        for open in shard.table.values[entry] {
            if open.window.start < joined.window.end && joined.window.start < open.window.end {
                joined.value = try combine(open.value, joined.value)
                joined.window.start = min(open.window.start, joined.window.start)
                joined.window.end = max(open.window.end, joined.window.end)
            } else {
                others.append(open)
            }
        }
        others.append(joined)
        shard.table.values[entry] = others.sorted { $0.window.start < $1.window.start }
        shard.agenda.add(joined.window.end, entry)
    }

    /// Returns the windows that end at or before the watermark and were not emitted yet, in order of the key's hash and
    /// window. Drops those whose lateness is over.
    @inlinable
    func due(_ shard: Shard, _ watermark: BatchTime) -> [(WindowedKey<Key>, Value)] {
        var entries: [Int] = []
        while let entry = shard.agenda.next(upTo: watermark) { entries.append(entry) }
        var result: [(WindowedKey<Key>, Value)] = []
        var seen: Set<Int> = []
        let ordered = entries.filter { seen.insert($0).inserted }.sorted { left, right in
            let (a, b) = (shard.table.hashes[left], shard.table.hashes[right])
            return a != b ? a < b : shard.table.keys[left].precedes(shard.table.keys[right])
        }
        for entry in ordered {
            let key = shard.table.keys[entry]
            guard !shard.table.values[entry].isEmpty else { continue }
            var kept: [Open] = []
            for var open in shard.table.values[entry].sorted(by: { $0.window.precedes($1.window) }) {
                if open.isDue && open.window.end <= watermark {
                    result.append((WindowedKey(window: open.window, key: key), open.value))
                    open.isDue = false
                    if open.window.end + lateness > watermark { shard.agenda.add(open.window.end + lateness, entry) }
                }
                if open.window.end + lateness > watermark { kept.append(open) }
            }
            shard.table.values[entry] = kept
            if kept.isEmpty { shard.live -= 1 }
        }
        if shard.table.count > 2 * shard.live + 64 { compact(shard) }
        return result
    }

    @inlinable
    func compact(_ shard: Shard) {
        let kept = KeyTable<Key, [Open]>(skippedBits: WindowAggregateShape.shardBits, minimumCapacity: shard.live)
        var agenda = Agenda()
        for entry in 0..<shard.table.count where !shard.table.values[entry].isEmpty {
            let moved = kept.insert(shard.table.keys[entry], shard.table.hashes[entry], shard.table.values[entry])
            for open in shard.table.values[entry] {
                agenda.add(open.isDue ? open.window.end : open.window.end + lateness, moved)
            }
        }
        (shard.table, shard.agenda) = (kept, agenda)
    }

    // MARK: Checkpoints

    @usableFromInline var window: Duration? { windows.longest }
    @usableFromInline var storedTypes: [String] { [ElementCodec<Key>.typeName, ElementCodec<Value>.typeName] }
    @usableFromInline var obstacle: String? {
        ElementCodec<Value>() == nil ? "values of type \(ElementCodec<Value>.typeName) cannot be stored" : nil
    }
    @usableFromInline func beginRecording() {}

    @usableFromInline
    func pieces(at time: BatchTime) -> [StatePiece] {
        var open: [(key: Key, open: Open)] = []
        for shard in shards {
            shard.table.forEachEntry { entry in
                for window in shard.table.values[entry] { open.append((shard.table.keys[entry], window)) }
            }
        }
        let watermark = watermark
        return [
            StatePiece(name: "state-\(time.milliseconds)") {
                let codec = ElementCodec<(Key, EventWindow, Bool, Value)>()!
                var writer = ByteWriter()
                writer.write(integer: watermark.milliseconds)
                writer.write(count: open.count)
                for item in open {
                    codec.encode((item.key, item.open.window, item.open.isDue, item.open.value), into: &writer)
                }
                return writer.bytes
            }
        ]
    }

    @usableFromInline
    func restore(_ pieces: [[UInt8]], at time: BatchTime) throws {
        guard let bytes = pieces.first else { return }
        let codec = ElementCodec<(Key, EventWindow, Bool, Value)>()!
        var reader = ByteReader(bytes)
        watermark = BatchTime(milliseconds: try reader.readInteger(Int64.self))
        for _ in 0..<(try reader.readCount()) {
            let (key, window, isDue, value) = try codec.decode(from: &reader)
            let hash = key.stableHash
            let shard = shards[Int(hash >> UInt64(64 - WindowAggregateShape.shardBits))]
            var entry = shard.table.find(key, hash)
            if entry < 0 {
                entry = shard.table.insert(key, hash, [])
                shard.live += 1
            }
            shard.table.values[entry].append(Open(window: window, value: value, isDue: isDue))
            shard.agenda.add(isDue ? window.end : window.end + lateness, entry)
        }
    }
}
