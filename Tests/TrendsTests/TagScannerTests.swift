import Swiftwater
import TestSupport
import Testing

/// The counter in bytes gives what the closures give.
@Suite struct TagScannerTests {
    /// Counts by the closure form and by the counter, over the same lines as one batch.
    private func counts(
        _ lines: [Text], _ tokenizer: TrendsSettings.Tokenizer, inBlocks: Bool
    ) async throws -> (closures: [String], bytes: [String]) {
        var (stream, settings) = (StreamSettings(), TrendsSettings())
        stream.isStepped = true
        (settings.window, settings.tokenizer) = (.seconds(1), tokenizer)
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
        let (closures, bytes) = (Collected<String>(), Collected<String>())
        func show(_ counts: DStream<(Text, Int)>, _ into: Collected<String>) {
            counts.transform { $0.sorted(by: { $0.1 }, ascending: false) }
                .forEachBatch { rdd, _ in for row in try rdd.collect() { into.append("\(row.0) \(row.1)") } }
        }
        show(posts.tags(tokenizer).map { ($0, 1) }.reduceByKey(+), closures)
        show(posts.trends(settings), bytes)
        try await context.start()
        try context.step()
        await context.stop()
        return (closures.all, bytes.all)
    }

    private static let pieces = [
        "#", "#", "#", "＃", "a", "B", "é", "É", "ß", "SS", "σ", "ς", "日本", "カ", "\u{301}", "1", "_", " ", " ", "  ",
        ".", "/", "://",
        "http", "https://x.de/", "example.com/", "&", "\u{FE0F}", "🎉", "İ", "µ", "·", "#tag", "#TAG", "#Straße", "#ÉTÉ",
        "#a-tag-that-is-longer-than-fifteen-bytes", "#EinSehrLangesSchlagwortMitUmlautenÄÖÜ", "\t", "\u{A0}", "-", "!",
        "😀#x",
    ]

    @Test(arguments: TrendsSettings.Tokenizer.allCases, 0..<30)
    func bytesAgreeWithClosures(tokenizer: TrendsSettings.Tokenizer, seed: Int) async throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 3)
        let lines = (0..<300).map { _ in
            Text((0..<random.below(24)).map { _ in Self.pieces[random.below(Self.pieces.count)] }.joined())
        }
        let found = try await counts(lines, tokenizer, inBlocks: seed % 2 == 0)
        #expect(found.closures == found.bytes)
        #expect(found.bytes.count > 20)
    }

    @Test func tagsAreFolded() async throws {
        let found = try await counts(
            ["#Straße #STRASSE", "#ΟΔΟΣ #οδος #οδοσ", "＃Wide #ÉTÉ #été"], .hashtags, inBlocks: true)
        #expect(found.bytes == ["#οδοσ 3", "#strasse 2", "#été 2", "#wide 1"])
    }

    /// A line of a megabyte without a space costs one pass.
    @Test(.timeLimit(.minutes(1))) func longRunsCostOnePass() async throws {
        let line = Text(String(repeating: "/#a", count: 300_000))
        let found = try await counts([line], .hashtags, inBlocks: true)
        #expect(found.closures == found.bytes && found.bytes == ["#a 300000"])
    }
}
