import SwiftwaterCore

extension DStream {
    /// Applies `transform` to every element.
    @inlinable
    public func map<Result: Sendable>(
        _ transform: @escaping @Sendable (Element) throws -> Result
    ) -> DStream<Result> {
        deriveNarrow(named: "map") { $0.map(transform) }
    }

    /// Keeps the elements for which `isIncluded` returns true.
    @inlinable
    public func filter(_ isIncluded: @escaping @Sendable (Element) throws -> Bool) -> DStream<Element> {
        deriveNarrow(named: "filter") { $0.filter(isIncluded) }
    }

    /// Applies `transform` to every element and keeps the results that are not nil.
    @inlinable
    public func compactMap<Result: Sendable>(
        _ transform: @escaping @Sendable (Element) throws -> Result?
    ) -> DStream<Result> {
        deriveNarrow(named: "compactMap") { $0.compactMap(transform) }
    }

    /// Applies `transform` to every element and concatenates the results.
    @inlinable
    public func flatMap<Parts: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable (Element) throws -> Parts
    ) -> DStream<Parts.Element> where Parts.Element: Sendable {
        deriveNarrow(named: "flatMap") { $0.flatMap(transform) }
    }

    /// Applies `transform` to the value of every pair; keys stay.
    @inlinable
    public func mapValues<Key: Sendable, Value: Sendable, Result: Sendable>(
        _ transform: @escaping @Sendable (Value) throws -> Result
    ) -> DStream<(Key, Result)> where Element == (Key, Value) {
        deriveNarrow(named: "mapValues") { $0.mapValues(transform) }
    }

    /// Applies `flatMap` to the values of pairs. Each part is paired with the key of the value it came from.
    @inlinable
    public func flatMapValues<Key: Sendable, Value: Sendable, Parts: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable (Value) throws -> Parts
    ) -> DStream<(Key, Parts.Element)> where Element == (Key, Value), Parts.Element: Sendable {
        deriveNarrow(named: "flatMapValues") { $0.flatMapValues(transform) }
    }

    /// Applies `transform` to the elements of each partition, in an array.
    @inlinable
    public func mapPartitions<Parts: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable ([Element]) throws -> Parts
    ) -> DStream<Parts.Element> where Parts.Element: Sendable {
        derive(named: "mapPartitions") { rdd, _ in rdd.mapPartitions(transform) }
    }

    /// Gathers the elements of each partition into one array.
    public func glom() -> DStream<[Element]> { derive(named: "glom") { rdd, _ in rdd.glom() } }

    /// Distributes the elements of each batch over `partitions` partitions, round-robin.
    public func repartition(_ partitions: Int) -> DStream<Element> {
        derive(named: "repartition") { rdd, _ in rdd.repartition(partitions) }
    }

    /// Keeps the computed elements of each batch for as long as a window or another output reads them.
    public func persist() -> DStream<Element> { derive(named: "persist") { rdd, _ in rdd.persist() } }

    /// Same as `persist`, under Spark's other name.
    public func cache() -> DStream<Element> { persist() }

    /// Concatenates the batches of both streams, which must have the same slide.
    public func union(_ other: DStream<Element>) -> DStream<Element> {
        combine(other, named: "union") { left, right, _ in left.union(right) }
    }

    /// Counts the elements of each batch, or of each window on a windowed stream. Each count is a single element.
    public func count() -> DStream<Int> {
        guard let windowed else { return derive(named: "count") { rdd, _ in rdd.counted() } }
        let counts = windowed.base().derive(named: "count") { rdd, _ in rdd.counted().map { (0, $0) } }
        return counts.windowedReduce(
            "countByWindow", length: windowed.length, slide: windowed.slide, combine: { $0 + $1 }, inverse: { $0 - $1 },
            written: WrittenStep(derive(named: "count") { rdd, _ in rdd.counted() }.node)
        ).derive(named: "values") { rdd, _ in
            RDD<Int>.single(named: "sum", parent: rdd.lineage, context: rdd.context) {
                try rdd.collect().first?.1 ?? 0
            }
        }
    }

    /// Combines all elements of each batch. A batch without elements produces nothing.
    ///
    /// - Parameter combine: must be associative and commutative.
    @inlinable
    public func reduce(_ combine: @escaping @Sendable (Element, Element) throws -> Element) -> DStream<Element> {
        reduced(combine)
    }

    @usableFromInline
    func reduced(_ combine: @escaping @Sendable (Element, Element) throws -> Element) -> DStream<Element> {
        guard let windowed else {
            return derive(named: "reduce") { rdd, _ in
                RDD.single(named: "reduce", parent: rdd.lineage, context: rdd.context) { try rdd.reduce(combine) }
            }
        }
        return windowed.base().reduceByWindow(windowed.length, slide: windowed.slide, combine)
    }
}

extension DStream where Element: StreamKey {
    /// Counts how often each element occurs in each batch or in each window.
    @inlinable
    public func countByValue() -> DStream<(Element, Int)> { map { ($0, 1) }.reduceByKey(+) }
}

extension DStream {
    /// Combines all values of each key of a batch into one pair; see `RDD.reduceByKey`.
    ///
    /// If this stream is a window, or map, flatMap, and filter of one, this is the windowed aggregate of
    /// `reduceByKeyAndWindow`: each batch is reduced once, and windows are assembled from the results of the batches.
    @inlinable
    public func reduceByKey<Key: StreamKey, Value: Sendable>(
        _ combine: @escaping @Sendable (Value, Value) throws -> Value
    ) -> DStream<(Key, Value)> where Element == (Key, Value) {
        let plain = derive(named: "reduceByKey") { rdd, _ in rdd.reduceByKey(combine) }
        return overWindow(plain) { base, length, slide, written in
            base.derive(named: "reduceByKey") { [parts = base.partitionsBeforeState] rdd, _ in
                rdd.reduceByKey(partitions: parts, combine)
            }
            .windowedReduce(
                "reduceByKeyAndWindow", length: length, slide: slide, combine: combine, inverse: nil,
                written: written)
        }
    }

    /// Returns `plain`, or, if this stream is windowed, what `aggregate` makes of the stream without the window.
    @usableFromInline
    func overWindow<Result: Sendable>(
        _ plain: DStream<Result>,
        _ aggregate: (DStream<Element>, Duration, Duration, WrittenStep) -> DStream<Result>
    ) -> DStream<Result> {
        guard let windowed else { return plain }
        return aggregate(windowed.base(), windowed.length, windowed.slide, WrittenStep(plain.node))
    }

    /// Gathers all values of each key of a batch into one pair.
    @inlinable
    public func groupByKey<Key: StreamKey, Value: Sendable>() -> DStream<(Key, [Value])> where Element == (Key, Value) {
        derive(named: "groupByKey") { rdd, _ in rdd.groupByKey() }
    }

    /// Combines the values of each key into another type; see `RDD.combineByKey`.
    @inlinable
    public func combineByKey<Key: StreamKey, Value: Sendable, Combined: Sendable>(
        create: @escaping @Sendable (Value) throws -> Combined,
        add: @escaping @Sendable (inout Combined, Value) throws -> Void,
        merge: @escaping @Sendable (inout Combined, Combined) throws -> Void
    ) -> DStream<(Key, Combined)> where Element == (Key, Value) {
        derive(named: "combineByKey") { rdd, _ in rdd.combineByKey(create: create, add: add, merge: merge) }
    }

    /// Groups the values of each key in the batches of both streams. Includes the keys of either stream.
    @inlinable
    public func cogroup<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: DStream<(Key, Other)>
    ) -> DStream<(Key, ([Value], [Other]))> where Element == (Key, Value) {
        combine(other, named: "cogroup") { left, right, _ in left.cogroup(right) }
    }

    /// Returns every pair of values that a key has in the batches of both streams.
    @inlinable
    public func join<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: DStream<(Key, Other)>
    ) -> DStream<(Key, (Value, Other))> where Element == (Key, Value) {
        combine(other, named: "join") { left, right, _ in left.join(right) }
    }

    /// Joins like `join`. A value here whose key is not in `other` is paired with nil.
    @inlinable
    public func leftOuterJoin<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: DStream<(Key, Other)>
    ) -> DStream<(Key, (Value, Other?))> where Element == (Key, Value) {
        combine(other, named: "leftOuterJoin") { left, right, _ in left.leftOuterJoin(right) }
    }

    /// Joins like `join`. A value of `other` whose key is not here is paired with nil.
    @inlinable
    public func rightOuterJoin<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: DStream<(Key, Other)>
    ) -> DStream<(Key, (Value?, Other))> where Element == (Key, Value) {
        combine(other, named: "rightOuterJoin") { left, right, _ in left.rightOuterJoin(right) }
    }

    /// Joins like `join`. Values without a partner, on either side, are paired with nil.
    @inlinable
    public func fullOuterJoin<Key: StreamKey, Value: Sendable, Other: Sendable>(
        _ other: DStream<(Key, Other)>
    ) -> DStream<(Key, (Value?, Other?))> where Element == (Key, Value) {
        combine(other, named: "fullOuterJoin") { left, right, _ in left.fullOuterJoin(right) }
    }
}
