import SwiftwaterCore

extension RDD {
    /// All elements, in the order of the partitions. They are copied out of the blocks they came from.
    public func collect() throws -> [Element] {
        let results = Slots<[Element]>(count: partitionCount)
        let detacher = UncheckedBox(Detacher<Element>())
        try context.runJob(lineage) { [compute] partition in
            var elements: [Element] = []
            try compute(partition) { elements.append(detacher.value.detached($0)) }
            results.set(partition, elements)
        }
        return results.all.flatMap { $0 }
    }

    /// How many elements there are.
    public func count() throws -> Int {
        let results = Slots<Int>(count: partitionCount)
        try context.runJob(lineage) { [compute] partition in
            var count = 0
            try compute(partition) { _ in count += 1 }
            results.set(partition, count)
        }
        return results.all.reduce(0, +)
    }

    /// The first `limit` elements. Partitions are computed one after the other, and no more of them than needed.
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

    /// The first element, or nil where there is none.
    public func first() throws -> Element? { try take(1).first }

    /// Calls `body` with every element, partitions side by side on the threads of the context.
    public func forEach(_ body: @escaping @Sendable (Element) throws -> Void) throws {
        try context.runJob(lineage) { [compute] partition in try compute(partition, body) }
    }

    /// An RDD of one element, the number of elements here; counted when it is read.
    func counted() -> RDD<Int> {
        let parent = self
        let output = Materialized<Int>()
        let lineage = Lineage(
            context: context, name: "count", parents: [lineage], partitionCount: 1,
            materialize: { try output.fill { try parent.count() } })
        return RDD<Int>(lineage: lineage, context: context) { _, sink in try sink(output.value) }
    }
}
