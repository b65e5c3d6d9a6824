import SwiftwaterCore
import SwiftwaterPosts
import SwiftwaterStreaming

/// The counts of one window, most frequent first; equal counts in order of the tags' bytes.
public struct TrendTable: Sendable {
    public let time: BatchTime
    public let window: Duration
    /// Every tag of the window, in lower case and with `#`.
    public let rows: [(tag: Text, count: Int)]

    public init(time: BatchTime, window: Duration, rows: [(tag: Text, count: Int)]) {
        self.time = time
        self.window = window
        self.rows = rows
    }
}

extension DStream where Element == Text {
    /// The tags of posts, in lower case and with `#`.
    public func tags(_ tokenizer: TrendsSettings.Tokenizer) -> DStream<Text> {
        switch tokenizer {
        case .words:
            return flatMap { $0.split(separator: " ") }.filter { $0.hasPrefix("#") }.map { $0.lowercased() }
        case .hashtags:
            let extractor = HashtagExtractor()
            return flatMap { extractor.hashtags(in: $0) }.map { Text("#" + String($0.caseFolded())) }
        }
    }

    /// How often each tag occurs in runs of posts, counted in bytes, block by block: what `tags(_:)` and a count of each give, but for the order.
    /// A tag may come several times.
    func partialCounts(_ settings: TrendsSettings) -> DStream<(Text, Int)> {
        // Counts do not depend on how many tables they are put together from.
        mapBlocks(named: "countTags", groups: 2 * context.context.defaultParallelism) { forEachBlock, sink in
            let table = TagTable()
            var scanner = TagScanner(settings.tokenizer)
            defer { scanner.deallocate() }
            try forEachBlock { block in scanner.forEachTag(in: block) { table.add($0) } }
            try table.forEach { try sink(($0, $1)) }
        }
    }

    /// Counts tags over a sliding window of posts: the windowed aggregate, with subtraction. Its name is `trends`.
    public func trends(_ settings: TrendsSettings = TrendsSettings()) -> DStream<(Text, Int)> {
        partialCounts(settings)
            .reduceByKeyAndWindow(+, inverse: -, window: settings.window, slide: settings.slide).named("trends")
            .transform { $0.sorted(by: { $0.1 }, ascending: false) }
    }

    /// Hands the table of every window to `body`.
    public func forEachTrendTable(
        _ settings: TrendsSettings = TrendsSettings(), _ body: @escaping @Sendable (TrendTable) throws -> Void
    ) { trends(settings).forEachTable(settings, body) }
}

extension DStream where Element == (Text, Int) {
    /// Hands the table of every window of `trends` to `body`.
    public func forEachTable(
        _ settings: TrendsSettings, name: String = "trends", _ body: @escaping @Sendable (TrendTable) throws -> Void
    ) {
        forEachBatch(name: name) { rdd, time in
            let rows = try rdd.collect().map { (tag: $0.0, count: $0.1) }
            try body(TrendTable(time: time, window: settings.window, rows: rows))
        }
    }
}
