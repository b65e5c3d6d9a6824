import Foundation
import Logging
import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterStreaming
import SwiftwaterTesting
import SwiftwaterTrends
import TestSupport
import Testing

/// Trends whose authors are looked up while they post.
@Suite struct AuthorLookupTests {
    private final class People: StaticTable {
        let label = "people"
        let columns = ["place", "verified"]
        let rows: Monitor<[Text: [Text?]]>
        init(_ rows: [Text: [Text?]]) { self.rows = Monitor(rows) }
        func rows(forKeys keys: [Text]) -> [(key: Text, values: [Text?])] {
            rows.read { rows in keys.compactMap { key in rows[key].map { (key, $0) } } }
        }
    }

    private static func post(_ number: Int, author: String, _ text: String) -> String {
        "{\"id_str\":\"\(number)\",\"text\":\"\(text)\",\"user\":{\"id_str\":\"\(author)\"}}"
    }

    /// Looked up while they post or known from the start: the tables are the same.
    @Test(arguments: [1, 7]) func lookedUpIsAsKnownFromTheStart(batches: Int) async throws {
        var random = SeededRandom(seed: UInt64(batches))
        let people = (0..<200).map { number in
            (
                id: "\(number)",
                values: [["Wien", "Graz", "", nil][random.below(4)], ["true", "false"][random.below(2)]] as [String?]
            )
        }
        var lines: [String] = []
        for number in 0..<3000 {
            if number > 100, random.below(20) == 0 {
                lines.append("{\"delete\":{\"status\":{\"id_str\":\"\(number - 1 - random.below(50))\"}}}")
            } else {
                let text = "#t\(random.below(9)) and #t\(random.below(40))"
                lines.append(Self.post(number, author: "\(random.below(250))", text))
            }
        }
        let table = People(
            Dictionary(uniqueKeysWithValues: people.map { (Text($0.id), $0.values.map { $0.map { Text($0) } }) }))
        var settings = TrendingSettings()
        (settings.window, settings.slide, settings.limit) = (.seconds(4), .seconds(1), 0)
        for keys in [TrendingSettings.Keys.hashtags, .authorValues] {
            settings.keys = keys
            let known = try await TrendingTests.run(
                lines, settings, batches: batches,
                enrichment: TrendEnrichment(columns: ["place", "verified"], rows: people))
            let lookedUp = try await TrendingTests.run(
                lines, settings, batches: batches, enrichment: TrendEnrichment(CachedTable(table)))
            #expect(known.count == lookedUp.count && known.contains { !$0.rows.isEmpty })
            for (one, other) in zip(known, lookedUp) {
                #expect(one.rows == other.rows && one.posts == other.posts)
                if keys == .authorValues {
                    #expect(Set(one.rows.map(\.key)).isSubset(of: ["Wien", "Graz", "true", "false"]))
                }
            }
        }
    }

    /// After a restart, a row has the values of posts from before it, whatever the table has now; later posts count with
    /// what it has now.
    @Test func valuesSurviveARestart() async throws {
        let disk = SimulatedDisk(seed: 1)
        let people = People(["1": ["Wien", nil], "2": ["Graz", "true"]])
        var all: [[String]] = []
        for (number, posts) in [["1", "2", "1"], ["1", "3"]].enumerated() {
            let clock = ManualClock(at: BatchTime(milliseconds: Int64(10_000 + number * 20_000)))
            var settings = StreamSettings()
            (settings.isStepped, settings.files) = (true, disk)
            let logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
            let context = StreamingContext(
                Context(master: .local(threads: 2), appName: "authors", logger: logger), batchInterval: .seconds(1),
                settings: settings, clock: clock)
            var checkpoint = CheckpointSettings(directory: "state")
            checkpoint.interval = .seconds(1)
            context.checkpoint(checkpoint)
            let hand = Hand()
            var trending = TrendingSettings()
            (trending.window, trending.slide) = (.seconds(60), .seconds(1))
            let tables = Collected<TrendingTable>()
            context.receiverStream(hand).named("posts").trending(
                trending, enrichment: TrendEnrichment(CachedTable(people, clock: clock))
            ).named("trends").forEachBatch(name: "tables") { rdd, _ in
                for table in try rdd.collect() { tables.append(table) }
            }
            try await context.start()
            for (place, author) in posts.enumerated() {
                let line = Self.post(number * 100 + place, author: author, "#a") + "\n"
                Array(line.utf8).withUnsafeBytes { _ = hand.store!.store($0) }
            }
            // Missed batches come first.
            for _ in 0..<16 {
                clock.advance(by: .seconds(1))
                try context.step()
            }
            all.append(
                tables.all.last?.rows.first?.groups?.map { "\($0.column) \($0.value) \($0.count)" } ?? ["no row"])
            try await context.stop()
            // The first place is not known any longer.
            people.rows.update { $0 = ["1": ["Linz", nil], "3": [nil, "true"]] }
        }
        #expect(all[0] == ["place Wien 2", "place Graz 1", "verified true 1"])
        #expect(all[1] == ["place Wien 2", "place Graz 1", "place Linz 1", "verified true 2"])
    }

    private final class Hand: TextReceiver, @unchecked Sendable {
        var store: ReceiverStore?
        func start(into store: ReceiverStore) { self.store = store }
        func stop() {}
    }

    @Test func valuesNeedAnEnrichment() async throws {
        let error = await #expect(throws: SwiftwaterError.self) {
            try await TrendingTests.run(["#a"], TrendingSettings(keys: .authorValues), batches: 1)
        }
        #expect(error?.message.contains("enrichment") == true)
    }
}
