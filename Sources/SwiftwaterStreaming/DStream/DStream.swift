import SwiftwaterCore

/// A discretized stream: a sequence of RDDs, one for each batch. A value that describes work; only a started context has
/// state.
///
/// Operators apply to the RDD of every batch. They are inlinable for the same reason as those of `RDD`.
public struct DStream<Element: Sendable>: Sendable {
    public let context: StreamingContext
    let node: StreamNode<Element>

    /// The time between two batches of this stream.
    public var slideDuration: Duration { node.slide }

    /// A stream whose RDD for each batch is made of this stream's RDD for the same batch.
    ///
    /// The closure runs when the batch's jobs are made; what it builds runs with the jobs.
    public func transform<Result: Sendable>(
        _ transform: @escaping @Sendable (RDD<Element>) throws -> RDD<Result>
    ) -> DStream<Result> {
        derive(named: "transform") { rdd, _ in try transform(rdd) }
    }

    /// As above, with the batch time.
    public func transform<Result: Sendable>(
        _ transform: @escaping @Sendable (RDD<Element>, BatchTime) throws -> RDD<Result>
    ) -> DStream<Result> {
        derive(named: "transform", transform)
    }

    @usableFromInline
    func derive<Result: Sendable>(
        named name: String, _ make: @escaping @Sendable (RDD<Element>, BatchTime) throws -> RDD<Result>
    ) -> DStream<Result> {
        let node = node
        return DStream<Result>(
            context: context,
            node: StreamNode(name: name, slide: node.slide, parents: [node], graph: context.graph) { time in
                try node.rdd(at: time).map { try make($0, time) }
            })
    }
}

extension DStream {
    /// Every element through `transform`.
    @inlinable
    public func map<Result: Sendable>(
        _ transform: @escaping @Sendable (Element) throws -> Result
    ) -> DStream<Result> {
        derive(named: "map") { rdd, _ in rdd.map(transform) }
    }

    /// The elements that `isIncluded` says yes to.
    @inlinable
    public func filter(_ isIncluded: @escaping @Sendable (Element) throws -> Bool) -> DStream<Element> {
        derive(named: "filter") { rdd, _ in rdd.filter(isIncluded) }
    }

    /// Everything that `transform` gives for each element, one after the other.
    @inlinable
    public func flatMap<Parts: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable (Element) throws -> Parts
    ) -> DStream<Parts.Element> where Parts.Element: Sendable {
        derive(named: "flatMap") { rdd, _ in rdd.flatMap(transform) }
    }

    /// The value of every pair through `transform`; keys stay.
    @inlinable
    public func mapValues<Key: Sendable, Value: Sendable, Result: Sendable>(
        _ transform: @escaping @Sendable (Value) throws -> Result
    ) -> DStream<(Key, Result)> where Element == (Key, Value) {
        derive(named: "mapValues") { rdd, _ in rdd.mapValues(transform) }
    }

    /// One pair for each key of a batch, with all its values combined; see `RDD.reduceByKey`.
    @inlinable
    public func reduceByKey<Key: StreamKey, Value: Sendable>(
        _ combine: @escaping @Sendable (Value, Value) throws -> Value
    ) -> DStream<(Key, Value)> where Element == (Key, Value) {
        derive(named: "reduceByKey") { rdd, _ in rdd.reduceByKey(combine) }
    }

    /// One element for each batch: how many there were.
    public func count() -> DStream<Int> { derive(named: "count") { rdd, _ in rdd.counted() } }

    /// The batches of both streams, which must have the same slide.
    public func union(_ other: DStream<Element>) -> DStream<Element> {
        if other.node.slide != node.slide {
            context.graph.add(
                SwiftwaterError(
                    .invalidArgument,
                    "union of streams with slides of \(node.slide.label) and \(other.node.slide.label)",
                    at: .init(streamOperator: "union"), remedy: "bring both to one slide with window"))
        }
        let (left, right, batch) = (node, other.node, context.context)
        return DStream(
            context: context,
            node: StreamNode(name: "union", slide: node.slide, parents: [left, right], graph: context.graph) { time in
                let rdds = try [left.rdd(at: time), right.rdd(at: time)].compactMap { $0 }
                return rdds.isEmpty ? nil : batch.union(rdds)
            })
    }

    /// A stream whose batch at time t holds this stream's batches in (t - length, t].
    ///
    ///     batches           0     1     2     3     4     5
    ///     length 2 slide 1  [0]   [01]  [12]  [23]  [34]  [45]
    ///     length 4 slide 2        [01]        [0123]      [2345]
    ///
    /// - Parameters:
    ///   - length: a multiple of this stream's slide.
    ///   - slide: how often there is a window; this stream's slide unless given, else a multiple of it.
    public func window(_ length: Duration, slide: Duration? = nil) -> DStream<Element> {
        let slide = slide ?? node.slide
        for (what, duration) in [("window length", length), ("slide interval", slide)]
        where !(duration > .zero && duration.isMultiple(of: node.slide)) {
            context.graph.add(
                SwiftwaterError(
                    .invalidArgument,
                    "a \(what) of \(duration.label) is no multiple of the stream's slide of \(node.slide.label)",
                    at: .init(streamOperator: "window"), remedy: "choose a multiple of \(node.slide.label)"))
        }
        let (parent, batch) = (node, context.context)
        parent.remember(length + slide)
        return DStream(
            context: context,
            node: StreamNode(
                name: "window", slide: slide, parents: [parent], graph: context.graph, lookback: length
            ) { time in
                batch.union(try parent.slice(length: length, endingAt: time))
            })
    }
}
