import SwiftwaterCore

extension RDD {
    /// One pair for each key, with all its values combined.
    ///
    /// Values are combined within each partition first (map-side), then across partitions in the order of the partitions.
    /// The result is divided by ranges of the keys' stable hash and ordered by hash and key within each, so that its order
    /// as a whole depends on the keys alone.
    ///
    /// - Parameters:
    ///   - partitions: how many partitions the result has; the context's parallelism unless given.
    ///   - combine: must be associative and commutative.
    @inlinable
    public func reduceByKey<Key: StreamKey, Value: Sendable>(
        partitions: Int? = nil, _ combine: @escaping @Sendable (Value, Value) throws -> Value
    ) -> RDD<(Key, Value)> where Element == (Key, Value) {
        let parent = self
        let context = context
        let parts = max(1, partitions ?? context.defaultParallelism)
        let output = Materialized<[[(Key, Value)]]>()
        let lineage = Lineage(
            context: context, name: "reduceByKey", parents: [lineage], partitionCount: parts,
            materialize: {
                try output.fill {
                    let tables = try parent.combineByKey(combine)
                    return try Shuffle.merge(tables, parts: parts, context: context, name: "reduceByKey", combine)
                }
            })
        return RDD<(Key, Value)>(lineage: lineage, context: context) { partition, sink in
            for pair in output.value[partition] { try sink(pair) }
        }
    }

    /// The map side: a table for each partition.
    @inlinable
    func combineByKey<Key: StreamKey, Value: Sendable>(
        _ combine: @escaping @Sendable (Value, Value) throws -> Value
    ) throws -> [StableTable<Key, Value>] where Element == (Key, Value) {
        let compute = compute
        let results = Slots<StableTable<Key, Value>>(count: partitionCount)
        let keyDetacher = UncheckedBox(Detacher<Key>())
        let detacher = UncheckedBox(Detacher<Value>())
        try context.runTasks(count: partitionCount, of: "reduceByKey") { partition in
            var table = StableTable<Key, Value>()
            try compute(partition) { key, value in
                let hash = key.stableHash
                let found = table.find(key, hash)
                if let entry = found.entry {
                    do { table.values[entry] = detacher.value.detached(try combine(table.values[entry], value)) } catch
                    {
                        throw OperatorFailure.wrap(error, in: "reduceByKey")
                    }
                } else {
                    table.insert(
                        keyDetacher.value.detached(key), hash, detacher.value.detached(value), slot: found.slot)
                }
            }
            results.set(partition, table)
        }
        return results.all
    }
}

/// The reduce side of a shuffle.
@usableFromInline
enum Shuffle {
    /// Merges tables key by key. Part `p` of the result holds the hashes in [p, p + 1) * 2^64 / parts.
    @inlinable
    static func merge<Key: StreamKey, Value: Sendable>(
        _ tables: [StableTable<Key, Value>], parts: Int, context: Context, name: String,
        _ combine: @escaping @Sendable (Value, Value) throws -> Value
    ) throws -> [[(Key, Value)]] {
        let results = Slots<[(Key, Value)]>(count: parts)
        try context.runTasks(count: parts, of: name) { part in
            var merged = StableTable<Key, Value>()
            for table in tables {
                for entry in 0..<table.count {
                    let hash = table.hashes[entry]
                    guard Shuffle.part(of: hash, parts: parts) == part else { continue }
                    let found = merged.find(table.keys[entry], hash)
                    if let known = found.entry {
                        do { merged.values[known] = try combine(merged.values[known], table.values[entry]) } catch {
                            throw OperatorFailure.wrap(error, in: name)
                        }
                    } else {
                        merged.insert(table.keys[entry], hash, table.values[entry], slot: found.slot)
                    }
                }
            }
            results.set(part, merged.stableOrder().map { (merged.keys[$0], merged.values[$0]) })
        }
        return results.all
    }

    /// Which of `parts` ranges of the hash's whole span it falls into.
    @inlinable
    static func part(of hash: UInt64, parts: Int) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(parts)).high)
    }
}

/// Results of a stage's tasks: each task sets its own slot.
@usableFromInline
final class Slots<Value: Sendable>: Sendable {
    private let values: Monitor<[Value?]>

    @usableFromInline init(count: Int) { values = Monitor([Value?](repeating: nil, count: count)) }
    @usableFromInline func set(_ index: Int, _ value: Value) { values.update { $0[index] = value } }
    @usableFromInline var all: [Value] { values.read { $0.map { $0! } } }
}

/// Carries a value that is only read across threads.
@usableFromInline
struct UncheckedBox<Value>: @unchecked Sendable {
    @usableFromInline let value: Value
    @usableFromInline init(_ value: Value) { self.value = value }
}
