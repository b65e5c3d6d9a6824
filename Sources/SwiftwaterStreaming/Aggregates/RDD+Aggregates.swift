import SwiftwaterCore

extension RDD {
    /// Computes an aggregate of the values of each key, within each task first, then across tasks.
    ///
    /// The order is that of `reduceByKey`.
    @inlinable
    public func aggregateByKey<Key: StreamKey, Aggregate: KeyedAggregate>(
        _ aggregate: Aggregate, partitions: Int? = nil
    ) -> RDD<(Key, Aggregate.Output)> where Element == (Key, Aggregate.Input) {
        aggregatedStates(aggregate, named: "aggregateByKey", partitions: partitions).mapValues { aggregate.result($0) }
    }

    /// Computes two aggregates of the values of each key in one pass.
    @inlinable
    public func aggregateByKey<Key: StreamKey, First: KeyedAggregate, Second: KeyedAggregate>(
        _ first: First, _ second: Second, partitions: Int? = nil
    ) -> RDD<(Key, (First.Output, Second.Output))>
    where Element == (Key, First.Input), First.Input == Second.Input {
        aggregateByKey(PairAggregate(first, second), partitions: partitions)
    }

    /// Computes three aggregates of the values of each key in one pass.
    @inlinable
    public func aggregateByKey<
        Key: StreamKey, First: KeyedAggregate, Second: KeyedAggregate, Third: KeyedAggregate
    >(
        _ first: First, _ second: Second, _ third: Third, partitions: Int? = nil
    ) -> RDD<(Key, (First.Output, Second.Output, Third.Output))>
    where Element == (Key, First.Input), First.Input == Second.Input, First.Input == Third.Input {
        aggregateByKey(PairAggregate(PairAggregate(first, second), third), partitions: partitions)
            .mapValues { ($0.0.0, $0.0.1, $0.1) }
    }

    /// Adds up the values of each key.
    @inlinable
    public func sumByKey<Key: StreamKey, Value: AdditiveArithmetic & StreamCodable>() -> RDD<(Key, Value)>
    where Element == (Key, Value) {
        aggregateByKey(SumAggregate<Value>())
    }

    /// Computes the mean of the values of each key.
    @inlinable
    public func meanByKey<Key: StreamKey>() -> RDD<(Key, Double)> where Element == (Key, Double) {
        aggregateByKey(MeanAggregate())
    }

    /// Computes the mean of the values of each key.
    @inlinable
    public func meanByKey<Key: StreamKey>() -> RDD<(Key, Double)> where Element == (Key, Int) {
        mapValues { Double($0) }.aggregateByKey(MeanAggregate())
    }

    /// Finds the smallest value of each key.
    @inlinable
    public func minByKey<Key: StreamKey, Value: Comparable & StreamCodable>() -> RDD<(Key, Value)>
    where Element == (Key, Value) {
        aggregateByKey(MinimumAggregate<Value>())
    }

    /// Finds the largest value of each key.
    @inlinable
    public func maxByKey<Key: StreamKey, Value: Comparable & StreamCodable>() -> RDD<(Key, Value)>
    where Element == (Key, Value) {
        aggregateByKey(MaximumAggregate<Value>())
    }

    /// Finds the `limit` largest values of each key, largest first.
    @inlinable
    public func topByKey<Key: StreamKey, Value: Comparable & StreamCodable>(_ limit: Int) -> RDD<(Key, [Value])>
    where Element == (Key, Value) {
        aggregateByKey(TopAggregate<Value>(limit))
    }

    /// Counts the distinct values of each key: exactly up to 64, then by an estimate.
    @inlinable
    public func distinctByKey<Key: StreamKey, Value: StreamCodable>() -> RDD<(Key, Int)>
    where Element == (Key, Value) {
        aggregateByKey(DistinctAggregate<Value>())
    }

    /// Returns the state of each key.
    @inlinable
    func aggregatedStates<Key: StreamKey, Aggregate: KeyedAggregate>(
        _ aggregate: Aggregate, named name: String, partitions: Int?
    ) -> RDD<(Key, Aggregate.State)> where Element == (Key, Aggregate.Input) {
        let detacher = UncheckedBox(Detacher<Aggregate.Input>())
        let feed = ShuffleFeed<Key, Aggregate.State>(partitionCount: partitionCount) { [compute] partition, writer in
            try compute(partition) { key, value in
                let value = Aggregate.keepsValues ? detacher.value.detached(value) : value
                try writer.add(
                    key,
                    create: {
                        var state = aggregate.initial
                        aggregate.add(value, to: &state)
                        return state
                    }
                ) { aggregate.add(value, to: &$0) }
            }
        }
        return RDD<(Key, Aggregate.State)>.shuffled(
            named: name, context: context, parents: [lineage], partitions: partitions, feeds: [feed]
        ) { aggregate.merge($1, into: &$0) }
    }
}
