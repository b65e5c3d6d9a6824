import Foundation
import Logging
import SwiftwaterCore
import SwiftwaterStreaming
import StreamingTestSupport
import TestSupport
import Testing

@Suite struct WindowTests {
    /// Spark's test vectors for windows: 1 s batches that hold 0, 1, 2, ... 5, then nothing.
    @Test(arguments: [
        (4, 2, [[0, 1], [0, 1, 2, 3], [2, 3, 4, 5], [4, 5]]),
        (2, 3, [[1, 2], [4, 5]]),
        (2, 2, [[0, 1], [2, 3], [4, 5]]),
        (3, 2, [[0, 1], [1, 2, 3], [3, 4, 5]]),
        (1, 1, [[0], [1], [2], [3], [4], [5]]),
        (2, 1, [[0], [0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]),
    ])
    func windowsHoldTheBatchesOfSpark(length: Int, slide: Int, expected: [[Int]]) async throws {
        let bench = Bench()
        let windows = Collected<[Int]>()
        bench.context.queueStream((0...5).map { [$0] }).window(.seconds(length), slide: .seconds(slide))
            .forEachBatch { rdd, _ in windows.append(try rdd.collect()) }
        try await bench.run(batches: slide * expected.count)
        #expect(windows.all == expected)
    }

    /// A batch time belongs to a stream if it is after the zero time by a multiple of the stream's slide.
    @Test func batchTimesAreMultiplesFromZero() async throws {
        let bench = Bench()
        let times = Collected<Int64>()
        bench.context.queueStream([[1]]).window(.seconds(3), slide: .seconds(3))
            .forEachBatch { _, time in times.append(time.milliseconds) }
        try await bench.run(batches: 9)
        #expect(bench.context.zeroTime.milliseconds == 10_000)
        #expect(times.all == [13_000, 16_000, 19_000])
    }

    @Test func zeroTimeIsAMultipleOfTheInterval() async throws {
        let bench = Bench()
        bench.clock.advance(by: .milliseconds(700))
        bench.context.queueStream([[1]]).print()
        let times = Collected<Int64>()
        bench.context.onBatchCompleted { times.append($0.time.milliseconds) }
        try await bench.run(batches: 2)
        #expect(bench.context.zeroTime.milliseconds == 10_000)
        #expect(times.all == [11_000, 12_000])
    }

    @Test(arguments: [(25, 10), (20, 15), (5, 10), (0, 10)])
    func aWindowThatIsNoMultipleIsRefusedNamingBoth(length: Int, slide: Int) async throws {
        let bench = Bench(batch: .seconds(10))
        bench.context.queueStream([[1]]).window(.seconds(length), slide: .seconds(slide)).print()
        let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.start() }
        #expect(error?.code == .invalidArgument)
        let wrong = length % 10 != 0 || length == 0 ? length : slide
        #expect(error?.message.contains("\(wrong) s") == true)
        #expect(error?.message.contains("10 s") == true)
    }

    @Test func windowsOfWindows() async throws {
        let bench = Bench()
        let windows = Collected<[Int]>()
        bench.context.queueStream((0...5).map { [$0] }).window(.seconds(2), slide: .seconds(2))
            .window(.seconds(4), slide: .seconds(2)).forEachBatch { rdd, _ in windows.append(try rdd.collect()) }
        try await bench.run(batches: 6)
        #expect(windows.all == [[0, 1], [0, 1, 2, 3], [2, 3, 4, 5]])
    }
}

@Suite struct DStreamTests {
    /// The classic program on a queue, printed in Spark's format.
    @Test func theClassicProgramPrintsItsTables() async throws {
        let bench = Bench(batch: .seconds(10))
        let posts: [[Text]] = [["#a x #B", "no tag"], ["#b #b #c"], []]
        bench.context.queueStream(posts)
            .window(.seconds(20))
            .flatMap { $0.split(separator: " ") }
            .filter { $0.hasPrefix("#") }
            .map { ($0.lowercased(), 1) }
            .reduceByKey(+)
            .transform { $0.sorted(by: { $0.1 }, ascending: false) }
            .print()
        try await bench.run(batches: 3)
        let line = String(repeating: "-", count: 43)
        func table(_ time: Int, _ rows: [String]) -> String {
            ([line, "Time: \(time) ms", line] + rows).joined(separator: "\n") + "\n\n"
        }
        #expect(
            bench.printed.all == [
                table(20_000, ["(#a,1)", "(#b,1)"]), table(30_000, ["(#b,3)", "(#a,1)", "(#c,1)"]),
                table(40_000, ["(#b,2)", "(#c,1)"]),
            ])
    }

    @Test func printShowsTenRowsAndDotsAndNoControlCharacters() async throws {
        let bench = Bench()
        bench.context.queueStream([(0..<11).map { Text("row \($0)\u{1B}[2J") }]).print()
        try await bench.run(batches: 1)
        let lines = bench.printed.all[0].split(separator: "\n")
        #expect(lines.count == 3 + 10 + 1)
        #expect(lines[3] == "row 0\\u{1b}[2J")
        #expect(lines.last == "...")
    }

    @Test func operatorsWorkBatchByBatch() async throws {
        let bench = Bench()
        let counts = Collected<[Int]>()
        let unions = Collected<[Int]>()
        let sums = Collected<[String]>()
        let numbers = bench.context.queueStream([[1, 2, 3], [], [4]])
        numbers.count().forEachBatch { rdd, _ in counts.append(try rdd.collect()) }
        numbers.union(numbers.map { -$0 }).forEachBatch { rdd, _ in unions.append(try rdd.collect()) }
        numbers.map { ($0 % 2, $0) }.mapValues { $0 * 10 }.reduceByKey(+).transform { $0.sorted(by: { $0.0 }) }
            .forEachBatch { rdd, _ in sums.append(try rdd.collect().map { "\($0.0):\($0.1)" }) }
        try await bench.run(batches: 3)
        #expect(counts.all == [[3], [0], [1]])
        #expect(unions.all == [[1, 2, 3, -1, -2, -3], [], [4, -4]])
        #expect(sums.all == [["0:20", "1:40"], [], ["0:40"]])
    }

    /// Compares random streams, windows and thread counts with a model that recomputes every window from the batches.
    @Test(arguments: 0..<20) func windowedCountsEqualARecomputingModel(seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed))
        let batches = (0..<12).map { _ in
            (0..<random.below(40)).map { _ in Text("key \(random.below(9)) of some length") }
        }
        let length = 1 + random.below(5), slide = 1 + random.below(4)
        let bench = Bench(threads: 1 + seed % 3)
        let found = Collected<[Text: Int]>()
        bench.context.queueStream(batches).window(.seconds(length), slide: .seconds(slide)).map { ($0, 1) }.reduceByKey(
            +
        )
        .forEachBatch { rdd, _ in found.append(Dictionary(uniqueKeysWithValues: try rdd.collect())) }
        try await bench.run(batches: 12)
        let expected = stride(from: slide, through: 12, by: slide).map { end in
            batches[max(0, end - length)..<end].joined().reduce(into: [Text: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(found.all == expected)
    }

    @Test func aFailingBatchStopsTheStreamAndNamesTheOperator() async throws {
        struct Broken: Error {}
        let bench = Bench()
        bench.context.queueStream([[1], [2], [3]]).map { value -> Int in
            if value == 2 { throw Broken() }
            return value
        }.forEachBatch { rdd, _ in _ = try rdd.collect() }
        try await bench.context.start()
        bench.clock.advance(by: .seconds(2))
        let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.awaitTermination() }
        #expect(error?.location?.streamOperator == "map")
        #expect(error?.message.contains("batch 12000 ms") == true)
    }

    @Test func aProgramWithoutOutputOrStartedTwiceIsRefused() async throws {
        let empty = Bench()
        _ = empty.context.queueStream([[1]]).map { $0 }
        await #expect(throws: SwiftwaterError.self) { try await empty.context.start() }
        let bench = Bench()
        bench.context.queueStream([[1]]).print()
        try await bench.context.start()
        await #expect(throws: SwiftwaterError.self) { try await bench.context.start() }
        try await bench.context.stop()
    }

    @Test(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.stopsProcess)))
    func nothingMayBeAddedAfterStart() async {
        await #expect(processExitsWith: .failure) {
            let context = StreamingContext(master: "local", appName: "late", batchInterval: .seconds(1))
            let stream = context.queueStream([[1]])
            stream.print()
            try await context.start()
            _ = stream.map { $0 }
        }
    }

    @Test func batchesReportWhatTheyTook() async throws {
        let bench = Bench()
        let reports = Collected<BatchInformation>()
        bench.context.onBatchCompleted { reports.append($0) }
        bench.context.queueStream([[1]]).print()
        try await bench.run(batches: 3)
        #expect(reports.all.map(\.time.milliseconds) == [11_000, 12_000, 13_000])
        #expect(reports.all.allSatisfy { $0.totalDelay == .zero })
    }
}
