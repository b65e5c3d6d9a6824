import ArgumentParser
import Swiftwater

/// Where posts come from, as `--source` says.
enum PostSource: ExpressibleByArgument {
    case socket(host: String, port: Int)
    case acknowledged(host: String, port: Int)
    case push(host: String, port: Int)
    case files(directory: String)
    case archive(path: String)

    init?(argument: String) {
        func address(_ scheme: String) -> (String, Int)? {
            guard argument.hasPrefix(scheme) else { return nil }
            let rest = argument.dropFirst(scheme.count)
            guard let colon = rest.lastIndex(of: ":"), colon != rest.startIndex,
                let port = Int(rest[rest.index(after: colon)...]), (0...65535).contains(port)
            else { return nil }
            return (String(rest[..<colon]), port)
        }
        if let (host, port) = address("socket://"), port > 0 {
            self = .socket(host: host, port: port)
        } else if let (host, port) = address("ack://"), port > 0 {
            self = .acknowledged(host: host, port: port)
        } else if let (host, port) = address("push://") {
            self = .push(host: host, port: port)
        } else if argument.hasPrefix("files:"), argument.count > 6 {
            self = .files(directory: String(argument.dropFirst(6)))
        } else if argument.hasPrefix("file:"), argument.count > 5 {
            self = .archive(path: String(argument.dropFirst(5)))
        } else {
            return nil
        }
    }

    /// The files that are read to their end, where that is what the source is.
    func archive(batchBytes: Int) throws -> ArchiveSource? {
        if case .archive(let path) = self { try ArchiveSource([path], batchBytes: batchBytes) } else { nil }
    }

    /// - Parameter archive: what `archive` gave.
    func stream(in context: StreamingContext, _ archive: ArchiveSource?) -> DStream<Text> {
        switch self {
        case .archive: context.archiveTextStream(archive!)
        case .socket(let host, let port): context.socketTextStream(host: host, port: port)
        case .acknowledged(let host, let port): context.acknowledgedTextStream(host: host, port: port)
        case .push(let host, let port): context.pushedTextStream(host: host, port: port)
        case .files(let directory): context.textFileStream(directory: directory, newFilesOnly: false)
        }
    }
}

/// Where tables go, as `--sink` says.
enum SinkArgument: ExpressibleByArgument {
    case files(directory: String, FileSink.Format)
    case sqlite(path: String)

    init?(argument: String) {
        for (prefix, format) in [("files:", FileSink.Format.ndjson), ("csv:", .csv), ("text:", .text)]
        where argument.hasPrefix(prefix) && argument.count > prefix.count {
            self = .files(directory: String(argument.dropFirst(prefix.count)), format)
            return
        }
        guard argument.hasPrefix("sqlite:"), argument.count > 7 else { return nil }
        self = .sqlite(path: String(argument.dropFirst(7)))
    }

    func open() throws -> any TableSink {
        switch self {
        case .files(let directory, let format): FileSink(directory: directory, format: format)
        case .sqlite(let path): try SQLiteSink(path: path)
        }
    }
}

/// What survives the end of the process.
struct DurabilityOptions: ParsableArguments {
    @Option(help: "Keep in this directory what is needed to go on after a stop of any kind, and go on from it.")
    var checkpoint: String?
    @Option(help: "How often states are stored.") var checkpointInterval: DurationArgument?
    @Option(help: "Give up what the checkpoint has under this name; repeat for more.") var checkpointDrop: [String] = []
    @Option(help: "OLD=NEW: what the checkpoint has as OLD is called NEW now; repeat for more.")
    var checkpointRename: [String] = []
    @Option(help: "Set batches that fail aside in this directory and go on.") var deadLetter: String?

    func validate() throws {
        for rename in checkpointRename where rename.split(separator: "=", omittingEmptySubsequences: false).count != 2 {
            throw ValidationError("--checkpoint-rename takes OLD=NEW, not '\(rename)'.")
        }
    }

    var settings: CheckpointSettings? {
        guard let checkpoint else { return nil }
        var settings = CheckpointSettings(directory: checkpoint)
        settings.interval = checkpointInterval?.duration
        settings.drop = Set(checkpointDrop)
        for rename in checkpointRename {
            let parts = rename.split(separator: "=").map(String.init)
            settings.rename[parts[0]] = parts[1]
        }
        return settings
    }
}

/// How trends are ranked, and what is kept of them.
struct TrendingOptions: ParsableArguments {
    @Flag(help: "Windows of the time that posts carry: an archive gives the same tables at any speed.") var eventTime =
        false
    @Option(help: "With --event-time: how long a window waits for posts that come late.") var lateness:
        DurationArgument?
    @Option(help: "What tables are ordered by: count, authors or burst.") var by: TrendingSettings.Order?
    @Option(
        help: "How bursts are measured: z (standard deviations above the expected) or chi-square (as Mastodon does).")
    var score = TrendingSettings.Score.deviation
    @Option(help: "Over how much time what is expected is an average.") var baseline = DurationArgument(
        .seconds(24 * 3600))
    @Option(help: "With --score chi-square: a score falls by half in so long.") var halfLife = DurationArgument(
        .seconds(7200))
    @Option(help: "Rarer keys do not trend.") var minSupport: Int?
    @Option(help: "What is counted: words, hashtags, cashtags, mentions, links or plain-words.") var keys:
        TrendingSettings.Keys?
    @Flag(help: "An author counts once for each key and window.") var oncePerAuthor = false
    @Option(help: "A file of keys that do not trend, one a line; read again when it changes.") var ignore: String?
    @Option(help: "A file of the only keys that may trend.") var allow: String?
    @Option(help: "A CSV, NDJSON or SQLite file of authors; rows say what was most often behind a key.") var enrich:
        String?
    @Option(help: "The file's column of author ids.") var enrichKey = "author_id"
    @Option(help: "The file's columns of values, with commas: location,verified,followers.") var enrichBy = "location"
    @Option(help: "The SQLite file's table.") var enrichTable = "authors"
    @Option(help: "Above so many keys in a slide, counts have bounds instead of being exact.") var keysMax =
        TrendingSettings().keysMax

    /// Whether more is asked for than counts.
    var isUsed: Bool {
        eventTime || by != nil || minSupport != nil || keys != nil || oncePerAuthor || ignore != nil || allow != nil
            || enrich != nil
    }

    func validate() throws {
        if lateness != nil, !eventTime { throw ValidationError("--lateness needs --event-time.") }
        if keysMax < 16 { throw ValidationError("--keys-max takes 16 or more.") }
    }

    func filter() throws -> TrendFilter? {
        ignore == nil && allow == nil ? nil : try TrendFilter(ignore: ignore, allow: allow)
    }

    func enrichment() throws -> TrendEnrichment? {
        try enrich.map { path in
            let columns = enrichBy.split(separator: ",").map(String.init)
            return try TrendEnrichment.isSQLite(path)
                ? .read(sqlite: path, table: enrichTable, key: enrichKey, columns: columns)
                : .read(path, key: enrichKey, columns: columns)
        }
    }

    func settings(_ counts: TrendsSettings, limit: Int) -> TrendingSettings {
        var settings = TrendingSettings()
        (settings.window, settings.slide, settings.limit) = (counts.window, counts.slide, limit)
        settings.keys = keys ?? (counts.tokenizer == .words ? .words : .hashtags)
        (settings.order, settings.score, settings.usesEventTime) = (by ?? .count, score, eventTime)
        settings.lateness = lateness?.duration ?? .zero
        (settings.baseline, settings.halfLife) = (baseline.duration, halfLife.duration)
        (settings.minimumSupport, settings.countsAuthorsOnce) = (minSupport ?? 1, oncePerAuthor)
        settings.keysMax = keysMax
        return settings
    }
}

extension TrendingSettings.Order: ExpressibleByArgument {}
extension TrendingSettings.Score: ExpressibleByArgument {}
extension TrendingSettings.Keys: ExpressibleByArgument {}
