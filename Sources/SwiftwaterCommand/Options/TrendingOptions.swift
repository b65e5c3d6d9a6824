import ArgumentParser
import Swiftwater

/// Options for what is counted and how trends are ranked.
struct TrendingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to count: hashtags (public rules), hash-words (words that begin with #, split at spaces), "
                + "cashtags, mentions, links, words, or author-values (what --enrich knows of the author).",
            valueName: "kind"))
    var keys = TrendingSettings.Keys.hashtags
    @Flag(help: "Assign posts to windows by their own time: an archive gives the same tables at any speed.")
    var eventTime = false
    @Option(
        parsing: .unconditional, help: "With --event-time: how long a window waits for late posts.",
        transform: DurationArgument.init(parsing:)) var lateness: DurationArgument?
    @Option(
        help: """
            With --event-time: posts that may be ahead of all others without closing windows. (default: 8 for \
            file:, otherwise 0)
            """)
    var outliers: Int?
    @Option(
        help: """
            Count a post once if it comes again within this many posts with ids; 0 to count it again. (default: \
            100000 for file: and live sources, otherwise 0)
            """)
    var rememberIds: Int?
    @Option(help: "Order of rows: count, authors or burst. (default: count)") var by: TrendingSettings.Order?
    @Option(
        help: "With --by burst: z (standard deviations above the expected count, the default) or chi-square.")
    var score: TrendingSettings.Score?
    @Option(
        parsing: .unconditional, help: "Time over which the expected rate is averaged. (default: 24h)",
        transform: DurationArgument.init(parsing:)) var baseline: DurationArgument?
    @Option(
        parsing: .unconditional, help: "With --score chi-square: the half-life of a score. (default: 2h)",
        transform: DurationArgument.init(parsing:))
    var halfLife: DurationArgument?
    @Option(
        name: [.customLong("min-count"), .customLong("min-support")], help: "Minimum count for a key to be listed.")
    var minCount: Int?
    @Flag(help: "Count an author once for each key and window.") var oncePerAuthor = false
    @Option(help: "File of keys not to list, one per line; reread when it changes.")
    var ignore: String?
    @Option(help: "File of the only keys to list.") var allow: String?
    @OptionGroup var enrichment: EnrichmentOptions
    @Option(help: "Number of keys in a slide above which rare ones are evicted and counts get an upper bound.")
    var keysMax = TrendingSettings().keysMax
    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Record authors, expected counts, first time, history and samples. On by default with --event-time, --by, "
                + "--baseline, --min-count, --once-per-author, --ignore, --allow, --enrich or other keys; faster without."
        ))
    var details: Bool?
    @Option(help: .hidden) var tokenizer: String?

    /// Whether rows explain why a key trends.
    private var recordsEvidence: Bool {
        details
            ?? (eventTime || by != nil || minCount != nil || keys != .hashtags && keys != .hashWords || oncePerAuthor
                || ignore != nil || allow != nil || baseline != nil || enrichment.enrich != nil)
    }

    func validate() throws {
        if tokenizer != nil {
            throw ValidationError(
                "--tokenizer is now --keys: hash-words for tags split at spaces, hashtags for the public rules.")
        }
        if lateness != nil, !eventTime { throw ValidationError("--lateness requires --event-time.") }
        if score != nil, by != .burst { throw ValidationError("--score requires --by burst.") }
        if halfLife != nil, score != .chiSquare { throw ValidationError("--half-life requires --score chi-square.") }
        if let outliers {
            if !eventTime { throw ValidationError("--outliers requires --event-time.") }
            if !(0...1000).contains(outliers) { throw ValidationError("--outliers takes 0 to 1000, not \(outliers).") }
        }
        if let rememberIds, rememberIds < 0 {
            throw ValidationError("--remember-ids takes 0 or more, not \(rememberIds).")
        }
        if keys == .authorValues, enrichment.enrich == nil {
            throw ValidationError("--keys author-values requires --enrich.")
        }
        if baseline != nil, details == false {
            throw ValidationError("--baseline is for the details of rows; omit --no-details.")
        }
        if keysMax < 16 { throw ValidationError("--keys-max takes 16 or more.") }
        if let minCount, minCount < 1 { throw ValidationError("--min-count takes 1 or more.") }
        if details == false, by == .authors || oncePerAuthor || enrichment.enrich != nil {
            throw ValidationError("--by authors, --once-per-author and --enrich need details; omit --no-details.")
        }
    }

    func filter() throws -> TrendFilter? {
        ignore == nil && allow == nil ? nil : try TrendFilter(ignore: ignore, allow: allow)
    }

    /// - Parameters:
    ///   - archive: the files of a source that ends.
    ///   - isLive: whether posts come from a live service, where an edited one comes again.
    ///   - format: how the files are read.
    func settings(
        window: Duration, slide: Duration?, archive: [String]?, isLive: Bool = false,
        format: TextFileFormat = TextFileFormat()
    ) throws -> TrendingSettings {
        var settings = TrendingSettings(
            window: window, slide: slide, keys: keys, order: by ?? .count, score: score ?? .deviation,
            usesEventTime: eventTime, lateness: lateness?.duration ?? .zero,
            outliers: outliers ?? (archive != nil && eventTime ? 8 : 0),
            rememberedIDs: rememberIds ?? (archive == nil && !isLive ? 0 : 100_000),
            baseline: baseline?.duration ?? max(.seconds(24 * 3600), slide ?? (eventTime ? window : .zero)),
            minimumCount: minCount ?? 1, halfLife: halfLife?.duration ?? .seconds(7200),
            countsAuthorsOnce: oncePerAuthor, recordsEvidence: recordsEvidence, keysMax: keysMax)
        if eventTime, let first = archive?.first, try ArchiveOrder.isNewestFirst(first, format: format) {
            Console().remark("\(first) has its newest posts first: all windows stay open until its end")
            // Longer than any archive.
            settings.lateness = .seconds(200 * 366 * 24 * 3600)
        }
        return settings
    }
}

extension TrendingSettings.Order: ExpressibleByArgument {}
extension TrendingSettings.Score: ExpressibleByArgument {}
extension TrendingSettings.Keys: ExpressibleByArgument {}
