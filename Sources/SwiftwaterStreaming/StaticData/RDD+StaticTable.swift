import SwiftwaterCore

extension RDD {
    /// Pairs each value with the row of its key in a table, or nil. The keys that are not known are looked up first,
    /// all at once, so this RDD is computed twice; `cache()` it if that is much work.
    ///
    /// Spark does the same with a static table and a join of type `left_outer`.
    public func leftOuterJoin<Value: Sendable>(_ table: CachedTable) -> RDD<(Text, (Value, [Text?]?))>
    where Element == (Text, Value) {
        let parent = self
        let found = Materialized<[Text: [Text?]]>()
        let lineage = Lineage(
            context: context, name: "leftOuterJoin", parents: [lineage], partitionCount: partitionCount,
            materialize: { try found.fill { try table.rows(forKeys: parent.distinctKeys()) } }, isShuffle: false)
        return RDD<(Text, (Value, [Text?]?))>(lineage: lineage, context: context) { [compute] partition, sink in
            let rows = found.value
            try compute(partition) { try sink(($0.0, ($0.1, rows[$0.0]))) }
        }
    }

    /// Pairs each value with the row of its key in a table, and leaves out values whose key is not there. See
    /// `leftOuterJoin`.
    public func join<Value: Sendable>(_ table: CachedTable) -> RDD<(Text, (Value, [Text?]))>
    where Element == (Text, Value) {
        leftOuterJoin(table).compactMap { pair in pair.1.1.map { (pair.0, (pair.1.0, $0)) } }
    }

    /// The different keys. Those of a partition are found by one task.
    private func distinctKeys<Value: Sendable>() throws -> Set<Text> where Element == (Text, Value) {
        let parts = try mapPartitions { pairs in
            var keys: Set<Text> = []
            for pair in pairs where !keys.contains(pair.0) { keys.insert(pair.0.detached()) }
            return [keys]
        }.collect()
        return parts.reduce(into: []) { $0.formUnion($1) }
    }
}
