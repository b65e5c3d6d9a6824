import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterPosts
import SwiftwaterStreaming
import SwiftwaterTrends
import TestSupport
import Testing

/// Counting whole blocks gives the same result as a plain program over strings, and as reading post by post.
@Suite struct BlockCounterTests {
    /// Counts lines as one batch: with closures, with the block counter, and with evidence.
    private func counts(
        _ lines: [Text], _ keys: TrendingSettings.Keys, inBlocks: Bool
    ) async throws -> (closures: [String], blocks: TrendingTable, evidence: TrendingTable) {
        var stream = StreamSettings()
        stream.isStepped = true
        let context = StreamingContext(
            Context(master: .local(threads: 2), appName: "tags"), batchInterval: .seconds(1), settings: stream,
            clock: ManualClock())
        let folder = try TemporaryDirectory()
        let posts: DStream<Text>
        if inBlocks {
            try folder.write("posts.txt", lines.map { String($0) + "\n" }.joined())
            posts = context.textFileStream(directory: folder.path, newFilesOnly: false)
        } else {
            posts = context.queueStream([lines])
        }
        let (closures, tables) = (Collected<String>(), Collected<TrendingTable>())
        tags(posts, keys).map { ($0, 1) }.reduceByKey(+).transform { $0.sorted(by: { $0.1 }, ascending: false) }
            .forEachBatch { rdd, _ in for row in try rdd.collect() { closures.append("\(row.0) \(row.1)") } }
        for evidence in [false, true] {
            posts.trending(.init(window: .seconds(1), keys: keys, recordsEvidence: evidence, limit: 0))
                .forEachTable { tables.append($0) }
        }
        try await context.start()
        try context.step()
        try await context.stop()
        return (closures.all, try #require(tables.all.first), try #require(tables.all.last))
    }

    /// The tags of each post, folded and each once, with the sets of the standard library.
    private func tags(_ posts: DStream<Text>, _ keys: TrendingSettings.Keys) -> DStream<Text> {
        guard keys == .hashtags else {
            return posts.flatMap { post in
                Set(post.split(separator: " ").filter { $0.hasPrefix("#") }.map { $0.lowercased() })
            }
        }
        let extractor = HashtagExtractor()
        return posts.flatMap { post in Set(extractor.hashtags(in: post).map { Text("#" + String($0.caseFolded())) }) }
    }

    private static let pieces = [
        "#", "#", "#", "＃", "a", "B", "é", "É", "ß", "SS", "σ", "ς", "日本", "カ", "\u{301}", "1", "_", " ", " ", "  ",
        ".", "/", "://", "{", "\r",
        "http", "https://x.de/", "example.com/", "&", "\u{FE0F}", "🎉", "İ", "µ", "·", "#tag", "#TAG", "#Straße", "#ÉTÉ",
        "#a-tag-that-is-longer-than-fifteen-bytes", "#EinSehrLangesSchlagwortMitUmlautenÄÖÜ", "\t", "\u{A0}", "-", "!",
        "😀#x",
    ]

    @Test(arguments: [TrendingSettings.Keys.hashtags, .hashWords], 0..<30)
    func blocksAgreeWithClosuresAndPosts(keys: TrendingSettings.Keys, seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 3)
        let lines = (0..<300).map { _ in
            // Not at the end, where a carriage return belongs to the line end.
            let line = (0..<random.below(24)).map { _ in Self.pieces[random.below(Self.pieces.count)] }.joined()
            return Text("x" + line + " x")
        }
        let found = try await counts(lines, keys, inBlocks: seed % 2 == 0)
        #expect(found.closures == found.blocks.rows.map { "\($0.key) \($0.count)" })
        #expect(found.blocks.rows.count > 20)
        expectSameCounts(found.blocks, found.evidence)
    }

    /// Expects that the counts of two tables are equal.
    private func expectSameCounts(_ left: TrendingTable, _ right: TrendingTable) {
        #expect(
            left.posts == right.posts && left.keys == right.keys && left.end == right.end && left.late == right.late)
        #expect(left.rows.map(\.key) == right.rows.map(\.key))
        #expect(left.rows.map(\.count) == right.rows.map(\.count))
        #expect(left.rows.map(\.score) == right.rows.map(\.score))
        #expect(left.rows.map(\.countUpperBound) == right.rows.map(\.countUpperBound))
        #expect(left.rows.allSatisfy { $0.authors == nil && $0.history == nil && $0.samples == nil })
    }

    @Test func tagsAreFoldedAndCountedOnceForEachPost() async throws {
        let found = try await counts(
            ["#Straße #STRASSE", "#ΟΔΟΣ #οδος", "#οδοσ", "＃Wide #ÉTÉ #été"], .hashtags, inBlocks: true)
        #expect(found.blocks.rows.map { "\($0.key) \($0.count)" } == ["#οδοσ 2", "#strasse 1", "#wide 1", "#été 1"])
    }

    /// JSON is read as posts, even among plain lines, and empty lines are not posts.
    @Test(arguments: [true, false]) func blocksWithJSONAreReadPostByPost(inBlocks: Bool) async throws {
        let lines: [Text] = [
            "#plain", ##"{"text":"caf\u00e9 #caf\u00e9 #日本","user":{"description":"#profile"},"id_str":"1"}"##, "",
            "  ",
            ##"  {"text":"indented #plain","user":{"id":7}}"##, "\t#tabbed", "{ no JSON #x",
        ]
        let found = try await counts(lines, .hashtags, inBlocks: inBlocks)
        #expect(
            found.blocks.rows.map { "\($0.key) \($0.count)" } == ["#plain 2", "#café 1", "#tabbed 1", "#日本 1"])
        #expect(found.blocks.posts == 4)
        expectSameCounts(found.blocks, found.evidence)
    }

    /// A line of a megabyte takes one pass, whether it repeats one tag or has many.
    @Test(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.isSlow)), .timeLimit(.minutes(1)))
    func longLinesAreCountedWithinBounds() async throws {
        let same = Text(String(repeating: "/#a", count: 300_000))
        #expect(try await counts([same], .hashtags, inBlocks: true).blocks.rows.map(\.count) == [1])
        let many = Text((0..<100_000).map { "#a\($0)" }.joined(separator: " "))
        let found = try await counts([many, many], .hashtags, inBlocks: true)
        #expect(found.blocks.keys == 100_000 && found.blocks.rows.allSatisfy { $0.count == 2 })
    }

    /// With event time, deletions and limits, the counts are the same with and without evidence.
    @Test(arguments: 0..<20)
    func countsDoNotDependOnEvidence(seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 5)
        let lines = TrendingTests.archive(&random, count: 300)
        var settings = TrendingSettings(
            window: .seconds(600), slide: .seconds([60, 120, 400][seed % 3]), usesEventTime: seed % 2 == 0,
            minimumCount: 1 + seed % 2, limit: [0, 4][seed % 2])
        if !settings.usesEventTime { (settings.window, settings.slide) = (.seconds(3), .seconds([1, 2, 3][seed % 3])) }
        let with = try await TrendingTests.run(lines, settings, batches: 6)
        settings.recordsEvidence = false
        let without = try await TrendingTests.run(lines, settings, batches: 6)
        #expect(with.count == without.count && with.count >= 2)
        for (left, right) in zip(without, with) { expectSameCounts(left, right) }
    }
}
