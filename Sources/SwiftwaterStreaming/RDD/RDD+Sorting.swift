import SwiftwaterCore

extension RDD {
    /// Sorts the elements by `key`, range-partitioned. Elements with equal keys keep their order, in either direction.
    ///
    /// O(n log n), on all threads. What does not fit into memory is sorted on disk. NaN keys have no order: filter them
    /// out first.
    @inlinable
    public func sorted<Key: Comparable & Sendable>(
        by key: @escaping @Sendable (Element) throws -> Key, ascending: Bool = true
    ) -> RDD<Element> {
        sorted(by: key, named: "sorted") { ascending ? $0.key < $1.key : $1.key < $0.key }
    }

    /// Sorts pairs by `key`. Pairs with equal keys are in ascending order of their first part, so the result does not
    /// depend on the order of the input.
    @inlinable
    public func sorted<PairKey: StreamKey, Value: Sendable, Key: Comparable & Sendable>(
        by key: @escaping @Sendable (Element) throws -> Key, ascending: Bool = true
    ) -> RDD<Element> where Element == (PairKey, Value) {
        sorted(by: key, named: "sorted") { left, right in
            if left.key < right.key { return ascending }
            if right.key < left.key { return !ascending }
            return left.element.0.precedes(right.element.0)
        }
    }

    /// Same as `sorted(by:ascending:)`, under Spark's name.
    @inlinable
    public func sortBy<Key: Comparable & Sendable>(
        _ key: @escaping @Sendable (Element) throws -> Key, ascending: Bool = true
    ) -> RDD<Element> { sorted(by: key, ascending: ascending) }

    /// Sorts pairs by their keys. Pairs with equal keys keep their order.
    @inlinable
    public func sortByKey<Key: Comparable & Sendable, Value: Sendable>(ascending: Bool = true) -> RDD<Element>
    where Element == (Key, Value) {
        sorted(by: { $0.0 }, named: "sortByKey") { ascending ? $0.key < $1.key : $1.key < $0.key }
    }

    @inlinable
    func sorted<Key: Sendable>(
        by key: @escaping @Sendable (Element) throws -> Key, named name: String,
        areInOrder: @escaping @Sendable (Keyed<Key, Element>, Keyed<Key, Element>) -> Bool
    ) -> RDD<Element> {
        let parent = self
        let context = context
        let parts = max(1, context.defaultParallelism)
        let output = Materialized<SortOutput<Key, Element>>()
        let lineage = Lineage(
            context: context, name: name, parents: [lineage], partitionCount: parts,
            materialize: {
                try output.fill {
                    let runs = Slots<SortWriter<Key, Element>>(count: parent.partitionCount)
                    let detacher = UncheckedBox(Detacher<Element>())
                    let spill = context.spillSettings
                    try context.runTasks(count: parent.partitionCount, of: name) { partition in
                        let writer = SortWriter<Key, Element>(spill: spill, name: name, areInOrder: areInOrder)
                        try parent.compute(partition) { element in
                            let element = detacher.value.detached(element)
                            let itsKey: Key
                            do { itsKey = try key(element) } catch { throw OperatorFailure.wrap(error, in: name) }
                            try writer.append(Keyed(key: itsKey, element: element))
                        }
                        writer.run.sort(by: areInOrder)
                        runs.set(partition, writer)
                    }
                    // The merge is a closure made here, where the types of the program are known.
                    return try SortOutput(
                        runs.all, parts: parts, context: context, name: name, key: key, areInOrder: areInOrder
                    ) { mergeRuns($0, areInOrder) }
                }
            })
        return RDD(lineage: lineage, context: context) { partition, sink in
            let output = output.value
            guard let inMemory = output.inMemory else { return try output.pushFromFile(partition, sink) }
            for keyed in inMemory[partition] { try sink(keyed.element) }
        }
    }
}
