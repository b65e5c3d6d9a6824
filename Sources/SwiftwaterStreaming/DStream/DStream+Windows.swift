import SwiftwaterCore

extension DStream {
    /// One pair for each key of a window, with all its values combined. Keys that no batch of the window has are not there.
    ///
    /// Each batch is reduced once. A window is put together from what its batches gave, at a cost that does not grow with
    /// their number: by two stacks, or, with an inverse, by taking out what leaves.
    ///
    /// - Parameters:
    ///   - combine: must be associative and commutative.
    ///   - inverse: takes a value out of a combined one: `inverse(combine(a, b), b) == a`.
    ///   - isIncluded: which pairs of the window to give; all unless given.
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
    var partitionsBeforeState: Int { WindowAggregateShape.partitions(context.context.defaultParallelism) }

    /// All elements of a window combined; nothing for a window without elements.
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

    /// How many elements each window holds.
    public func countByWindow(_ length: Duration, slide: Duration? = nil) -> DStream<Int> {
        window(length, slide: slide).count()
    }

    /// One pair for each key of a window, with all its values.
    public func groupByKeyAndWindow<Key: StreamKey, Value: Sendable>(
        _ length: Duration, slide: Duration? = nil
    ) -> DStream<(Key, [Value])> where Element == (Key, Value) {
        window(length, slide: slide).groupByKey()
    }

    /// The windowed aggregate over batches that are reduced by key already.
    ///
    /// - Parameter written: the step that the program wrote and that this one stands for.
    @inlinable
    func windowedReduce<Key: StreamKey, Value: Sendable>(
        _ kind: String, length: Duration, slide: Duration,
        combine: @escaping @Sendable (Value, Value) throws -> Value,
        inverse: (@Sendable (Value, Value) throws -> Value)?, written: WrittenStep?
    ) -> DStream<(Key, Value)> where Element == (Key, Value) {
        let aggregate = WindowAggregate<Key, Value>(length: length, context: context.context) { firstFlip in
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
            parents: [parent], graph: context.graph, lookback: slide, context: context.context,
            partitionCount: WindowAggregateShape.shards, state: state
        ) { time in
            // A slide above the length leaves batches out.
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
    /// How often each element occurs in each window.
    @inlinable
    public func countByValueAndWindow(_ length: Duration, slide: Duration? = nil) -> DStream<(Element, Int)> {
        map { ($0, 1) }.reduceByKeyAndWindow({ $0 + $1 }, inverse: { $0 - $1 }, window: length, slide: slide)
    }
}
