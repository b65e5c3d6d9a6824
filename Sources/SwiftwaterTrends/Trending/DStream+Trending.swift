import SwiftwaterCore
import SwiftwaterPosts
import SwiftwaterStreaming

extension DStream where Element == Text {
    /// Returns what is trending in a stream of posts: a table for each window that is over. Posts are plain lines or JSON
    /// of the four services (`PostParser`). The step's name is `trending`.
    ///
    /// ```swift
    /// let settings = TrendingSettings(window: .seconds(600), slide: .seconds(60), order: .burst)
    /// posts.trending(settings).forEachBatch { tables, _ in for table in try tables.collect() { show(table) } }
    /// ```
    ///
    /// A slide costs what its posts, its keys and the keys of the window cost, whatever the number of slides in the window.
    /// Where `recordsEvidence` is false and posts are plain lines, tags are counted in whole blocks, several times as fast;
    /// the counts are the same. Memory: 350 bytes for each key of each slide of the window and the texts of its samples,
    /// up to 4 KiB more for each of authors and texts where there are more than 64, 24 bytes for each key of a post that
    /// may be deleted, and 150 bytes for each key of the baseline; without evidence 100, nothing, 16 and (unless bursts
    /// are an order) nothing.
    ///
    /// - Parameters:
    ///   - settings: what makes a trend.
    ///   - filter: keys that do not trend, or the only ones that may.
    ///   - enrichment: what is known of authors: rows say how often each value was behind a key.
    ///   - isLast: asked after each batch without posts: whether no more will come, and the windows that are open end now.
    ///     What it says may depend on what the source has handed out until then, and on nothing else: a batch that is made
    ///     again after a restart asks again.
    public func trending(
        _ settings: TrendingSettings = TrendingSettings(), filter: TrendFilter? = nil,
        enrichment: TrendEnrichment? = nil,
        isLast: @escaping @Sendable () -> Bool = { false }
    ) -> DStream<TrendingTable> {
        var settings = settings
        if settings.slide == nil, !settings.usesEventTime { settings.slide = slideDuration }
        for problem in settings.problems(batch: slideDuration) { context.reportProblem(problem, in: "trending") }
        let engine = context.engine
        let state = TrendState(settings, filter: filter, enrichment: enrichment, origin: 0, isLast: isLast) {
            engine.warn($0)
        }
        return withState("trending", state).named("trending")
    }

    /// Returns the keys of posts, folded and with their sign, each once for each post: what `trending` counts. Posts that
    /// cannot be read have none.
    public func trendingKeys(_ keys: TrendingSettings.Keys = .hashtags) -> DStream<Text> {
        mapPartitions { lines in
            var (reader, scanner, view, text) = (PostReader(), KeyScanner(keys), PostView(), [UInt8]())
            defer { scanner.deallocate() }
            var found: [Text] = []
            for line in lines {
                line.withBytes { bytes in
                    guard (try? reader.read(bytes, into: &view)) != nil, case .post = view.kind else { return }
                    scanner.forEachKey(of: view, &text) { key, _ in found.append(key.detached()) }
                }
            }
            return found
        }
    }
}

extension DStream where Element == TrendingTable {
    /// Hands each table to `body`, in order. The output's name is `name`.
    public func forEachTable(
        name: String? = nil, _ body: @escaping @Sendable (TrendingTable) throws -> Void
    ) {
        forEachBatch(name: name) { tables, _ in for table in try tables.collect() { try body(table) } }
    }

    /// Writes each table's rows to a sink, with `TrendingRow.sinkColumns`.
    public func save(to sink: any TableSink, name: String) {
        flatMap { table in table.rows.map { (table.end, $0) } }.save(
            to: sink, name: name, columns: TrendingRow.sinkColumns
        ) { $0.1.sinkValues(end: $0.0) }
    }
}
