import SwiftwaterCore

extension DStream {
    /// Reduces by key over windows of the time that the records carry.
    ///
    /// The watermark follows the latest time seen at a distance of `watermarkDelay` and never goes back. At the end of
    /// each batch, the windows that end at or before it are emitted. They are kept for `allowedLateness` longer; a
    /// record that changes such a window causes it to be emitted again. A record whose windows are all gone goes to
    /// `late()`.
    ///
    /// - Parameters:
    ///   - time: returns when the record happened, in milliseconds since 1970.
    ///   - combine: must be associative and commutative.
    ///   - key: returns the key of a record.
    ///   - allowedLateness: how much longer windows are kept.
    ///   - value: returns the value of a record.
    ///   - watermarkDelay: how far the watermark is behind the latest time.
    ///   - windows: the windows' length and slide.
    @inlinable
    public func reduceByEventTime<Key: StreamKey, Value: Sendable>(
        _ windows: EventWindows, watermarkDelay: Duration = .zero, allowedLateness: Duration = .zero,
        time: @escaping @Sendable (Element) throws -> BatchTime, key: @escaping @Sendable (Element) throws -> Key,
        value: @escaping @Sendable (Element) throws -> Value,
        combine: @escaping @Sendable (Value, Value) throws -> Value
    ) -> EventTimeStreams<Key, Value, Element> {
        let state = EventTimeState<Key, Value, Element>(
            windows: windows, delay: watermarkDelay, lateness: allowedLateness, context: context.engine,
            combine: combine)
        checkEventWindows(windows, watermarkDelay, allowedLateness)
        let results: DStream<(WindowedKey<Key>, Value)> = stateNode(
            "reduceByEventTime", detail: "\(windows)", state: state
        ) { rdd, _ in
            let shards = try state.advance(with: rdd, time: time, key: key, value: value)
            return { shard, sink in for pair in shards[shard] { try sink(pair) } }
        }
        return EventTimeStreams(results: results) { results.lateNode(state) }
    }

    @usableFromInline
    func checkEventWindows(_ windows: EventWindows, _ delay: Duration, _ lateness: Duration) {
        let problem =
            windows.problem
            ?? (delay < .zero || lateness < .zero ? "negative watermark delay or allowed lateness" : nil)
        if let problem {
            context.graph.add(
                SwiftwaterError(
                    .invalidArgument, problem, at: .init(streamOperator: "reduceByEventTime"),
                    remedy: "use whole milliseconds, a length above zero, and a slide of at most the length"))
        }
    }

    @usableFromInline
    func lateNode<Key: StreamKey, Value: Sendable, Record: Sendable>(
        _ state: EventTimeState<Key, Value, Record>
    ) -> DStream<Record> {
        let parent = node
        return DStream<Record>(
            context: context,
            node: StatefulNode(
                kind: "late", slide: parent.slide, parents: [parent], graph: context.graph, context: context.engine,
                partitionCount: 1, state: NoState()
            ) { _ in
                { result in
                    let late = state.late
                    result.fill { _, sink in for element in late { try sink(element) } }
                }
            })
    }
}
