import SwiftwaterCore

// The narrow operators. They are inlinable so that the closures are compiled for the element types of the program that
// uses them: through unspecialized code every element costs several times as much.

extension RDD {
    /// Applies `transform` to every element.
    @inlinable
    public func map<Result: Sendable>(_ transform: @escaping @Sendable (Element) throws -> Result) -> RDD<Result> {
        let compute = compute
        return RDD<Result>(
            context: context, name: "map", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { element in
                let result: Result
                do { result = try transform(element) } catch { throw OperatorFailure.wrap(error, in: "map") }
                try sink(result)
            }
        }
    }

    /// Keeps the elements for which `isIncluded` returns true.
    @inlinable
    public func filter(_ isIncluded: @escaping @Sendable (Element) throws -> Bool) -> RDD<Element> {
        let compute = compute
        return RDD(
            context: context, name: "filter", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { element in
                let isWanted: Bool
                do { isWanted = try isIncluded(element) } catch { throw OperatorFailure.wrap(error, in: "filter") }
                if isWanted { try sink(element) }
            }
        }
    }

    /// Applies `transform` to every element and keeps the results that are not nil.
    @inlinable
    public func compactMap<Result: Sendable>(
        _ transform: @escaping @Sendable (Element) throws -> Result?
    ) -> RDD<Result> {
        let compute = compute
        return RDD<Result>(
            context: context, name: "compactMap", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { element in
                let result: Result?
                do { result = try transform(element) } catch { throw OperatorFailure.wrap(error, in: "compactMap") }
                if let result { try sink(result) }
            }
        }
    }

    /// Applies `transform` to every element and concatenates the results.
    @inlinable
    public func flatMap<Parts: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable (Element) throws -> Parts
    ) -> RDD<Parts.Element> where Parts.Element: Sendable {
        let compute = compute
        return RDD<Parts.Element>(
            context: context, name: "flatMap", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { element in
                let parts: Parts
                do { parts = try transform(element) } catch { throw OperatorFailure.wrap(error, in: "flatMap") }
                // Where the types are known, the casts cost nothing, and no iterator is between.
                if let split = parts as? TextSplit {
                    try split.forEachPart { try sink($0 as! Parts.Element) }
                } else {
                    for part in parts { try sink(part) }
                }
            }
        }
    }

    /// Applies `transform` to the value of every pair; keys stay.
    @inlinable
    public func mapValues<Key: Sendable, Value: Sendable, Result: Sendable>(
        _ transform: @escaping @Sendable (Value) throws -> Result
    ) -> RDD<(Key, Result)> where Element == (Key, Value) {
        let compute = compute
        return RDD<(Key, Result)>(
            context: context, name: "mapValues", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { pair in
                let result: Result
                do { result = try transform(pair.1) } catch { throw OperatorFailure.wrap(error, in: "mapValues") }
                try sink((pair.0, result))
            }
        }
    }

    /// Applies `flatMap` to the values of pairs. Each part is paired with the key of the value it came from.
    @inlinable
    public func flatMapValues<Key: Sendable, Value: Sendable, Parts: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable (Value) throws -> Parts
    ) -> RDD<(Key, Parts.Element)> where Element == (Key, Value), Parts.Element: Sendable {
        let compute = compute
        return RDD<(Key, Parts.Element)>(
            context: context, name: "flatMapValues", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            try compute(partition) { pair in
                let parts: Parts
                do { parts = try transform(pair.1) } catch { throw OperatorFailure.wrap(error, in: "flatMapValues") }
                for part in parts { try sink((pair.0, part)) }
            }
        }
    }

    /// Pairs every element with its key.
    @inlinable
    public func keyBy<Key: Sendable>(_ key: @escaping @Sendable (Element) throws -> Key) -> RDD<(Key, Element)> {
        map { (try key($0), $0) }
    }

    /// Applies `transform` to the elements of each partition, in an array that is in memory during the call.
    @inlinable
    public func mapPartitions<Parts: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable ([Element]) throws -> Parts
    ) -> RDD<Parts.Element> where Parts.Element: Sendable {
        let compute = compute
        return RDD<Parts.Element>(
            context: context, name: "mapPartitions", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            var elements: [Element] = []
            // An element may refer to memory that its parent reuses for the next: a file's block.
            let detacher = Detacher<Element>()
            try compute(partition) { elements.append(detacher.detached($0)) }
            let parts: Parts
            do { parts = try transform(elements) } catch { throw OperatorFailure.wrap(error, in: "mapPartitions") }
            for part in parts { try sink(part) }
        }
    }

    /// Gathers the elements of each partition into one array.
    public func glom() -> RDD<[Element]> { mapPartitions { [$0] } }

    /// Returns a random sample: each element with probability `fraction`, or, with replacement, a number of times from
    /// a Poisson distribution with that mean. The same for the same seed and partitions.
    public func sample(withReplacement: Bool = false, fraction: Double, seed: UInt64) -> RDD<Element> {
        let compute = compute
        return RDD(
            context: context, name: "sample", parents: [lineage], partitionCount: partitionCount
        ) { partition, sink in
            var random = SeededRandom(seed: seed, stream: UInt64(partition))
            try compute(partition) { element in
                if !withReplacement {
                    if random.uniform() < fraction { try sink(element) }
                } else {
                    for _ in 0..<random.poisson(mean: fraction) { try sink(element) }
                }
            }
        }
    }

    /// Pairs every element with its index, counted from 0 in the order of the partitions. Counts the elements first if
    /// there is more than one partition.
    public func zipWithIndex() -> RDD<(Element, Int)> {
        let parent = self
        let starts = Materialized<[Int]>()
        let lineage = Lineage(
            context: context, name: "zipWithIndex", parents: [lineage], partitionCount: partitionCount,
            materialize: {
                try starts.fill {
                    var starts = [0]
                    guard parent.partitionCount > 1 else { return starts }
                    for count in try parent.partitionCounts() { starts.append(starts.last! + count) }
                    return starts
                }
            }, isShuffle: false)
        return RDD<(Element, Int)>(lineage: lineage, context: context) { [compute] partition, sink in
            var index = starts.value[partition]
            try compute(partition) {
                try sink(($0, index))
                index += 1
            }
        }
    }

    /// Merges neighboring partitions into at most `partitions`. No elements are moved.
    public func coalesce(_ partitions: Int) -> RDD<Element> {
        let (compute, all) = (compute, partitionCount)
        let count = max(1, min(partitions, all))
        return RDD(context: context, name: "coalesce", parents: [lineage], partitionCount: count) { partition, sink in
            for index in (all * partition / count)..<(all * (partition + 1) / count) { try compute(index, sink) }
        }
    }

    /// Distributes the elements over `partitions` partitions, round-robin.
    public func repartition(_ partitions: Int) -> RDD<Element> {
        let parent = self
        let count = max(1, partitions)
        let output = Materialized<[[Element]]>()
        let lineage = Lineage(
            context: context, name: "repartition", parents: [lineage], partitionCount: count,
            materialize: { try output.fill { try parent.collectPartitions() } })
        return RDD(lineage: lineage, context: context) { partition, sink in
            var index = 0
            for elements in output.value {
                // The first element of this array that belongs to this partition.
                var next = (partition - index % count + count) % count
                while next < elements.count {
                    try sink(elements[next])
                    next += count
                }
                index += elements.count
            }
        }
    }

    /// Returns these elements and then those of `other`, including duplicates.
    public func union(_ other: RDD<Element>) -> RDD<Element> { context.union([self, other]) }
}
