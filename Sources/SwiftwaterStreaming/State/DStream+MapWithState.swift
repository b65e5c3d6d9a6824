import SwiftwaterCore

extension DStream {
    /// Keeps a state for each key, which the function reads and changes for each new value of the key. Only the keys of
    /// a batch are visited: O(values of the batch).
    ///
    /// ```swift
    /// let sums = pairs.mapWithState(timeout: .seconds(60)) { (key, value: Int?, state: inout KeyState<Int>) in
    ///     guard let value else { return (key, "idle") }
    ///     state.update((state.value ?? 0) + value)
    ///     return (key, "\(state.value!)")
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - initial: the initial states.
    ///   - timeout: a key that had no value for longer than this is removed. The function is called once more for it,
    ///     without a value and with `isTimingOut`.
    ///   - function: the value that it returns goes into the stream; nil adds nothing.
    @inlinable
    public func mapWithState<Key: StreamKey, Value: Sendable, State: Sendable, Output: Sendable>(
        initial: [(Key, State)] = [], timeout: Duration? = nil,
        _ function: @escaping @Sendable (Key, Value?, inout KeyState<State>) throws -> Output?
    ) -> StatefulStreams<Key, State, Output> where Element == (Key, Value) {
        let state = MappedState<Key, Value, State>(context: context.engine, timeout: timeout, initial: initial)
        let grouped = derive(named: "groupByKey") { [parts = partitionsBeforeState] rdd, _ in
            rdd.groupByKey(partitions: parts)
        }
        let mapped: DStream<Output> = grouped.stateNode(
            "mapWithState", detail: timeout.map { "timeout \($0.label)" } ?? "", state: state
        ) { rdd, time in
            let outputs = try state.advance(with: rdd, time: time, function)
            return { shard, sink in for output in outputs[shard] { try sink(output) } }
        }
        return StatefulStreams(mapped: mapped) { mapped.snapshotNode(state) }
    }

    @usableFromInline
    func snapshotNode<Key: StreamKey, Value: Sendable, State: Sendable>(
        _ state: MappedState<Key, Value, State>
    ) -> DStream<(Key, State)> {
        let parent = node
        return DStream<(Key, State)>(
            context: context,
            node: StatefulNode(
                kind: "stateSnapshots", slide: parent.slide, parents: [parent], graph: context.graph,
                context: context.engine, partitionCount: WindowAggregateShape.shards, state: NoState()
            ) { _ in
                { result in
                    let shards = state.snapshot()
                    result.fill { shard, sink in for entry in shards[shard] { try sink((entry.key, entry.state)) } }
                }
            })
    }
}
