import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import SwiftwaterStreaming
import SwiftwaterTrends
import TestSupport
import Testing

/// Which keys burst, and which do not.
@Suite struct SurgeTests {
    /// A stream of posts whose tags follow a Zipf distribution and the rhythm of a day. A slide is a minute, and one
    /// tag rises from 5 to 50 a minute.
    private struct Stream {
        static let tags = 200_000
        static let surgeAt = 55
        static let minutes = 57
        private let cumulative: [Double]

        init() {
            var sum = 0.0
            cumulative = (1...Stream.tags).map { rank in
                sum += 1 / Double(rank)
                return sum
            }
        }

        func tag(_ random: inout SeededRandom) -> Int {
            let wanted = random.uniform() * cumulative.last!
            var (low, high) = (0, cumulative.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if cumulative[middle] < wanted { low = middle + 1 } else { high = middle }
            }
            return low
        }

        /// The lines of a minute: about 3,000 posts, up to half as many more or fewer depending on the hour.
        func minute(_ minute: Int, _ random: inout SeededRandom) -> [Text] {
            let rhythm = 1 + 0.5 * Self.wave(Double(minute) / 60)
            let count = random.poisson(mean: 3000 * rhythm)
            var lines = (0..<count).map { _ in Text("post #t\(tag(&random))") }
            let surge = random.poisson(mean: minute >= Stream.surgeAt ? 50 : 5)
            for _ in 0..<surge { lines.append(Text("post #surge")) }
            return lines
        }

        /// A wave with period 1, made of two parabolas so that it needs no library.
        private static func wave(_ x: Double) -> Double {
            let phase = x - x.rounded(.down)
            return phase < 0.5 ? 16 * phase * (0.5 - phase) : -16 * (phase - 0.5) * (1 - phase)
        }
    }

    private func tables(seed: Int) async throws -> [TrendingTable] {
        var random = SeededRandom(seed: UInt64(seed), stream: 77)
        let stream = Stream()
        var settings = TrendingSettings()
        (settings.window, settings.slide, settings.order) = (.seconds(60), .seconds(60), .burst)
        (settings.baseline, settings.minimumCount, settings.limit) = (.seconds(3600), 5, 20)
        (settings.honorsDeletions, settings.samples) = (false, 0)
        var stepped = StreamSettings()
        stepped.isStepped = true
        let context = StreamingContext(
            Context(master: .local(threads: 2), appName: "surge"), batchInterval: .seconds(60), settings: stepped,
            clock: ManualClock(at: BatchTime(milliseconds: TrendingTests.now)))
        let tables = Collected<TrendingTable>()
        context.queueStream((0..<Stream.minutes).map { stream.minute($0, &random) }).trending(settings)
            .forEachBatch { rdd, _ in for table in try rdd.collect() { tables.append(table) } }
        try await context.start()
        for _ in 0..<Stream.minutes { try context.step() }
        try await context.stop()
        return tables.all
    }

    /// The planted surge ranks first within two windows in 95 of 100 streams. The tag that is always the most frequent
    /// does not.
    @Test(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.isSlow))) func aSurgeIsFirstWithinTwoWindows()
        async throws
    {
        let count = 100
        var (found, popular) = (0, 0)
        for seed in 0..<count {
            let tables = try await tables(seed: seed)
            #expect(tables.count == Stream.minutes)
            let after = tables[Stream.surgeAt..<Stream.surgeAt + 2]
            found += after.contains { $0.rows.first?.key == "#surge" } ? 1 : 0
            popular += after.contains { $0.rows.first?.key == "#t0" } ? 1 : 0
            let row = after.compactMap { $0.rows.first { $0.key == "#surge" } }.first
            #expect(row.map { $0.expected! > 2 && $0.expected! < 10 && $0.history!.count == 12 } == true)
        }
        #expect(found * 100 >= 95 * count, "\(found) of \(count)")
        #expect(popular * 100 <= 5 * count)
    }

    /// 10,000 posts of three authors count as three.
    @Test func spammersDoNotTrendByAuthors() async throws {
        var random = SeededRandom(seed: 5, stream: 78)
        var lines: [String] = []
        for number in 0..<10_000 {
            lines.append(
                #"{"id_str":"\#(number)","created_at":"\#(TrendingTests.stamp(TrendingTests.now - 50_000))","text":"buy #spam \#(number % 7)","user":{"id":\#(number % 3)}}"#
            )
        }
        for number in 0..<2000 {
            lines.append(
                #"{"id_str":"g\#(number)","created_at":"\#(TrendingTests.stamp(TrendingTests.now - 49_000))","text":"text \#(number) #t\#(random.below(40))","user":{"id":\#(1000 + random.below(900))}}"#
            )
        }
        for number in 0..<30 {
            lines.append(
                #"{"id_str":"c\#(number)","created_at":"\#(TrendingTests.stamp(TrendingTests.now - 48_000))","text":"the same words #copied","user":{"id":\#(5000 + number)}}"#
            )
        }
        var settings = TrendingSettings()
        settings.usesEventTime = true
        (settings.window, settings.order, settings.limit) = (.seconds(60), .authors, 0)
        let rows = try await TrendingTests.run(lines, settings, batches: 3)[0].rows
        let place = try #require(rows.firstIndex { $0.key == "#spam" })
        #expect(place >= 20 && rows[place].authors == 3 && rows[place].count == 10_000)
        #expect(rows.first { $0.key == "#copied" }?.isCopied == true)
        #expect(rows.filter { $0.isCopied! }.count == 1)
        settings.countsAuthorsOnce = true
        settings.order = .count
        let once = try await TrendingTests.run(lines, settings, batches: 3)[0].rows
        #expect(once.first { $0.key == "#spam" }?.count == 3)
    }
}
