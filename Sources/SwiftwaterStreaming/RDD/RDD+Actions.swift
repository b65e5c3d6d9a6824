import SwiftwaterCore

extension RDD {
    /// Returns all elements, in the order of the partitions. They are copied out of the blocks they came from.
    public func collect() throws -> [Element] {
        let parts = try collectPartitions()
        return parts.count == 1 ? parts[0] : parts.flatMap { $0 }
    }

    /// Returns all elements, one array per partition.
    @usableFromInline
    func collectPartitions() throws -> [[Element]] {
        let results = Slots<[Element]>(count: partitionCount)
        let detacher = UncheckedBox(Detacher<Element>())
        try context.runJob(lineage) { [compute] partition in
            var elements: [Element] = []
            try compute(partition) { elements.append(detacher.value.detached($0)) }
            results.set(partition, elements)
        }
        return results.all
    }

    /// Returns the number of elements.
    public func count() throws -> Int { try partitionCounts().reduce(0, +) }

    func partitionCounts() throws -> [Int] {
        let results = Slots<Int>(count: partitionCount)
        try context.runJob(lineage) { [compute] partition in
            var count = 0
            try compute(partition) { _ in count += 1 }
            results.set(partition, count)
        }
        return results.all
    }

    /// Returns the first `limit` elements. Partitions are computed one after the other, and no more of them than
    /// needed.
    public func take(_ limit: Int) throws -> [Element] {
        guard limit > 0 else { return [] }
        try lineage.prepare()
        var taken: [Element] = []
        let detacher = Detacher<Element>()
        for partition in 0..<partitionCount where taken.count < limit {
            let found = Slots<[Element]>(count: 1)
            let wanted = limit - taken.count
            let box = UncheckedBox(detacher)
            try context.runTasks(count: 1, of: lineage.name) { [compute] _ in
                var elements: [Element] = []
                do {
                    try compute(partition) {
                        elements.append(box.value.detached($0))
                        if elements.count == wanted { throw JobCancellation() }
                    }
                } catch is JobCancellation {}
                found.set(0, elements)
            }
            taken += found.all[0]
        }
        return taken
    }

    /// Returns the first element, or nil if there is none.
    public func first() throws -> Element? { try take(1).first }

    /// Calls `body` with every element. Partitions run in parallel on the threads of the context.
    public func forEach(_ body: @escaping @Sendable (Element) throws -> Void) throws {
        try context.runJob(lineage) { [compute] partition in try compute(partition, body) }
    }

    /// Calls `body` with each partition's number and elements, in parallel on the threads of the context.
    public func forEachPartition(_ body: @escaping @Sendable (Int, [Element]) throws -> Void) throws {
        let detacher = UncheckedBox(Detacher<Element>())
        try context.runJob(lineage) { [compute] partition in
            var elements: [Element] = []
            try compute(partition) { elements.append(detacher.value.detached($0)) }
            try body(partition, elements)
        }
    }

    /// Combines all elements, within each partition first and then in the order of the partitions. Returns nil if there
    /// are none.
    ///
    /// - Parameter combine: must be associative.
    @inlinable
    public func reduce(_ combine: @escaping @Sendable (Element, Element) throws -> Element) throws -> Element? {
        try aggregate(
            Element?.none, add: { sum, element in sum = try sum.map { try combine($0, element) } ?? element },
            merge: { left, right in
                guard let right else { return }
                left = try left.map { try combine($0, right) } ?? right
            })
    }

    /// Combines all elements like `reduce`, starting with `zero` in each partition and once more for all.
    @inlinable
    public func fold(
        _ zero: Element, _ combine: @escaping @Sendable (Element, Element) throws -> Element
    ) throws -> Element {
        try aggregate(zero, add: { $0 = try combine($0, $1) }, merge: { $0 = try combine($0, $1) })
    }

    /// Combines all elements into another type. `add` takes one element, starting with `zero` in each partition;
    /// `merge` joins the partitions in order, starting with `zero`.
    @inlinable
    public func aggregate<Result: Sendable>(
        _ zero: Result, add: @escaping @Sendable (inout Result, Element) throws -> Void,
        merge: (inout Result, Result) throws -> Void
    ) throws -> Result {
        let results = Slots<Result>(count: partitionCount)
        let detacher = UncheckedBox(Detacher<Element>())
        try context.runJob(lineage) { [compute] partition in
            var result = zero
            try compute(partition) { try add(&result, detacher.value.detached($0)) }
            results.set(partition, result)
        }
        var total = zero
        for result in results.all { try merge(&total, result) }
        return total
    }

    /// Returns the `limit` greatest elements, greatest first. O(n log limit) time, O(limit) memory per partition.
    public func top(_ limit: Int) throws -> [Element] where Element: Comparable {
        try takeOrdered(limit) { $0 > $1 }
    }

    /// Returns the `limit` smallest elements, smallest first.
    public func takeOrdered(_ limit: Int) throws -> [Element] where Element: Comparable {
        try takeOrdered(limit) { $0 < $1 }
    }

    /// Returns the first `limit` elements in the order of `areInOrder`. Of equal elements, those that come first.
    public func takeOrdered(
        _ limit: Int, by areInOrder: @escaping @Sendable (Element, Element) -> Bool
    ) throws -> [Element] {
        guard limit > 0 else { return [] }
        let best: [[Element]] = try aggregate(
            [[]],
            add: { best, element in
                // Twice as many are kept, and cut back when the array is full: amortized O(log limit).
                best[0].append(element)
                if best[0].count >= 2 * limit + 64 { best[0] = stablePrefix(best[0], limit, areInOrder) }
            }, merge: { $0[0] = stablePrefix($0[0] + $1[0], limit, areInOrder) })
        return best[0]
    }

    /// Returns an RDD of one element, the number of elements here, which are counted when it is read.
    func counted() -> RDD<Int> {
        let parent = self
        return RDD<Int>.single(named: "count", parent: lineage, context: context) { try parent.count() }
    }

    /// Returns an RDD of the one element that `make` returns, or of none. `make` runs when the RDD is read.
    @usableFromInline
    static func single(
        named name: String, parent: Lineage, context: Context, _ make: @escaping @Sendable () throws -> Element?
    ) -> RDD<Element> {
        let output = Materialized<Element?>()
        let lineage = Lineage(
            context: context, name: name, parents: [parent], partitionCount: 1,
            materialize: { try output.fill { try make() } })
        return RDD<Element>(lineage: lineage, context: context) { _, sink in
            if let value = output.value { try sink(value) }
        }
    }
}

/// Returns the first `limit` elements in order. Of equal elements, those that come first.
private func stablePrefix<Element>(
    _ elements: [Element], _ limit: Int, _ areInOrder: (Element, Element) -> Bool
) -> [Element] { Array(mergeRuns(elements.map { [$0][...] }, areInOrder).prefix(limit)) }

extension RDD where Element: StreamKey {
    /// Returns how often each element occurs, in order of hash and element.
    @inlinable
    public func countByValue() throws -> [(Element, Int)] { try countedByValue().collect() }
}

extension RDD {
    /// Returns the number of pairs of each key, in order of hash and key.
    @inlinable
    public func countByKey<Key: StreamKey, Value: Sendable>() throws -> [(Key, Int)] where Element == (Key, Value) {
        try keys().countByValue()
    }
}
