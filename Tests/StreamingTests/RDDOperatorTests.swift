import Logging
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

/// Compares every RDD operator with plain Swift on arrays, for several partitionings and thread counts.
@Suite struct RDDOperatorTests {
    private func context(threads: Int = 2, settings: ContextSettings = ContextSettings()) -> Context {
        Context(
            master: .local(threads: threads), appName: "tests",
            logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }), settings: settings)
    }

    private func pairs(_ count: Int, seed: UInt64) -> [(Text, Int)] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in (Text("key number \(random.below(50))"), random.below(100) - 50) }
    }

    private func grouped(_ pairs: [(Text, Int)]) -> [Text: [Int]] {
        pairs.reduce(into: [:]) { $0[$1.0, default: []].append($1.1) }
    }

    @Test(arguments: [(1, 1), (2, 3), (3, 8), (8, 40)])
    func byKeyOperatorsEqualPlainSwift(threads: Int, partitions: Int) throws {
        let context = context(threads: threads)
        let (left, right) = (pairs(500, seed: 1), Array(pairs(60, seed: 2).prefix(25)))
        let (a, b) = (context.parallelize(left, partitions: partitions), context.parallelize(right, partitions: 2))
        let (groupsA, groupsB) = (grouped(left), grouped(right))

        #expect(Dictionary(uniqueKeysWithValues: try a.groupByKey().collect()) == groupsA)
        #expect(Dictionary(uniqueKeysWithValues: try a.reduceByKey(max).collect()) == groupsA.mapValues { $0.max()! })
        let sums = try a.aggregateByKey(
            (0, 0), add: { $0 = ($0.0 + $1, $0.1 + 1) }, merge: { $0 = ($0.0 + $1.0, $0.1 + $1.1) }
        )
        .mapValues { "\($0.0)/\($0.1)" }.collect()
        #expect(Dictionary(uniqueKeysWithValues: sums) == groupsA.mapValues { "\($0.reduce(0, +))/\($0.count)" })
        let joined = Set(try a.join(b).collect().map { "\($0.0) \($0.1.0) \($0.1.1)" })
        #expect(joined == Set(left.flatMap { l in right.filter { $0.0 == l.0 }.map { "\(l.0) \(l.1) \($0.1)" } }))
        let leftOuter = try a.leftOuterJoin(b).collect().map { "\($0.0) \($0.1.0) \($0.1.1.map(String.init) ?? "-")" }
        let expectedLeft = left.flatMap { l in
            (groupsB[l.0] ?? []).isEmpty ? ["\(l.0) \(l.1) -"] : groupsB[l.0]!.map { "\(l.0) \(l.1) \($0)" }
        }
        #expect(leftOuter.sorted() == expectedLeft.sorted())
        let rightOuter = try b.rightOuterJoin(a).collect().map { "\($0.0) \($0.1.1) \($0.1.0.map(String.init) ?? "-")" }
        #expect(rightOuter.sorted() == expectedLeft.sorted())
        #expect(try a.fullOuterJoin(b).count() == expectedLeft.count + right.filter { groupsA[$0.0] == nil }.count)
        let cogroups = try a.cogroup(b).collect()
        #expect(cogroups.count == Set(groupsA.keys).union(groupsB.keys).count)
        for (key, values) in cogroups { #expect(values.0 == groupsA[key] ?? [] && values.1 == groupsB[key] ?? []) }
        let kept = left.filter { groupsB[$0.0] == nil }.map { "\($0)" }
        #expect(try a.subtractByKey(b).collect().map { "\($0)" }.sorted() == kept.sorted())
        #expect(try a.keys().countByValue().map(\.1).reduce(0, +) == 500)
        #expect(Dictionary(uniqueKeysWithValues: try a.countByKey()) == groupsA.mapValues(\.count))
        #expect(try a.sortByKey().collect().map(\.0) == left.map(\.0).sorted())
    }

    @Test(arguments: [1, 3, 7])
    func elementOperatorsEqualPlainSwift(partitions: Int) throws {
        let context = context()
        var random = SeededRandom(seed: 9)
        let numbers = (0..<300).map { _ in random.below(40) }
        let rdd = context.parallelize(numbers, partitions: partitions)
        let other = context.parallelize([3, 5, 5, 90])
        #expect(try Set(rdd.distinct().collect()) == Set(numbers))
        #expect(try rdd.distinct().count() == Set(numbers).count)
        #expect(try rdd.intersection(other).collect().sorted() == [3, 5].filter(numbers.contains))
        #expect(try rdd.subtract(other).collect().sorted() == numbers.filter { $0 != 3 && $0 != 5 }.sorted())
        #expect(try rdd.zipWithIndex().collect().map { "\($0)" } == numbers.enumerated().map { "(\($1), \($0))" })
        #expect(try rdd.coalesce(2).collect() == numbers)
        #expect(rdd.coalesce(2).partitionCount == min(2, partitions))
        #expect(try rdd.repartition(5).collect().sorted() == numbers.sorted())
        #expect(try rdd.repartition(5).glom().collect().map(\.count) == [60, 60, 60, 60, 60])
        #expect(try rdd.keyBy { $0 % 2 }.flatMapValues { [$0, $0] }.count() == 600)
        #expect(try rdd.mapPartitions { [$0.reduce(0, +)] }.collect().reduce(0, +) == numbers.reduce(0, +))
        #expect(try rdd.reduce(+) == numbers.reduce(0, +))
        #expect(try context.parallelize([Int]()).reduce(+) == nil)
        #expect(try rdd.fold(0, +) == numbers.reduce(0, +))
        #expect(
            try rdd.aggregate("", add: { $0 += "\($1)," }, merge: { $0 += $1 }) == numbers.map { "\($0)," }.joined())
        #expect(try rdd.top(7) == Array(numbers.sorted(by: >).prefix(7)))
        #expect(try rdd.takeOrdered(7) == Array(numbers.sorted().prefix(7)))
        #expect(try rdd.sortBy({ -$0 }).collect() == numbers.sorted(by: >))
        let sample = try rdd.sample(fraction: 0.5, seed: 4).collect()
        #expect((100...200).contains(sample.count))
        #expect(try rdd.sample(fraction: 0.5, seed: 4).collect() == sample)
        #expect((450...750).contains(try rdd.sample(withReplacement: true, fraction: 2, seed: 4).count()))
        let seen = Collected<Int>()
        try rdd.forEachPartition { _, elements in seen.append(elements.count) }
        #expect(seen.all.count == partitions && seen.all.reduce(0, +) == 300)
    }

    /// Data that does not fit in memory is spilled to disk, and the result is the same, pair for pair.
    @Test func shufflesAndSortsThatSpillGiveTheSame() throws {
        var tight = ContextSettings()
        tight.shuffleMemoryMaxBytes = 16 * 20_000
        let (roomy, small) = (context(), context(settings: tight))
        var random = SeededRandom(seed: 3)
        let data = (0..<40_000).map { _ in
            (Text("a long key of which there are many \(random.below(9000))"), random.below(10))
        }
        func run(_ context: Context) throws -> [[String]] {
            let rdd = context.parallelize(data, partitions: 6)
            return [
                try rdd.reduceByKey(+).collect().map { "\($0)" }, try rdd.groupByKey().collect().map { "\($0)" },
                try rdd.sorted(by: { $0.1 }).collect().map { "\($0)" },
                try rdd.map { $0.0 }.sorted(by: { $0 }, ascending: false).collect().map { "\($0)" },
            ]
        }
        #expect(try run(roomy) == run(small))
        #expect(roomy.spilledBytes == 0)
        #expect(small.spilledBytes > 1_000_000)
    }

    @Test func whatCannotBeSpilledSaysSo() throws {
        struct Opaque: Sendable {}
        var tight = ContextSettings()
        tight.shuffleMemoryMaxBytes = 16 * 2000
        let rdd = context(settings: tight).parallelize((0..<5000).map { ($0, Opaque()) }, partitions: 1)
        let error = #expect(throws: SwiftwaterError.self) { try rdd.groupByKey().collect() }
        #expect(error?.message.contains("Opaque") == true && error?.location?.streamOperator == "groupByKey")
    }

    @Test func lostCachedPartitionsAreComputedAgain() throws {
        let context = context(threads: 1)
        let computed = Collected<Int>()
        let rdd = context.parallelize(Array(0..<40), partitions: 4)
            .mapPartitions { part in
                computed.append(part[0])
                return part
            }.persist()
        #expect(try rdd.collect() == Array(0..<40))
        #expect(try rdd.count() == 40)
        #expect(computed.all == [0, 10, 20, 30] && rdd.persistedPartitions == 4)
        rdd.evict(partition: 2)
        #expect(try rdd.collect() == Array(0..<40))
        #expect(computed.all == [0, 10, 20, 30, 20])
        rdd.unpersist()
        #expect(rdd.persistedPartitions == 0)
    }

    /// The cache has a limit: the least recently used partition is evicted.
    @Test func theCacheIsBounded() throws {
        var settings = ContextSettings()
        settings.cacheMaxBytes = 2 * (10 * 8 + 64)
        let rdd = context(threads: 1, settings: settings).parallelize(Array(0..<40), partitions: 4).persist()
        #expect(try rdd.collect() == Array(0..<40))
        #expect(rdd.persistedPartitions == 2)
    }

    @Test func checkpointsCutTheLineage() throws {
        let folder = try TemporaryDirectory()
        let context = context()
        let computed = Collected<Int>()
        let rdd = try context.parallelize(pairs(200, seed: 5), partitions: 3).map { pair in
            computed.append(1)
            return pair
        }.checkpoint(directory: folder.path)
        let first = try rdd.collect().map { "\($0)" }
        #expect(try rdd.collect().map { "\($0)" } == first && computed.all.count == 200)
        #expect(rdd.lineage.parents.isEmpty)
        // A damaged file is rejected.
        var bytes = try folder.bytes("part-00001")
        bytes[bytes.count / 2] ^= 4
        try folder.write("part-00001", bytes: bytes)
        #expect(throws: SwiftwaterError.self) { try rdd.collect() }
    }

    @Test func savedAsTextFiles() throws {
        let folder = try TemporaryDirectory()
        let rdd = context().parallelize([("a", 1), ("b", 2), ("c", 3)], partitions: 2)
        try rdd.saveAsTextFiles(folder.file("out"))
        #expect(try folder.text("out/part-00000") + folder.text("out/part-00001") == "(a,1)\n(b,2)\n(c,3)\n")
        #expect(throws: SwiftwaterError.self) { try rdd.saveAsTextFiles(folder.file("out")) }
    }

    /// The parts of a file together hold each line once, wherever the bounds fall.
    @Test func splitsOfAFileHoldEachLineOnce() throws {
        let folder = try TemporaryDirectory()
        let lines = (0..<400).map { String(repeating: "x", count: $0 % 23) + "\($0)" }
        let path = try folder.write("lines.txt", lines.joined(separator: "\n"))
        for target in [1, 2, 7, 100, 1000, 100_000] {
            #expect(try SplitLines.read(path, targetBytes: target) == lines, "\(target)")
        }
    }
}
