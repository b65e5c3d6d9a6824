import SwiftwaterCore
import SwiftwaterStreaming

extension DStream where Element == Text {
    /// What is trending in a stream of posts, and why: a table for each window that is over. Posts are plain lines or JSON of the four
    /// services (`PostParser`). Its name is `trending`.
    ///
    /// ```swift
    /// var settings = TrendingSettings()
    /// (settings.window, settings.slide, settings.order) = (.seconds(600), .seconds(60), .burst)
    /// posts.trending(settings).forEachBatch { tables, _ in for table in try tables.collect() { show(table) } }
    /// ```
    ///
    /// A slide costs what its posts, its keys and the keys of the window cost, whatever the number of slides in the window. Memory: about
    /// 350 bytes for each key of each slide of the window and the texts of its samples, up to 4 KiB more for each of authors and texts where
    /// there are more than 64, 24 bytes for each key of a post that may be deleted, and 150 bytes for each key of the baseline.
    ///
    /// - Parameters:
    ///   - filter: keys that do not trend, or the only ones that may.
    ///   - enrichment: what is known of authors: rows say how often each value was behind a key.
    ///   - isLast: asked after each batch without posts: whether no more will come, and the windows that are open end now. What it says may
    ///     depend on what the source has handed out until then, and on nothing else: a batch that is made again after a restart asks again.
    public func trending(
        _ settings: TrendingSettings = TrendingSettings(), filter: TrendFilter? = nil,
        enrichment: TrendEnrichment? = nil,
        isLast: @escaping @Sendable () -> Bool = { false }
    ) -> DStream<TrendingTable> {
        var settings = settings
        // What trends by the time of arrival has a table for each batch, unless told otherwise.
        if settings.slide == nil, !settings.usesEventTime { settings.slide = slideDuration }
        for problem in settings.problems(batch: slideDuration) { context.reportProblem(problem, in: "trending") }
        let engine = context.context
        let state = TrendState(settings, filter: filter, enrichment: enrichment, origin: 0, isLast: isLast) {
            engine.warn($0)
        }
        return withState("trending", state).named("trending")
    }
}

extension TrendingSettings {
    /// What cannot work.
    func problems(batch: Duration) -> [SwiftwaterError] {
        var problems: [SwiftwaterError] = []
        func refuse(_ what: String, _ remedy: String) {
            problems.append(SwiftwaterError(.invalidArgument, what, remedy: remedy))
        }
        if step < .milliseconds(1) || !window.isMultiple(of: step) || window < step {
            refuse(
                "a window of \(window.label) is no multiple of the slide of \(step.label)",
                "choose a window that is a multiple of \(step.label)")
        }
        if !usesEventTime, !step.isMultiple(of: batch) {
            refuse(
                "a slide of \(step.label) is no multiple of the batch interval of \(batch.label)",
                "choose a multiple of \(batch.label)")
        }
        if usesEventTime ? lateness < .zero : lateness != .zero {
            refuse("a lateness of \(lateness.label)", "give one of zero or more, with event time")
        }
        if !keepsReasons, ([order] + furtherOrders).contains(.authors) || countsAuthorsOnce {
            refuse("authors are to be counted and not kept", "set keepsReasons")
        }
        if baseline < step { refuse("a baseline of \(baseline.label)", "give one of at least a slide") }
        if limit < 0 || keysMax < 16 || samples < 0 || history < 1 {
            refuse(
                "a limit of \(limit), keysMax of \(keysMax), \(samples) samples or a history of \(history)",
                "use a limit and samples of 0 or more, keysMax of 16 or more, and a history of 1 or more")
        }
        return problems
    }
}
