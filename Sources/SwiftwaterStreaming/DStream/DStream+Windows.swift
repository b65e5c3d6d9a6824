import SwiftwaterCore

extension DStream {
    /// Combines all values of each key of a window into one pair. Keys that no batch of the window has are absent.
    ///
    /// Each batch is reduced once. A window is assembled from the results of its batches, at a cost that does not grow
    /// with their number: with two stacks, or, given an inverse, by subtracting what leaves.
    ///
    /// - Parameters:
    ///   - combine: must be associative and commutative.
    ///   - inverse: removes a value from a combined one: `inverse(combine(a, b), b) == a`.
    ///   - isIncluded: which pairs of the window to return; all by default.
    ///   - length: the length of the window.
    ///   - slide: the time between two windows.
    @inlinable
    public func reduceByKeyAndWindow<Key: StreamKey, Value: Sendable>(
        _ combine: @escaping @Sendable (Value, Value) throws -> Value,
        inverse: (@Sendable (Value, Value) throws -> Value)? = nil, window length: Duration, slide: Duration? = nil,
        filter isIncluded: (@Sendable (Key, Value) -> Bool)? = nil
    ) -> DStream<(Key, Value)> where Element == (Key, Value) {
        let reduced = derive(named: "reduceByKey") { [parts = partitionsBeforeState] rdd, _ in
            rdd.reduceByKey(partitions: parts, combine)
        }
        let windows = reduced.windowedReduce(
            "reduceByKeyAndWindow", length: length, slide: slide ?? slideDuration, combine: combine, inverse: inverse,
            written: nil)
        guard let isIncluded else { return windows }
        return windows.filter { isIncluded($0.0, $0.1) }
    }

    @usableFromInline
    var partitionsBeforeState: Int { WindowAggregateShape.partitions(context.engine.defaultParallelism) }

    /// Combines all elements of a window. A window without elements produces nothing.
    @inlinable
    public func reduceByWindow(
        _ length: Duration, slide: Duration? = nil, _ combine: @escaping @Sendable (Element, Element) throws -> Element,
        inverse: (@Sendable (Element, Element) throws -> Element)? = nil
    ) -> DStream<Element> {
        derive(named: "reduce") { [parts = partitionsBeforeState] rdd, _ in
            rdd.map { (0, $0) }.reduceByKey(partitions: parts, combine)
        }.windowedReduce(
            "reduceByWindow", length: length, slide: slide ?? slideDuration, combine: combine, inverse: inverse,
            written: nil
        ).map { $0.1 }
    }

    /// Counts the elements of each window.
    public func countByWindow(_ length: Duration, slide: Duration? = nil) -> DStream<Int> {
        window(length, slide: slide).count()
    }

    /// Gathers all values of each key of a window into one pair.
    public func groupByKeyAndWindow<Key: StreamKey, Value: Sendable>(
        _ length: Duration, slide: Duration? = nil
    ) -> DStream<(Key, [Value])> where Element == (Key, Value) {
        window(length, slide: slide).groupByKey()
    }

    /// Returns the windowed aggregate over batches that are already reduced by key.
    ///
    /// - Parameter written: the step that the program wrote and this one replaces.
    @inlinable
    func windowedReduce<Key: StreamKey, Value: Sendable>(
        _ kind: String, length: Duration, slide: Duration,
        combine: @escaping @Sendable (Value, Value) throws -> Value,
        inverse: (@Sendable (Value, Value) throws -> Value)?, written: WrittenStep?
    ) -> DStream<(Key, Value)> where Element == (Key, Value) {
        let aggregate = WindowAggregate<Key, Value>(length: length, context: context.engine) { firstFlip in
            if let inverse {
                return WindowShard(SubtractingShard<Key, Value>(combine: combine, subtract: inverse))
            }
            return WindowShard(TwoStackShard<Key, Value>(firstFlip: firstFlip, combine: combine))
        }
        return windowNode(
            kind, length: length, slide: slide, how: inverse == nil ? "two stacks" : "subtraction", state: aggregate,
            written: written
        ) { time, batches in try aggregate.advance(to: time, batches: batches) }
    }

    @usableFromInline
    func windowNode<Key: StreamKey, Value: Sendable>(
        _ kind: String, length: Duration, slide: Duration, how: String, state: any StepState, written: WrittenStep?,
        _ advance:
            @escaping @Sendable (BatchTime, [(time: BatchTime, rdd: RDD<(Key, Value)>)]) throws -> [[(
                Key, Value
            )]]
    ) -> DStream<(Key, Value)> where Element == (Key, Value) {
        if written == nil { checkWindow(kind, length, slide) }
        let parent = node
        let node = StatefulNode<(Key, Value)>(
            kind: kind, detail: "length \(length.label), slide \(slide.label), \(how)", slide: slide,
            parents: [parent], graph: context.graph, lookback: slide, context: context.engine,
            partitionCount: WindowAggregateShape.shards, state: state
        ) { time in
            // A slide longer than the window skips batches.
            let batches = try parent.slice(length: min(length, slide), endingAt: time)
            return { result in
                let pairs = try advance(time, batches)
                result.fill { shard, sink in for pair in pairs[shard] { try sink(pair) } }
            }
        }
        node.written = written?.step
        return DStream(context: context, node: node)
    }
}

extension DStream where Element: StreamKey {
    /// Counts how often each element occurs in each window.
    @inlinable
    public func countByValueAndWindow(_ length: Duration, slide: Duration? = nil) -> DStream<(Element, Int)> {
        map { ($0, 1) }.reduceByKeyAndWindow({ $0 + $1 }, inverse: { $0 - $1 }, window: length, slide: slide)
    }
}
