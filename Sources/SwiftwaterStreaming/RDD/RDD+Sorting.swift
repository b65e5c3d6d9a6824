import SwiftwaterCore

extension RDD {
    /// The elements in order of `key`. Elements with equal keys stay in the order they had, whatever the direction.
    ///
    /// O(n log n), on all threads but for the last merge. NaN keys have no order: filter them out first.
    public func sorted<Key: Comparable & Sendable>(
        by key: @escaping @Sendable (Element) throws -> Key, ascending: Bool = true
    ) -> RDD<Element> {
        sorted(by: key) { ascending ? $0.key < $1.key : $1.key < $0.key }
    }

    /// Pairs in order of `key`; those with equal keys in ascending order of the pairs' first part, so that the result does
    /// not depend on the order of the input.
    public func sorted<PairKey: StreamKey, Value: Sendable, Key: Comparable & Sendable>(
        by key: @escaping @Sendable (Element) throws -> Key, ascending: Bool = true
    ) -> RDD<Element> where Element == (PairKey, Value) {
        sorted(by: key) { left, right in
            if left.key < right.key { return ascending }
            if right.key < left.key { return !ascending }
            return left.element.0.precedes(right.element.0)
        }
    }

    private func sorted<Key: Sendable>(
        by key: @escaping @Sendable (Element) throws -> Key,
        areInOrder: @escaping @Sendable (Keyed<Key, Element>, Keyed<Key, Element>) -> Bool
    ) -> RDD<Element> {
        let parent = self
        let context = context
        let parts = max(1, context.defaultParallelism)
        let output = Materialized<[Keyed<Key, Element>]>()
        let lineage = Lineage(
            context: context, name: "sorted", parents: [lineage], partitionCount: parts,
            materialize: {
                try output.fill {
                    let runs = Slots<[Keyed<Key, Element>]>(count: parent.partitionCount)
                    let detacher = UncheckedBox(Detacher<Element>())
                    try context.runTasks(count: parent.partitionCount, of: "sorted") { partition in
                        var run: [Keyed<Key, Element>] = []
                        try parent.compute(partition) { element in
                            let element = detacher.value.detached(element)
                            do { run.append(Keyed(key: try key(element), element: element)) } catch {
                                throw OperatorFailure.wrap(error, in: "sorted")
                            }
                        }
                        run.sort(by: areInOrder)
                        runs.set(partition, run)
                    }
                    return mergeRuns(runs.all, areInOrder)
                }
            })
        return RDD(lineage: lineage, context: context) { partition, sink in
            let all = output.value
            for index in all.range(ofPart: partition, of: parts) { try sink(all[index].element) }
        }
    }
}

struct Keyed<Key: Sendable, Element: Sendable>: Sendable {
    var key: Key
    var element: Element
}

/// Merges sorted runs two by two; of equal elements those of the earlier run come first. O(n log runs).
func mergeRuns<Element>(_ runs: [[Element]], _ areInOrder: (Element, Element) -> Bool) -> [Element] {
    var runs = runs.filter { !$0.isEmpty }
    while runs.count > 1 {
        runs = stride(from: 0, to: runs.count, by: 2).map { index in
            guard index + 1 < runs.count else { return runs[index] }
            let (left, right) = (runs[index], runs[index + 1])
            var merged: [Element] = []
            merged.reserveCapacity(left.count + right.count)
            var (i, j) = (0, 0)
            while i < left.count && j < right.count {
                if areInOrder(right[j], left[i]) {
                    merged.append(right[j])
                    j += 1
                } else {
                    merged.append(left[i])
                    i += 1
                }
            }
            merged.append(contentsOf: left[i...])
            merged.append(contentsOf: right[j...])
            return merged
        }
    }
    return runs.first ?? []
}
