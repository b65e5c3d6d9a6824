import StreamingTestSupport
import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterStreaming
import SwiftwaterTesting
import TestSupport
import Testing

@Suite struct StateTests {
    /// Compares windowed aggregates of random batches, with and without inverse, by closures and built in, with
    /// recomputing each window.
    @Test(arguments: 0..<12)
    func windowsEqualARecomputingModel(seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed))
        let (length, slide) = (1 + random.below(9), 1 + random.below(4))
        let batches = (0..<30).map { _ in
            (0..<random.below(4) * random.below(20)).map { _ in
                (Text("key \(random.below(30)) with a tail"), random.below(9) - 4)
            }
        }
        for variant in 0..<3 {
            let bench = Bench(threads: 1 + seed % 3)
            let seen = Collected<(Int, [String])>()
            let stream = bench.context.queueStream(batches)
            let window: Duration = .seconds(length)
            let counts: DStream<(Text, Int)>
            switch variant {
            case 0: counts = stream.reduceByKeyAndWindow(+, inverse: -, window: window, slide: .seconds(slide))
            case 1: counts = stream.reduceByKeyAndWindow(+, window: window, slide: .seconds(slide))
            default: counts = stream.window(window, slide: .seconds(slide)).filter { $0.1 != 2 }.reduceByKey(max)
            }
            counts.forEachBatch { rdd, time in
                let index = Int((time - bench.context.zeroTime).inSeconds)
                seen.append((index, try rdd.collect().map { "\($0.0) \($0.1)" }))
            }
            try await bench.run(batches: 30)
            for (index, rows) in seen.all {
                let held = batches[max(0, index - length)..<index].flatMap { $0 }
                var model: [Text: Int] = [:]
                for (key, value) in held where variant < 2 || value != 2 {
                    model[key] = model[key].map { variant < 2 ? $0 + value : max($0, value) } ?? value
                }
                let expected = model.sorted { ($0.key.stableHash, $0.key) < ($1.key.stableHash, $1.key) }
                #expect(
                    rows == expected.map { "\($0.key) \($0.value)" }, "variant \(variant), batch \(index)"
                )
            }
        }
    }

    @Test func explainShowsWhatWasPutInItsPlace() {
        let bench = Bench(batch: .seconds(10))
        let stream = bench.context.queueStream([["#a"] as [Text]]).window(.seconds(20)).map { ($0, 1) }.reduceByKey(+)
            .named("counts")
        #expect(
            stream.explain() == """
                as written
                  reduceByKey
                    map
                      window (length 20 s, slide 10 s)
                        queue
                as it runs
                  reduceByKeyAndWindow 'counts' (length 20 s, slide 10 s, two stacks)
                    reduceByKey
                      map
                        queue

                """)
    }

    @Test func statesDoNotDependOnThreads() async throws {
        var results: [[String]] = []
        for threads in [1, 2, 5] {
            let bench = Bench(threads: threads)
            let seen = Collected<String>()
            var random = SeededRandom(seed: 1)
            let batches = (0..<6).map { _ in (0..<3000).map { _ in (random.below(500), 1) } }
            let stream = bench.context.queueStream(batches)
            stream.updateStateByKey { (new: [Int], sum: Int?) -> Int? in new.reduce(sum ?? 0, +) }
                .forEachBatch { rdd, _ in seen.append("\(try rdd.collect())") }
            stream.mapWithState { (key, value: Int?, state: inout KeyState<Int>) -> Int? in
                state.update((state.value ?? 0) + (value ?? 0))
                return key
            }.mapped.forEachBatch { rdd, _ in seen.append("\(try rdd.collect())") }
            try await bench.run(batches: 6)
            results.append(seen.all)
        }
        #expect(results[0] == results[1] && results[1] == results[2])
    }

    /// A map function that throws leaves the state unchanged: the retry counts once.
    @Test func aRetriedTaskCountsOnce() async throws {
        let bench = Bench()
        let failures = Monitor(3)
        let seen = Collected<String>()
        bench.context.queueStream([[1, 2], [3]]).map { number -> (Int, Int) in
            try failures.update { left in
                if left > 0 {
                    left -= 1
                    throw SwiftwaterError(.io, "once more")
                }
            }
            return (0, number)
        }.reduceByKeyAndWindow(+, window: .seconds(5)).forEachBatch { rdd, _ in seen.append("\(try rdd.collect())") }
        try await bench.run(batches: 2)
        #expect(seen.all == ["[(0, 3)]", "[(0, 6)]"])
    }

    @Test func lookupTablesAreLoadedOnTheirSchedule() async throws {
        struct Table: LookupTable {
            let loads: Monitor<Int>
            func load() throws -> [(Text, Int)] {
                let number = loads.update { loads in
                    loads += 1
                    return loads
                }
                if number == 2 { throw SwiftwaterError(.io, "not now") }
                return [("a", number)]
            }
        }
        let bench = Bench()
        let seen = Collected<String>()
        let batches = [[("a" as Text, 1), ("b", 2)]]
        bench.context.queueStream(Array(repeating: batches[0], count: 6))
            .leftOuterJoin(Table(loads: Monitor(0)), reloadInterval: .seconds(2))
            .forEachBatch { rdd, _ in
                seen.append(try rdd.collect().map { "\($0.0)\($0.1.1.map(String.init) ?? "-")" }.joined())
            }
        try await bench.run(batches: 6)
        // The second load fails: the first rows stay until the third load.
        #expect(seen.all == ["a1b-", "a1b-", "a1b-", "a1b-", "a3b-", "a3b-"])
    }

    @Test func aFailingBatchIsSetAside() async throws {
        let folder = try TemporaryDirectory()
        try FileManagerSupport.makeDirectory(folder.file("in"))
        let bench = Bench { $0.onFailure = .setAside(directory: folder.file("dead")) }
        let seen = Collected<String>()
        bench.context.textFileStream(directory: folder.file("in")).map { line -> Text in
            if line == "bad" { throw SwiftwaterError(.malformedInput, "a bad line") }
            return line
        }.forEachBatch { rdd, _ in seen.append(try rdd.collect().map(String.init).joined(separator: ",")) }
        try await bench.context.start()
        for (number, line) in ["good", "bad", "fine"].enumerated() {
            try folder.write("in/f\(number)", line + "\n")
            bench.clock.advance(by: .seconds(1))
            bench.context.waitUntilCompleted(bench.clock.now())
        }
        try await bench.context.stop()
        #expect(seen.all == ["good", "fine"])
        let name = folder.file("in")
        let batch = "dead/batch-12000/"
        #expect(try folder.text(batch + PathName.escaped("directory \(name)") + ".txt") == "bad\n")
        #expect(try folder.text(batch + "error.txt").contains("a bad line"))
    }

    /// A window left half changed by a failing function stops the stream, whatever the failure policy.
    @Test func aBrokenWindowIsNotSetAside() async throws {
        let folder = try TemporaryDirectory()
        let bench = Bench { $0.onFailure = .setAside(directory: folder.file("dead")) }
        let seen = Collected<Int>()
        bench.context.queueStream([[("a" as Text, 1)], [("a", 2)], [("a", 3)]])
            .reduceByKeyAndWindow(
                { left, right in
                    if right == 2 { throw SwiftwaterError(.numerical, "no sum with 2") }
                    return left + right
                }, window: .seconds(5)
            ).forEachBatch { rdd, _ in seen.append(try rdd.collect()[0].1) }
        try await bench.context.start()
        bench.clock.advance(by: .seconds(3))
        let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.awaitTermination() }
        #expect(error?.code == .invalidState && seen.all == [1])
    }

    @Test func sinksOfOneNameAreRefused() async throws {
        let folder = try TemporaryDirectory()
        let bench = Bench()
        let numbers = bench.context.queueStream([[1]])
        numbers.saveAsTextFiles(folder.path)
        numbers.map { $0 * 2 }.saveAsTextFiles(folder.path)
        let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.start() }
        #expect(error?.message.contains("'lines'") == true)
    }

    @Test func theRateFollowsTheProcessing() {
        var estimator = RateEstimator(batchInterval: .seconds(1))
        #expect(estimator.batchMaxBytes(first: 77) == 77)
        // 1 MB in 2 s: 0.5 MB/s.
        estimator.update(
            time: BatchTime(milliseconds: 1000), bytes: 1_000_000, processingTime: .seconds(2), schedulingDelay: .zero)
        #expect(estimator.rate == 500_000)
        // Done in 0.8 s, 1 s late: 625,000 bytes/s, less 0.2 x 1 s x 625,000.
        estimator.update(
            time: BatchTime(milliseconds: 2000), bytes: 500_000, processingTime: .milliseconds(800),
            schedulingDelay: .seconds(1))
        #expect(estimator.rate == 500_000)
        // Well ahead: a small batch does not lower the rate.
        estimator.update(
            time: BatchTime(milliseconds: 3000), bytes: 1000, processingTime: .milliseconds(100), schedulingDelay: .zero
        )
        #expect(estimator.rate == 500_000)
        // Far behind: never below the minimum.
        estimator.update(
            time: BatchTime(milliseconds: 4000), bytes: 1000, processingTime: .seconds(5),
            schedulingDelay: .seconds(100))
        #expect(estimator.rate == 16384)
    }

    @Test func progressSaysWhatBatchesTook() async throws {
        let bench = Bench()
        bench.context.queueStream([[1], [2]]).map { ($0, 1) }.reduceByKeyAndWindow(+, window: .seconds(2))
            .forEachBatch(name: "out") { _, _ in }
        let progress = bench.context.progress()
        try await bench.run(batches: 2)
        var names: [[String]] = []
        for await batch in progress { names.append(batch.jobs.map(\.name)) }
        #expect(names == Array(repeating: ["reduceByKeyAndWindow", "out"], count: 2))
    }
}

@Suite struct EventTimeTests {
    struct Event: Sendable {
        let time: Int
        let key: Text
        let value: Int
    }

    private func run(
        _ windows: EventWindows, delay: Int = 0, lateness: Int = 0, _ batches: [[Event]]
    ) async throws -> (results: [[String]], late: [[Int]]) {
        let bench = Bench()
        let (results, late) = (Collected<[String]>(), Collected<[Int]>())
        let streams = bench.context.queueStream(batches).reduceByEventTime(
            windows, watermarkDelay: .seconds(delay), allowedLateness: .seconds(lateness),
            time: { BatchTime(milliseconds: Int64($0.time * 1000)) }, key: { $0.key }, value: { $0.value },
            combine: { $0 + $1 })
        streams.results.forEachBatch { rdd, _ in
            results.append(
                try rdd.collect().map {
                    "\($0.0.key) \($0.0.window.start.milliseconds / 1000)-\($0.0.window.end.milliseconds / 1000) \($0.1)"
                }
                .sorted())
        }
        streams.late().forEachBatch { rdd, _ in late.append(try rdd.collect().map(\.value)) }
        try await bench.run(batches: batches.count)
        return (results.all, late.all)
    }

    ///     events   1 4 | 11 | 3 21
    ///     windows  [0,10) [10,20) [20,30)
    @Test func tumblingWindowsCloseWithTheWatermark() async throws {
        let found = try await run(
            .tumbling(.seconds(10)),
            [
                [
                    Event(time: 1, key: "a", value: 1), Event(time: 4, key: "b", value: 2),
                    Event(time: 9, key: "a", value: 4),
                ],
                [Event(time: 11, key: "a", value: 8)],
                [Event(time: 3, key: "a", value: 16), Event(time: 21, key: "b", value: 32)],
            ])
        #expect(found.results == [[], ["a 0-10 5", "b 0-10 2"], ["a 10-20 8"]])
        #expect(found.late == [[], [], [16]])
    }

    @Test func lateButAllowedRecordsGiveTheWindowAgain() async throws {
        let found = try await run(
            .tumbling(.seconds(10)), delay: 2, lateness: 5,
            [
                [Event(time: 1, key: "a", value: 1)], [Event(time: 12, key: "a", value: 2)],
                [Event(time: 5, key: "a", value: 4)], [Event(time: 17, key: "a", value: 8)],
                [Event(time: 6, key: "a", value: 16)],
            ])
        #expect(found.results == [[], ["a 0-10 1"], ["a 0-10 5"], [], []])
        #expect(found.late == [[], [], [], [], [16]])
    }

    @Test func slidingWindowsOverlap() async throws {
        let found = try await run(
            .sliding(.seconds(10), slide: .seconds(5)),
            [
                [Event(time: 7, key: "a", value: 1), Event(time: 12, key: "a", value: 2)],
                [Event(time: 30, key: "z", value: 0)],
            ])
        #expect(found.results == [["a 0-10 1"], ["a 10-20 2", "a 5-15 3"]])
    }

    ///     events   1 4 . . . 11   gap 5: [1, 9), [11, 16)    then 8 merges them: [1, 16)
    @Test func sessionsGrowAndJoin() async throws {
        let found = try await run(
            .session(gap: .seconds(5)), delay: 10,
            [
                [
                    Event(time: 1, key: "a", value: 1), Event(time: 4, key: "a", value: 2),
                    Event(time: 11, key: "a", value: 4),
                ],
                [Event(time: 8, key: "a", value: 8)], [Event(time: 40, key: "b", value: 0)],
            ])
        #expect(found.results == [[], [], ["a 1-16 15"]])
    }

    @Test func theirStateIsInTheCheckpoint() throws {
        let bench = RecoveryBench()
        func live(_ lines: [String]) throws {
            let (context, hand) = bench.make(.init(window: nil, totals: false))
            let sink = FileSink(directory: "out", format: .text, files: bench.disk)
            hand.events(of: context, sink: sink)
            try context.startBlocking()
            for line in lines {
                Array((line + "\n").utf8).withUnsafeBytes { _ = hand.store.store($0) }
                bench.clock.advance(by: .seconds(1))
                try context.step()
            }
        }
        try live(["1 a", "4 a", "6 b"])
        bench.disk.crash()
        try live(["x", "12 a", "13 a"])
        let all = bench.disk.paths.filter { $0.hasPrefix("out/events-") }
            .flatMap { String(decoding: try! bench.disk.read($0), as: UTF8.self).split(separator: "\n") }
        #expect(all.sorted() == ["a\t2", "b\t1"])
    }
}

extension RecoveryBench.Hand {
    /// Counts keys in event-time windows over lines of the form `SECONDS KEY`.
    func events(of context: StreamingContext, sink: FileSink) {
        let stream = context.receiverStream(Echo(self)).named("events")
        stream.filter { $0.utf8Count > 2 }.reduceByEventTime(
            .tumbling(.seconds(10)), time: { BatchTime(milliseconds: Int64($0.split(separator: " ")[0].int!) * 1000) },
            key: { $0.split(separator: " ")[1] }, value: { _ in 1 }, combine: { $0 + $1 }
        ).named("eventWindows").results.save(to: sink, name: "events", columns: ["key", "count"]) {
            [.text($0.0.key), .integer($0.1)]
        }
    }
}

/// A receiver that gives its store to a `Hand`.
final class Echo: TextReceiver {
    private let hand: RecoveryBench.Hand
    init(_ hand: RecoveryBench.Hand) { self.hand = hand }
    func start(into store: ReceiverStore) throws { hand.store = store }
    func stop() {}
}
