import StreamingTestSupport
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

/// Aggregates by key equal plain Swift over the same values, on RDDs, in batches and in windows.
@Suite struct AggregateTests {
    private func pairs(_ count: Int, seed: UInt64) -> [(Text, Int)] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { _ in (Text("k\(random.next() % 17)"), Int(random.next() % 1000)) }
    }

    private func context(threads: Int) -> Context { Bench(threads: threads).context.engine }

    /// The values of each key, with the keys in order.
    private func naive<Result>(_ pairs: [(Text, Int)], _ body: ([Int]) -> Result) -> [(Text, Result)] {
        let groups = pairs.reduce(into: [Text: [Int]]()) { $0[$1.0, default: []].append($1.1) }
        return groups.keys.sorted().map { ($0, body(groups[$0]!)) }
    }

    private static func mean(_ values: [Int]) -> Double { Double(values.reduce(0, +)) / Double(values.count) }

    private static func variance(_ values: [Int]) -> Double {
        let mean = mean(values)
        return values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
    }

    private func expectEqual<Value: Equatable>(_ found: [(Text, Value)], _ expected: [(Text, Value)]) {
        let found = found.sorted { $0.0 < $1.0 }
        #expect(found.map(\.0) == expected.map(\.0))
        #expect(found.map(\.1) == expected.map(\.1))
    }

    private func expectClose(_ found: [(Text, Double)], _ expected: [(Text, Double)]) {
        let found = found.sorted { $0.0 < $1.0 }
        #expect(found.map(\.0) == expected.map(\.0))
        for (a, b) in zip(found, expected) { #expect(abs(a.1 - b.1) <= 1e-9 * max(1, abs(b.1)), "\(a) \(b)") }
    }

    @Test(arguments: [(1, 1), (2, 3), (3, 8), (8, 40)])
    func datasets(threads: Int, partitions: Int) throws {
        let values = pairs(2000, seed: 5)
        let rdd = context(threads: threads).parallelize(values, partitions: partitions)
        let numbers = rdd.mapValues { Double($0) }
        expectEqual(try rdd.countByKey(), naive(values, \.count))
        expectEqual(try rdd.sumByKey().collect(), naive(values) { $0.reduce(0, +) })
        expectEqual(try rdd.minByKey().collect(), naive(values) { $0.min()! })
        expectEqual(try rdd.maxByKey().collect(), naive(values) { $0.max()! })
        expectEqual(try rdd.topByKey(3).collect(), naive(values) { Array($0.sorted(by: >).prefix(3)) })
        expectClose(try rdd.meanByKey().collect(), naive(values, Self.mean))
        expectClose(try numbers.meanByKey().collect(), naive(values, Self.mean))
        expectClose(try numbers.aggregateByKey(.variance()).collect(), naive(values, Self.variance))
        // Up to 64 distinct values are counted exactly.
        let few = rdd.mapValues { $0 % 50 }
        expectEqual(try few.distinctByKey().collect(), naive(values) { Set($0.map { $0 % 50 }).count })
        let several = try rdd.aggregateByKey(.count(), .sum(), .maximum()).collect()
        expectEqual(
            several.map { ($0.0, [$0.1.0, $0.1.1, $0.1.2]) }, naive(values) { [$0.count, $0.reduce(0, +), $0.max()!] })
    }

    /// More than 64 distinct values are estimated, within a few percent (docs/SEMANTICS.md).
    @Test func manyDistinctValuesAreEstimated() throws {
        let values = (0..<60_000).map { (Text("k\($0 % 3)"), $0 % 20_000) }
        let found = try context(threads: 2).parallelize(values, partitions: 7).distinctByKey().collect()
        let expected = naive(values) { Double(Set($0).count) }
        for ((key, count), (_, exact)) in zip(found.sorted(by: { $0.0 < $1.0 }), expected) {
            #expect(abs(Double(count) - exact) < 0.06 * exact, "\(key): \(count) of \(exact)")
        }
    }

    /// Each window equals an aggregate over all its pairs, whether it subtracts or keeps two stacks.
    @Test(arguments: [(1, 1), (3, 1), (4, 2), (2, 3), (7, 1)])
    func windows(length: Int, slide: Int) async throws {
        let batches = (0..<14).map { $0 % 5 == 3 ? [] : pairs(40, seed: UInt64($0)) }
        let bench = Bench()
        let window = bench.context.queueStream(batches).window(.seconds(length), slide: .seconds(slide))
        let counts = Collected<(BatchTime, [(Text, Int)])>()
        let sums = Collected<(BatchTime, [(Text, Int)])>()
        let largest = Collected<(BatchTime, [(Text, Int)])>()
        let means = Collected<(BatchTime, [(Text, Double)])>()
        let spreads = Collected<(BatchTime, [(Text, Double)])>()
        let best = Collected<(BatchTime, [(Text, [Int])])>()
        window.countByKey().forEachBatch { rdd, time in counts.append((time, try rdd.collect())) }
        window.sumByKey().forEachBatch { rdd, time in sums.append((time, try rdd.collect())) }
        window.maxByKey().forEachBatch { rdd, time in largest.append((time, try rdd.collect())) }
        window.meanByKey().forEachBatch { rdd, time in means.append((time, try rdd.collect())) }
        window.mapValues { Double($0) }.aggregateByKey(.variance())
            .forEachBatch { rdd, time in spreads.append((time, try rdd.collect())) }
        window.topByKey(2).forEachBatch { rdd, time in best.append((time, try rdd.collect())) }
        try await bench.run(batches: batches.count)

        func values(_ time: BatchTime) -> [(Text, Int)] {
            let end = Int((time - bench.context.zeroTime).inSeconds)
            return batches[max(0, end - length)..<end].flatMap { $0 }
        }
        #expect(counts.all.count == batches.count / slide)
        for (time, found) in counts.all { expectEqual(found, naive(values(time), \.count)) }
        for (time, found) in sums.all { expectEqual(found, naive(values(time)) { $0.reduce(0, +) }) }
        for (time, found) in largest.all { expectEqual(found, naive(values(time)) { $0.max()! }) }
        for (time, found) in means.all { expectClose(found, naive(values(time), Self.mean)) }
        for (time, found) in spreads.all { expectClose(found, naive(values(time), Self.variance)) }
        for (time, found) in best.all { expectEqual(found, naive(values(time)) { Array($0.sorted(by: >).prefix(2)) }) }
    }

    /// Counts and sums of integers subtract what leaves a window; sums of floating-point numbers do not, since rounding
    /// would stay behind.
    @Test func onlyExactInversesAreUsed() throws {
        let bench = Bench()
        let window = bench.context.queueStream([pairs(3, seed: 1)]).window(.seconds(5))
        #expect(window.countByKey().explain().contains("subtraction"))
        #expect(window.sumByKey().explain().contains("subtraction"))
        #expect(window.mapValues { Double($0) }.sumByKey().explain().contains("two stacks"))
        #expect(window.maxByKey().explain().contains("two stacks"))
        #expect(try CountAggregate<Int>().inverse?(7, 3) == 4)
    }

    /// Merging the states of parts, in any grouping, gives the state of all values.
    @Test func statesMergeInAnyGrouping() {
        func check<Aggregate: KeyedAggregate>(_ aggregate: Aggregate, _ values: [Aggregate.Input])
        where Aggregate.Output: Equatable {
            func state(_ values: ArraySlice<Aggregate.Input>) -> Aggregate.State {
                values.reduce(into: aggregate.initial) { aggregate.add($1, to: &$0) }
            }
            let whole = aggregate.result(state(values[...]))
            for cut in stride(from: 0, through: values.count, by: 7) {
                var left = state(values[..<cut])
                aggregate.merge(state(values[cut...]), into: &left)
                #expect(aggregate.result(left) == whole, "\(Aggregate.self) cut at \(cut)")
                var right = state(values[cut...])
                aggregate.merge(state(values[..<cut]), into: &right)
                #expect(aggregate.result(right) == whole, "\(Aggregate.self) cut at \(cut)")
            }
        }
        let values = pairs(70, seed: 9).map(\.1)
        check(CountAggregate<Int>(), values)
        check(SumAggregate<Int>(), values)
        check(MinimumAggregate<Int>(), values)
        check(MaximumAggregate<Int>(), values)
        check(TopAggregate<Int>(5), values)
        check(DistinctAggregate<Int>(), values)
    }

    @Test func compactMapDropsNil() async throws {
        let texts: [Text] = ["1", "x", "3", "", "-4"]
        let found = try context(threads: 2).parallelize(texts, partitions: 2).compactMap { $0.int }.collect()
        #expect(found == [1, 3, -4])
        let bench = Bench()
        let streamed = Collected<[Int]>()
        bench.context.queueStream([texts, []]).compactMap { $0.int }
            .forEachBatch { rdd, _ in streamed.append(try rdd.collect()) }
        try await bench.run(batches: 2)
        #expect(streamed.all == [[1, 3, -4], []])
    }

    /// Keys and values that are texts outlive their batch.
    @Test func textsStayValidInWindows() async throws {
        let bench = Bench()
        let lines = (0..<6).map { batch in (0..<20).map { Text("a key longer than fifteen bytes \($0 % 4) \(batch)") } }
        let largest = Collected<[String]>()
        bench.context.queueStream(lines).window(.seconds(3))
            .map { (text: Text) -> (Text, Text) in (text.slice(0..<33), text) }
            .maxByKey()
            .forEachBatch { rdd, _ in largest.append(try rdd.collect().map { String($0.1) }.sorted()) }
        try await bench.run(batches: 6)
        #expect(largest.all.last == (0..<4).map { "a key longer than fifteen bytes \($0) 5" })
    }
}
