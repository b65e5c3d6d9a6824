import Logging
import StreamingTestSupport
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

/// Static data beside a stream, from a table that notes what it is asked, and fails when it is told to.
@Suite struct CachedTableTests {
    private final class Places: StaticTable {
        struct State {
            var rows: [Text: [Text?]] = [:]
            var questions: [[Text]] = []
            var failures: [SwiftwaterError] = []
        }

        let label = "places"
        let columns = ["place", "country"]
        let state: Monitor<State>

        init(_ rows: [Text: [Text?]]) { state = Monitor(State(rows: rows)) }

        func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])] {
            try state.update { state in
                state.questions.append(keys.map { $0.detached() })
                if !state.failures.isEmpty { throw state.failures.removeFirst() }
                return keys.compactMap { key in state.rows[key].map { (key, $0) } }
            }
        }

        var questions: [[Text]] { state.read { $0.questions } }
        func fail(_ count: Int, isRetryable: Bool = true) {
            let error = SwiftwaterError(.network, "away", isRetryable: isRetryable)
            state.update { $0.failures = Array(repeating: error, count: count) }
        }
    }

    /// A clock that does not wait.
    private final class EagerClock: StreamClock {
        private let time = Monitor(Int64(0))
        func now() -> BatchTime { BatchTime(milliseconds: time.read { $0 }) }
        func wait(until wanted: BatchTime, orUntil isInterrupted: () -> Bool) {
            time.update { $0 = max($0, wanted.milliseconds) }
        }
        func wake() {}
        func advance(by seconds: Int64) { time.update { $0 += seconds * 1000 } }
    }

    private static let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
    private let clock = EagerClock()
    private let places = Places(["a": ["Wien", "AT"], "b": [nil, "DE"], "c": ["Bern", "CH"]])

    private func cache(
        _ maximumCount: Int = 100, onFailure: CachedTable.FailurePolicy = .wait(atMost: .seconds(60))
    ) -> CachedTable {
        CachedTable(
            places, maximumCount: maximumCount, maximumAge: .seconds(600), onFailure: onFailure, clock: clock,
            logger: Self.quiet)
    }

    @Test func keysAreAskedForOnceAndTogether() throws {
        let cache = cache()
        #expect(try cache.rows(forKeys: ["c", "a", "x", "a"]) == ["a": ["Wien", "AT"], "c": ["Bern", "CH"]])
        #expect(try cache.rows(forKeys: ["a", "b", "x"]) == ["a": ["Wien", "AT"], "b": [nil, "DE"]])
        #expect(places.questions == [["a", "c", "x"], ["b"]])
        let counts = cache.statistics
        #expect(counts.cached == 2 && counts.found == 3 && counts.missing == 1 && counts.queries == 2, "\(counts)")
    }

    @Test func whatIsOldIsAskedForAgain() throws {
        let cache = cache()
        _ = try cache.rows(forKeys: ["a", "x"])
        places.state.update { $0.rows = ["a": ["Graz", "AT"], "x": ["Rom", "IT"]] }
        clock.advance(by: 599)
        #expect(try cache.rows(forKeys: ["a", "x"]) == ["a": ["Wien", "AT"]])
        clock.advance(by: 1)
        #expect(try cache.rows(forKeys: ["a", "x"]) == ["a": ["Graz", "AT"], "x": ["Rom", "IT"]])
    }

    /// However many keys there are, so many rows are kept, and those that are used stay.
    @Test func theCacheIsBounded() throws {
        let cache = cache(10)
        for number in 0..<1000 {
            #expect(try cache.rows(forKeys: ["a"]) == ["a": ["Wien", "AT"]])
            _ = try cache.rows(forKeys: [Text("k\(number)")])
        }
        #expect(places.questions.count { $0.contains("a") } == 1)
        // Of the others, no more than ten are known.
        let before = cache.statistics.cached
        _ = try cache.rows(forKeys: (0..<1000).map { Text("k\($0)") })
        #expect(cache.statistics.cached - before <= 10)
    }

    @Test func manyKeysAreAskedForInParts() throws {
        let cache = cache(100_000)
        let keys = (0..<25_000).map { Text("k\($0)") }
        #expect(try cache.rows(forKeys: keys).isEmpty)
        #expect(places.questions.map(\.count) == [10_000, 10_000, 5000])
        #expect(Array(places.questions.joined()) == keys.sorted())
    }

    @Test func aBatchWaitsForATableThatIsAway() throws {
        let cache = cache()
        places.fail(5)
        #expect(try cache.rows(forKeys: ["a"]) == ["a": ["Wien", "AT"]])
        // 0.1, 0.2, 0.4, 0.8 and 1.6 seconds.
        #expect(clock.now().milliseconds == 3100 && cache.isReadable)
        places.fail(1000)
        #expect(throws: SwiftwaterError.self) { try cache.rows(forKeys: ["b"]) }
        #expect((50_000...64_000).contains(clock.now().milliseconds - 3100) && !cache.isReadable)
        // What is known needs no table, and what will not pass is not waited for.
        #expect(try cache.rows(forKeys: ["a"]) == ["a": ["Wien", "AT"]])
        let now = clock.now()
        places.fail(1, isRetryable: false)
        #expect(throws: SwiftwaterError.self) { try cache.rows(forKeys: ["b"]) }
        #expect(clock.now() == now)
    }

    @Test func aStreamGoesOnWithoutATableThatIsAway() throws {
        let cache = cache(onFailure: .goOn)
        _ = try cache.rows(forKeys: ["a"])
        clock.advance(by: 600)
        places.fail(1000)
        // What was known is better than nothing.
        #expect(try cache.rows(forKeys: ["a", "b"]) == ["a": ["Wien", "AT"]])
        #expect(try cache.rows(forKeys: ["b", "c"]).isEmpty)
        // The table is left alone for a while.
        #expect(places.questions.count == 2)
        var counts = cache.statistics
        #expect(counts.failed == 3 && counts.stale == 1 && !cache.isReadable, "\(counts)")
        clock.advance(by: 5)
        places.fail(0)
        #expect(try cache.rows(forKeys: ["b", "c"]) == ["b": [nil, "DE"], "c": ["Bern", "CH"]])
        counts = cache.statistics
        #expect(counts.failed == 3 && counts.missing == 0 && cache.isReadable, "\(counts)")
        // What will not pass is an error.
        places.fail(1, isRetryable: false)
        #expect(throws: SwiftwaterError.self) { try cache.rows(forKeys: ["d"]) }
    }

    @Test func aRowOfAnotherShapeIsRefused() throws {
        places.state.update { $0.rows["z"] = ["only one"] }
        let error = #expect(throws: SwiftwaterError.self) { try cache().rows(forKeys: ["z"]) }
        #expect(error?.code == .malformedInput)
    }

    // MARK: Joins

    /// A batch is joined with one query, and as a join of every pair would be.
    @Test(arguments: [1, 4]) func aStreamIsJoined(threads: Int) async throws {
        let bench = Bench(threads: threads)
        let cache = cache()
        let batches: [[(Text, Int)]] = [
            (0..<100).map { (["a", "b", "x"][$0 % 3], $0) }, [], [("c", 1), ("a", 2), ("c", 3)],
        ]
        let (outer, inner) = (Collected<String>(), Collected<String>())
        let pairs = bench.context.queueStream(batches)
        pairs.leftOuterJoin(cache).forEachBatch(name: "outer") { rdd, _ in
            for (key, pair) in try rdd.collect() {
                outer.append("\(key) \(pair.0) \(pair.1.map { "\($0.map { $0.map(String.init) ?? "-" })" } ?? "none")")
            }
        }
        pairs.join(cache).map { ($0.1.1[1] ?? "?", 1) }.reduceByKey(+).forEachBatch(name: "inner") { rdd, time in
            for (country, count) in try rdd.collect().sorted(by: { $0.0 < $1.0 }) {
                inner.append("\(time.milliseconds / 1000) \(country) \(count)")
            }
        }
        try await bench.run(batches: 3)
        let expected = batches.joined().map { key, number in
            let row = places.state.read { $0.rows[key] }
            return "\(key) \(number) \(row.map { "\($0.map { $0.map(String.init) ?? "-" })" } ?? "none")"
        }
        #expect(outer.all == expected)
        #expect(inner.all == ["11 AT 34", "11 DE 33", "13 AT 1", "13 CH 2"])
        #expect(places.questions == [["a", "b", "x"], ["c"]])
    }
}
