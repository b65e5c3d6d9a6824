import SwiftwaterCore

extension DStream {
    /// Computes an aggregate of the values of each key of a batch.
    ///
    /// If this stream is a window, or map, flatMap, and filter of one, each batch is aggregated once, and windows
    /// combine the batches: by subtracting those that leave if the aggregate has an inverse, otherwise with two stacks.
    @inlinable
    public func aggregateByKey<Key: StreamKey, Aggregate: KeyedAggregate>(
        _ aggregate: Aggregate
    ) -> DStream<(Key, Aggregate.Output)> where Element == (Key, Aggregate.Input) {
        aggregated(aggregate, named: "aggregateByKey")
    }

    /// Computes two aggregates of the values of each key in one pass.
    @inlinable
    public func aggregateByKey<Key: StreamKey, First: KeyedAggregate, Second: KeyedAggregate>(
        _ first: First, _ second: Second
    ) -> DStream<(Key, (First.Output, Second.Output))>
    where Element == (Key, First.Input), First.Input == Second.Input {
        aggregated(PairAggregate(first, second), named: "aggregateByKey")
    }

    /// Computes three aggregates of the values of each key in one pass.
    @inlinable
    public func aggregateByKey<
        Key: StreamKey, First: KeyedAggregate, Second: KeyedAggregate, Third: KeyedAggregate
    >(
        _ first: First, _ second: Second, _ third: Third
    ) -> DStream<(Key, (First.Output, Second.Output, Third.Output))>
    where Element == (Key, First.Input), First.Input == Second.Input, First.Input == Third.Input {
        aggregated(PairAggregate(PairAggregate(first, second), third), named: "aggregateByKey")
            .mapValues { ($0.0.0, $0.0.1, $0.1) }
    }

    /// Counts the pairs of each key.
    @inlinable
    public func countByKey<Key: StreamKey, Value: Sendable>() -> DStream<(Key, Int)> where Element == (Key, Value) {
        aggregated(CountAggregate<Value>(), named: "countByKey")
    }

    /// Adds up the values of each key.
    @inlinable
    public func sumByKey<Key: StreamKey, Value: AdditiveArithmetic & StreamCodable>() -> DStream<(Key, Value)>
    where Element == (Key, Value) {
        aggregated(SumAggregate<Value>(), named: "sumByKey")
    }

    /// Computes the mean of the values of each key.
    @inlinable
    public func meanByKey<Key: StreamKey>() -> DStream<(Key, Double)> where Element == (Key, Double) {
        aggregated(MeanAggregate(), named: "meanByKey")
    }

    /// Computes the mean of the values of each key.
    @inlinable
    public func meanByKey<Key: StreamKey>() -> DStream<(Key, Double)> where Element == (Key, Int) {
        mapValues { Double($0) }.aggregated(MeanAggregate(), named: "meanByKey")
    }

    /// Finds the smallest value of each key.
    @inlinable
    public func minByKey<Key: StreamKey, Value: Comparable & StreamCodable>() -> DStream<(Key, Value)>
    where Element == (Key, Value) {
        aggregated(MinimumAggregate<Value>(), named: "minByKey")
    }

    /// Finds the largest value of each key.
    @inlinable
    public func maxByKey<Key: StreamKey, Value: Comparable & StreamCodable>() -> DStream<(Key, Value)>
    where Element == (Key, Value) {
        aggregated(MaximumAggregate<Value>(), named: "maxByKey")
    }

    /// Finds the `limit` largest values of each key, largest first.
    @inlinable
    public func topByKey<Key: StreamKey, Value: Comparable & StreamCodable>(_ limit: Int) -> DStream<(Key, [Value])>
    where Element == (Key, Value) {
        aggregated(TopAggregate<Value>(limit), named: "topByKey")
    }

    /// Counts the distinct values of each key: exactly up to 64, then by an estimate (`DistinctAggregate`).
    @inlinable
    public func distinctByKey<Key: StreamKey, Value: StreamCodable>() -> DStream<(Key, Int)>
    where Element == (Key, Value) {
        aggregated(DistinctAggregate<Value>(), named: "distinctByKey")
    }

    @inlinable
    func aggregated<Key: StreamKey, Aggregate: KeyedAggregate>(
        _ aggregate: Aggregate, named name: String
    ) -> DStream<(Key, Aggregate.Output)> where Element == (Key, Aggregate.Input) {
        let plain = derive(named: name) { rdd, _ in
            rdd.aggregatedStates(aggregate, named: name, partitions: nil)
        }
        let states = overWindow(plain) { base, length, slide, written in
            base.derive(named: name) { [parts = base.partitionsBeforeState] rdd, _ in
                rdd.aggregatedStates(aggregate, named: name, partitions: parts)
            }
            .windowedReduce(
                name + "AndWindow", length: length, slide: slide,
                combine: { left, right in
                    var state = left
                    aggregate.merge(right, into: &state)
                    return state
                }, inverse: aggregate.inverse, written: written)
        }
        return states.mapValues { aggregate.result($0) }
    }
}
