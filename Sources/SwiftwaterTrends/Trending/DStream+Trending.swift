import SwiftwaterCore
import SwiftwaterPosts
import SwiftwaterStreaming

extension DStream where Element == Text {
    /// Returns the trends of a stream of posts: a table for each window that has ended. Posts are plain lines or JSON
    /// of the four services (`PostParser`). The step's name is `trending`.
    ///
    /// ```swift
    /// let settings = TrendingSettings(window: .seconds(600), slide: .seconds(60), order: .burst)
    /// posts.trending(settings).forEachBatch { tables, _ in for table in try tables.collect() { show(table) } }
    /// ```
    ///
    /// The cost of a slide depends on its posts, its keys and those of the slide that leaves the window. If anything
    /// has changed, each order reads 40 bytes for each key of the window. The number of slides in the window plays a
    /// part only for the keys that are listed. If `recordsEvidence` is false and posts are plain lines, tags are
    /// counted in whole blocks, several times as fast, with the same counts.
    ///
    /// Memory: 350 bytes for each key of each slide of the window, plus the texts of its samples; up to 4 KiB more for
    /// its authors, and the same for its texts, if there are more than 64; 24 bytes for each key of a post that may be
    /// deleted; and 150 bytes for each key of the baseline. Without evidence, these are 100 bytes, nothing, 16 bytes
    /// and (unless bursts are an order) nothing.
    ///
    /// - Parameters:
    ///   - settings: the settings of the trends.
    ///   - filter: lists of keys to leave out, or of the only keys to list.
    ///   - enrichment: values of authors. Rows report how often each value occurs among the posts of a key. With
    ///     `Keys.authorValues`, they are the keys.
    ///   - isLast: called after each batch without posts. Returns whether no more posts will come, so that the open
    ///     windows end now. Its result may depend only on what the source has handed out until then, since a batch that
    ///     is repeated after a restart calls it again.
    public func trending(
        _ settings: TrendingSettings = TrendingSettings(), filter: TrendFilter? = nil,
        enrichment: TrendEnrichment? = nil,
        isLast: @escaping @Sendable () -> Bool = { false }
    ) -> DStream<TrendingTable> {
        var settings = settings
        if settings.slide == nil, !settings.usesEventTime { settings.slide = slideDuration }
        for problem in settings.problems(batch: slideDuration) { context.reportProblem(problem, in: "trending") }
        if settings.keys == .authorValues, enrichment == nil {
            let problem = SwiftwaterError(
                .invalidArgument, "the values of authors are to be counted, and the enrichment is missing",
                remedy: "pass an enrichment, or count other keys")
            context.reportProblem(problem, in: "trending")
        }
        let engine = context.engine
        let state = TrendState(settings, filter: filter, enrichment: enrichment, origin: 0, isLast: isLast) {
            engine.warn($0)
        }
        return withState("trending", state).named("trending")
    }

    /// Returns the keys of posts, folded and with their sign, once per post: what `trending` counts. Posts that cannot
    /// be parsed have no keys.
    public func trendingKeys(_ keys: TrendingSettings.Keys = .hashtags) -> DStream<Text> {
        mapPartitions { lines in
            var (reader, scanner, view, text) = (PostReader(), KeyScanner(keys), PostView(), [UInt8]())
            defer { scanner.deallocate() }
            var found: [Text] = []
            for line in lines {
                line.withBytes { bytes in
                    func take() {
                        guard case .post = view.kind else { return }
                        scanner.forEachKey(of: view, &text) { key, _ in found.append(key.detached()) }
                    }
                    if (try? reader.read(bytes, into: &view)) == true { take() }
                    while reader.hasMore { if (try? reader.next(into: &view)) == true { take() } }
                }
            }
            return found
        }
    }
}

extension DStream where Element == TrendingTable {
    /// Calls `body` with each table, in order. The output's name is `name`.
    public func forEachTable(
        name: String? = nil, _ body: @escaping @Sendable (TrendingTable) throws -> Void
    ) {
        forEachBatch(name: name) { tables, _ in for table in try tables.collect() { try body(table) } }
    }

    /// Writes each table's rows to a sink, with `TrendingRow.sinkColumns`.
    public func save(to sink: any TableSink, name: String) {
        flatMap { table in
            let frame = table.prefix(0)
            return table.rows.map { (frame, $0) }
        }.save(to: sink, name: name, columns: TrendingRow.sinkColumns) { $0.1.sinkValues(of: $0.0) }
    }
}
