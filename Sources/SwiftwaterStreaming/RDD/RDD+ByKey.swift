import SwiftwaterCore

extension RDD {
    /// Returns a shuffle: the input from `feeds`, combined by key. It is ordered by the stable hash of the keys and
    /// then by key, so the order as a whole depends on the keys alone.
    @inlinable
    static func shuffled<Key: StreamKey, Combined: Sendable>(
        named name: String, context: Context, parents: [Lineage], partitions: Int?,
        feeds: [ShuffleFeed<Key, Combined>],
        merge: @escaping @Sendable (inout Combined, Combined) throws -> Void
    ) -> RDD<(Key, Combined)> {
        let parts = max(1, partitions ?? context.defaultParallelism)
        let output = Materialized<ShuffleOutput<Key, Combined>>()
        let lineage = Lineage(
            context: context, name: name, parents: parents, partitionCount: parts,
            materialize: {
                try output.fill {
                    try Shuffle.merge(
                        try Shuffle.combine(feeds, context: context, name: name), parts: parts, context: context,
                        name: name, merge)
                }
            })
        return RDD<(Key, Combined)>(lineage: lineage, context: context) { partition, sink in
            try output.value.push(partition, sink)
        }
    }

    /// Combines all values of each key into one pair.
    ///
    /// Values are combined within each task first (map-side), then across tasks in the order of the partitions. The
    /// result is divided by ranges of the stable hash of the keys and ordered by hash and key within each, so its order
    /// as a whole depends on the keys alone.
    ///
    /// - Parameters:
    ///   - partitions: the number of partitions in the result; the context's parallelism by default.
    ///   - combine: must be associative and commutative.
    @inlinable
    public func reduceByKey<Key: StreamKey, Value: Sendable>(
        partitions: Int? = nil, _ combine: @escaping @Sendable (Value, Value) throws -> Value
    ) -> RDD<(Key, Value)> where Element == (Key, Value) {
        RDD.shuffled(
            named: "reduceByKey", context: context, parents: [lineage], partitions: partitions,
            feeds: [reducingFeed(named: "reduceByKey", combine)]
        ) { $0 = try combine($0, $1) }
    }

    @inlinable
    func reducingFeed<Key: StreamKey, Value: Sendable>(
        named name: String, _ combine: @escaping @Sendable (Value, Value) throws -> Value
    ) -> ShuffleFeed<Key, Value> where Element == (Key, Value) {
        let detacher = UncheckedBox(Detacher<Value>())
        return ShuffleFeed(partitionCount: partitionCount) { [compute] partition, writer in
            try compute(partition) { key, value in
                try writer.add(key, create: { detacher.value.detached(value) }) { known in
                    do { known = detacher.value.detached(try combine(known, value)) } catch {
                        throw OperatorFailure.wrap(error, in: name)
                    }
                }
            }
        }
    }

    /// Combines the values of each key into another type. `create` starts with one value, `add` takes one more value of
    /// the same task, and `merge` joins the results of two tasks.
    @inlinable
    public func combineByKey<Key: StreamKey, Value: Sendable, Combined: Sendable>(
        partitions: Int? = nil, create: @escaping @Sendable (Value) throws -> Combined,
        add: @escaping @Sendable (inout Combined, Value) throws -> Void,
        merge: @escaping @Sendable (inout Combined, Combined) throws -> Void
    ) -> RDD<(Key, Combined)> where Element == (Key, Value) {
        let detacher = UncheckedBox(Detacher<Value>())
        let feed = ShuffleFeed<Key, Combined>(partitionCount: partitionCount) { [compute] partition, writer in
            try compute(partition) { key, value in
                let value = detacher.value.detached(value)
                do { try writer.add(key, create: { try create(value) }) { try add(&$0, value) } } catch {
                    throw OperatorFailure.wrap(error, in: "combineByKey")
                }
            }
        }
        return RDD.shuffled(
            named: "combineByKey", context: context, parents: [lineage], partitions: partitions, feeds: [feed],
            merge: merge)
    }

    /// Combines values like `combineByKey`, starting with the same `zero` for each key of each task.
    @inlinable
    public func aggregateByKey<Key: StreamKey, Value: Sendable, Combined: Sendable>(
        _ zero: Combined, partitions: Int? = nil, add: @escaping @Sendable (inout Combined, Value) throws -> Void,
        merge: @escaping @Sendable (inout Combined, Combined) throws -> Void
    ) -> RDD<(Key, Combined)> where Element == (Key, Value) {
        combineByKey(
            partitions: partitions,
            create: { value in
                var combined = zero
                try add(&combined, value)
                return combined
            }, add: add, merge: merge)
    }

    /// Gathers all values of each key into one pair, in the order of the partitions. They must all fit into memory
    /// together: if they are only to be combined, `reduceByKey` and `aggregateByKey` need far less.
    @inlinable
    public func groupByKey<Key: StreamKey, Value: Sendable>(partitions: Int? = nil) -> RDD<(Key, [Value])>
    where Element == (Key, Value) {
        RDD.shuffled(
            named: "groupByKey", context: context, parents: [lineage], partitions: partitions,
            feeds: [groupingFeed(into: { $0.append($1) }, empty: [Value]())]
        ) { $0.append(contentsOf: $1) }
    }

    /// Returns a feed that appends values to a part of `Combined`.
    @inlinable
    func groupingFeed<Key: StreamKey, Value: Sendable, Combined: Sendable>(
        into append: @escaping @Sendable (inout Combined, Value) -> Void, empty: Combined
    ) -> ShuffleFeed<Key, Combined> where Element == (Key, Value) {
        let detacher = UncheckedBox(Detacher<Value>())
        return ShuffleFeed(partitionCount: partitionCount) { [compute] partition, writer in
            try compute(partition) { key, value in
                let value = detacher.value.detached(value)
                try writer.add(
                    key,
                    create: {
                        var combined = empty
                        append(&combined, value)
                        return combined
                    }
                ) { append(&$0, value) }
            }
        }
    }

    /// Groups the values of each key in both RDDs. Includes the keys of either RDD.
    @inlinable
    public func cogroup<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: RDD<(Key, Other)>, partitions: Int? = nil
    ) -> RDD<(Key, ([Value], [Other]))> where Element == (Key, Value) {
        let empty: ([Value], [Other]) = ([], [])
        return RDD.shuffled(
            named: "cogroup", context: context, parents: [lineage, other.lineage], partitions: partitions,
            feeds: [
                groupingFeed(into: { $0.0.append($1) }, empty: empty),
                other.groupingFeed(into: { $0.1.append($1) }, empty: empty),
            ]
        ) {
            $0.0.append(contentsOf: $1.0)
            $0.1.append(contentsOf: $1.1)
        }
    }

    /// Returns every pair of values that a key has in both RDDs.
    @inlinable
    public func join<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: RDD<(Key, Other)>, partitions: Int? = nil
    ) -> RDD<(Key, (Value, Other))> where Element == (Key, Value) {
        cogroup(other, partitions: partitions).joined("join") { lefts, rights, emit in
            for left in lefts { for right in rights { try emit((left, right)) } }
        }
    }

    /// Joins like `join`. A value here whose key is not in `other` is paired with nil.
    @inlinable
    public func leftOuterJoin<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: RDD<(Key, Other)>, partitions: Int? = nil
    ) -> RDD<(Key, (Value, Other?))> where Element == (Key, Value) {
        cogroup(other, partitions: partitions).joined("leftOuterJoin") { lefts, rights, emit in
            for left in lefts {
                if rights.isEmpty { try emit((left, nil)) }
                for right in rights { try emit((left, right)) }
            }
        }
    }

    /// Joins like `join`. A value of `other` whose key is not here is paired with nil.
    @inlinable
    public func rightOuterJoin<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: RDD<(Key, Other)>, partitions: Int? = nil
    ) -> RDD<(Key, (Value?, Other))> where Element == (Key, Value) {
        cogroup(other, partitions: partitions).joined("rightOuterJoin") { lefts, rights, emit in
            if lefts.isEmpty { for right in rights { try emit((nil, right)) } }
            for left in lefts { for right in rights { try emit((left, right)) } }
        }
    }

    /// Joins like `join`. Values without a partner, on either side, are paired with nil.
    @inlinable
    public func fullOuterJoin<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: RDD<(Key, Other)>, partitions: Int? = nil
    ) -> RDD<(Key, (Value?, Other?))> where Element == (Key, Value) {
        cogroup(other, partitions: partitions).joined("fullOuterJoin") { lefts, rights, emit in
            if lefts.isEmpty { for right in rights { try emit((nil, right)) } }
            for left in lefts {
                if rights.isEmpty { try emit((left, nil)) }
                for right in rights { try emit((left, right)) }
            }
        }
    }

    @inlinable
    func joined<Key: StreamKey, Value: Sendable, Other: Sendable, Result: Sendable>(
        _ name: String,
        _ pair: @escaping @Sendable ([Value], [Other], (Result) throws -> Void) throws -> Void
    ) -> RDD<(Key, Result)> where Element == (Key, ([Value], [Other])) {
        let compute = compute
        return RDD<(Key, Result)>(
            context: context, name: name, parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { group in try pair(group.1.0, group.1.1) { try sink((group.0, $0)) } }
        }
    }

    /// Returns the pairs whose keys are not in `other`.
    @inlinable
    public func subtractByKey<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: RDD<(Key, Other)>
    ) -> RDD<(Key, Value)> where Element == (Key, Value) {
        cogroup(other).joined("subtractByKey") { lefts, rights, emit in
            if rights.isEmpty { for left in lefts { try emit(left) } }
        }
    }

    /// Returns the keys of pairs.
    @inlinable
    public func keys<Key: Sendable, Value: Sendable>() -> RDD<Key> where Element == (Key, Value) { map { $0.0 } }

    /// Returns the values of pairs.
    @inlinable
    public func values<Key: Sendable, Value: Sendable>() -> RDD<Value> where Element == (Key, Value) { map { $0.1 } }
}

extension RDD where Element: StreamKey {
    /// Returns each element once, in order of hash and then element.
    @inlinable
    public func distinct(partitions: Int? = nil) -> RDD<Element> {
        map { ($0, true) }.reduceByKey(partitions: partitions) { left, _ in left }.keys()
    }

    /// Returns each element that both RDDs have, once.
    @inlinable
    public func intersection(_ other: RDD<Element>) -> RDD<Element> {
        map { ($0, true) }.cogroup(other.map { ($0, true) }).filter { !$0.1.0.isEmpty && !$0.1.1.isEmpty }.keys()
    }

    /// Returns the elements that are not in `other`, including duplicates.
    @inlinable
    public func subtract(_ other: RDD<Element>) -> RDD<Element> {
        map { ($0, true) }.subtractByKey(other.map { ($0, true) }).keys()
    }

    /// Returns how often each element occurs.
    @inlinable
    func countedByValue() -> RDD<(Element, Int)> { map { ($0, 1) }.reduceByKey(+) }
}
