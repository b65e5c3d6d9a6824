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
    /// Counts tags over a sliding window of posts.
    public func trends(_ settings: TrendsSettings = TrendsSettings()) -> DStream<(Text, Int)> {
        let posts = window(settings.window, slide: settings.slide)
        let tags: DStream<Text>
        switch settings.tokenizer {
        case .words:
            tags = posts.flatMap { $0.split(separator: " ") }.filter { $0.hasPrefix("#") }.map { $0.lowercased() }
        case .hashtags:
            let extractor = HashtagExtractor()
            tags = posts.flatMap { extractor.hashtags(in: $0) }.map { Text("#" + String($0.lowercased())) }
        }
        return tags.map { ($0, 1) }.reduceByKey(+).transform { $0.sorted(by: { $0.1 }, ascending: false) }
    }

    /// Hands the table of every window to `body`.
    public func forEachTrendTable(
        _ settings: TrendsSettings = TrendsSettings(), _ body: @escaping @Sendable (TrendTable) throws -> Void
    ) {
        trends(settings).forEachBatch(name: "trends") { rdd, time in
            let rows = try rdd.collect().map { (tag: $0.0, count: $0.1) }
            try body(TrendTable(time: time, window: settings.window, rows: rows))
        }
    }
}
