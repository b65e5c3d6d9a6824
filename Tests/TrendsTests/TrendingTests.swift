import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import SwiftwaterStreaming
import SwiftwaterTrends
import TestSupport
import Testing

@Suite struct TrendingTests {
    /// Runs lines through the job in this many batches, and returns all tables.
    static func run(
        _ lines: [String], _ settings: TrendingSettings, batches: Int, threads: Int = 2, filter: TrendFilter? = nil,
        enrichment: TrendEnrichment? = nil
    ) async throws -> [TrendingTable] {
        var stream = StreamSettings()
        stream.isStepped = true
        let context = StreamingContext(
            Context(master: .local(threads: threads), appName: "trending"), batchInterval: .seconds(1),
            settings: stream,
            clock: ManualClock(at: BatchTime(milliseconds: Self.now)))
        let size = max(1, (lines.count + batches - 1) / batches)
        let parts = stride(from: 0, to: lines.count, by: size).map {
            lines[$0..<min(lines.count, $0 + size)].map { Text($0) }
        }
        let (tables, isLast) = (Collected<TrendingTable>(), Monitor(false))
        context.queueStream(parts).trending(
            settings, filter: filter, enrichment: enrichment, isLast: { isLast.read { $0 } }
        )
        .forEachBatch { rdd, _ in for table in try rdd.collect() { tables.append(table) } }
        try await context.start()
        for _ in parts { try context.step() }
        isLast.update { $0 = true }
        try context.step()
        try await context.stop()
        return tables.all
    }

    /// 2026-11-24 12:00.
    static let now: Int64 = 1_795_521_600_000

    static func stamp(_ time: Int64) -> String {
        Date(timeIntervalSince1970: Double(time) / 1000).ISO8601Format(.init(includingFractionalSeconds: true))
    }

    /// Posts of the hour before `now`, mostly in order, including late ones, copies, deletions, spellings, and lines
    /// that are not posts.
    static func archive(_ random: inout SeededRandom, count: Int) -> [String] {
        let tags = [
            "Corona", "corona", "CORONA", "Été", "été", "Straße", "STRASSE", "日本", "a", "b",
            "longer_than_fifteen_bytes", "x1",
        ]
        var time = now - 3_600_000
        var lines: [String] = []
        for number in 0..<count {
            time += Int64(random.below(4000))
            // Some posts are late, some are of a clock that is ahead, and some come again.
            let shift = random.below(10) == 0 ? -Int64(random.below(60_000)) : 0
            let own = random.below(60) == 0 ? time + Int64(random.below(600_000)) : time + shift
            if random.below(15) == 0, number > 0 {
                lines.append(lines[number - 1 - random.below(min(number, 40))])
            } else {
                lines.append(line(&random, number, own, tags))
            }
        }
        return lines
    }

    private static func line(_ random: inout SeededRandom, _ number: Int, _ own: Int64, _ tags: [String]) -> String {
        let chosen = (0..<random.below(4)).map { _ in tags[random.below(random.below(2) == 0 ? 3 : tags.count)] }
        let text = chosen.map { "#" + $0 }.joined(separator: " ")
        let author = random.below(3) == 0 ? random.below(3) : random.below(200)
        switch random.below(12) {
        case 0: return #"{"delete":{"status":{"id_str":"\#(random.below(number + 3))"}}}"#
        case 1: return "{broken"
        case 2: return #"{"limit":{"track":1}}"#
        case 3: return #"{"id_str":"\#(number)","text":"no time \#(text)"}"#
        case 4:
            return
                #"{"id_str":"\#(number)","created_at":"\#(stamp(now + 86_400_000))","text":"from the future \#(text)"}"#
        case 5, 6:
            let list = chosen.map { #"{"text":"\#($0)"}"# }.joined(separator: ",")
            return
                #"{"created_at":"\#(stamp(own))","id_str":"\#(number)","text":"listed","user":{"id":\#(author)},"entities":{"hashtags":[\#(list)]}}"#
        default:
            return
                #"{"created_at":"\#(stamp(own))","id_str":"\#(number)","text":"\#(text) &amp; more","user":{"id":\#(author)}}"#
        }
    }

    func settings(_ random: inout SeededRandom) -> TrendingSettings {
        var settings = TrendingSettings()
        settings.usesEventTime = true
        settings.slide = .seconds([1, 10, 60][random.below(3)])
        settings.window = settings.slide! * [1, 2, 5][random.below(3)]
        settings.lateness = .seconds([0, 7, 40][random.below(3)])
        settings.outliers = [0, 0, 1, 3, 8][random.below(5)]
        settings.rememberedIDs = [0, 100_000][random.below(2)]
        settings.keys = random.below(2) == 0 ? .hashtags : .hashWords
        settings.order = random.below(2) == 0 ? .count : .authors
        settings.countsAuthorsOnce = random.below(4) == 0
        settings.minimumCount = 1 + random.below(2)
        settings.limit = [3, 100][random.below(2)]
        return settings
    }

    /// Counts, authors, order, spellings, deletions and lateness match those of a plain program, regardless of the
    /// batches and the number of threads.
    @Test(arguments: 0..<40)
    func tablesAreThoseOfAPlainProgram(seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 21)
        let settings = settings(&random)
        let lines = Self.archive(&random, count: 50 + random.below(400))
        let expected = NaiveTrending(settings: settings).tables(lines, batchTime: Self.now)
        var all: [[TrendingTable]] = []
        for (batches, threads) in [(1, 2), (7, 1), (lines.count, 2)] {
            all.append(try await Self.run(lines, settings, batches: batches, threads: threads))
        }
        let found = all[0].map { table in
            NaiveTrending.Table(
                end: table.end.milliseconds, posts: table.posts,
                rows: table.rows.map {
                    .init(
                        key: String($0.key), count: $0.count, authors: $0.authors!, display: String($0.display!),
                        first: $0.firstSeen!.milliseconds)
                })
        }
        #expect(found.map(\.end) == expected.tables.map(\.end))
        for (mine, plain) in zip(found, expected.tables) {
            #expect(mine.posts == plain.posts)
            #expect(mine.rows.map(\.key) == plain.rows.map(\.key), "seed \(seed) at \(mine.end)")
            #expect(mine.rows.map(\.count) == plain.rows.map(\.count))
            #expect(mine.rows.map(\.authors) == plain.rows.map(\.authors))
            #expect(mine.rows.map(\.display) == plain.rows.map(\.display))
        }
        #expect(all[0].last?.late ?? 0 == expected.late)
        #expect(all[0].flatMap(\.rows).allSatisfy { $0.count == $0.countUpperBound })
        #expect(all[0] == all[1] && all[0] == all[2])
    }

    /// Tables in several orders from one state match those of a separate state for each order.
    @Test(arguments: 0..<6)
    func furtherOrdersAreTheTablesOfTheirOwn(seed: Int) async throws {
        var random = SeededRandom(seed: 900 + UInt64(seed))
        let lines = Self.archive(&random, count: 400)
        var settings = settings(&random)
        settings.score = seed % 2 == 0 ? .deviation : .chiSquare
        settings.limit = seed % 3 == 0 ? 3 : 50
        var all = settings
        (all.order, all.additionalOrders) = (.count, [.authors, .burst])
        let together = try await Self.run(lines, all, batches: 7)
        for order in TrendingSettings.Order.allCases {
            settings.order = order
            let alone = try await Self.run(lines, settings, batches: 7)
            #expect(alone.count > 3)
            let found = together.filter { $0.order == order }
            if settings.score == .deviation || order == .burst {
                #expect(found == alone)
            } else {
                // Peaks keep keys in the baseline that would otherwise be evicted, so more is known of their expected
                // counts and first times.
                let counts = { (table: TrendingTable) in
                    table.rows.map { [$0.count, $0.authors!, $0.rank] + $0.history! }
                }
                #expect(found.map { $0.rows.map(\.key) } == alone.map { $0.rows.map(\.key) })
                #expect(found.map(counts) == alone.map(counts))
                #expect(found.map { $0.rows.map(\.samples) } == alone.map { $0.rows.map(\.samples) })
            }
        }
    }
}
