import ArgumentParser
import Logging
import Swiftwater

struct TrendsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trends",
        abstract: "Shows what is trending in a stream of posts, window by window.",
        discussion: """
            Every slide interval: how often each tag occurred within the window. \
            Ctrl-C stops it after what was received has been counted.

              swiftwater trends --source socket://127.0.0.1:7773 --window 20s
              swiftwater trends --source files:incoming --tokenizer words --json
              swiftwater trends --source ack://127.0.0.1:7773 --checkpoint state \\
                --sink sqlite:trends.db
              swiftwater trends --source file:archive.ndjson.gz --event-time \\
                --window 10m --slide 1m --by burst --min-support 5

            With --event-time, --by, --keys, --min-support, --once-per-author, --ignore, \
            --allow or --enrich, a row says why it trends: authors, what was expected, when it was first \
            seen, its counts before, posts. Posts are plain lines or JSON of Twitter v1.1, \
            X v2, Bluesky Jetstream or Mastodon.
            """)

    @Option(
        help: """
            socket://HOST:PORT; ack://HOST:PORT for a relay with --ack; push://HOST:PORT to listen for such relays; \
            files:DIRECTORY for files that appear there; file:PATH for a file, or a directory of files, read to the end.
            """)
    var source: PostSource
    @Option(help: "Write every table to files:DIR (NDJSON), csv:DIR, text:DIR or sqlite:FILE; repeat for more.")
    var sink: [SinkArgument] = []
    @Flag(help: "Also keep the count of each tag since the beginning, for the sinks.") var totals = false
    @OptionGroup var durability: DurabilityOptions
    @OptionGroup var trending: TrendingOptions
    @Option(help: "The batch interval.") var batch = DurationArgument(.seconds(10))
    @Option(help: "The window, a multiple of the batch interval.") var window = DurationArgument(.seconds(20))
    @Option(help: "How often there is a table, a multiple of the batch interval, which it is unless given.")
    var slide: DurationArgument?
    @Option(help: "How many tags to show; 0 shows all.") var top = 10
    @Option(help: "words: split on spaces, keep what starts with #. hashtags: the public hashtag rules.")
    var tokenizer = TrendsSettings.Tokenizer.hashtags
    @Option(help: "The threads to use: local, local[N] or local[*].") var master = "local[*]"
    @Flag(help: "One JSON object for each window instead of a table.") var json = false
    @Option(help: "Write which posts each batch held to this file.") var traceBatches: String?
    @Option(help: "Stop after so many batches.") var batches: Int?
    @Flag(help: "Log connections and batches.") var verbose = false
    @Option(help: "For file: sources: about how much a batch holds, at least one file or 32 MiB of one.")
    var archiveBatchBytes = 512 << 20

    @Option(help: "Longer lines are dropped and counted.") var lineLengthMaxBytes = LineLimits().lineLengthMaxBytes

    func validate() throws {
        guard top >= 0 else { throw ValidationError("--top takes 0 or more.") }
        guard (batches ?? 1) >= 1 else { throw ValidationError("--batches takes 1 or more.") }
        guard lineLengthMaxBytes >= 1 else { throw ValidationError("--line-length-max-bytes takes 1 or more.") }
    }

    func run() async throws {
        let archive = try source.archive(batchBytes: archiveBatchBytes)
        var logger = Logger(label: "swiftwater", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = verbose ? .debug : .warning
        var limits = StreamSettings()
        if let folder = durability.deadLetter { limits.onFailure = .setAside(directory: folder) }
        limits.lineLimits.lineLengthMaxBytes = lineLengthMaxBytes
        limits.isStepped = archive != nil
        let context = StreamingContext(
            Context(master: try Master(parsing: master), appName: "trends", logger: logger),
            batchInterval: batch.duration, settings: limits)
        if let checkpoint = durability.settings { context.checkpoint(checkpoint) }
        let posts = source.stream(in: context, archive).named("posts")
        if let traceBatches {
            let trace = try BatchTrace(path: traceBatches, appends: durability.checkpoint != nil)
            posts.forEachBatch(name: "trace") { rdd, time in try trace.write(try rdd.collect(), at: time) }
        }
        try show(posts, context, isLast: { archive?.isAtEnd ?? false })
        stopAfterBatches(context)
        try await context.start()
        guard let archive else { return try await context.awaitTerminationStoppingOnSignals() }
        try await replay(archive, context)
    }

    /// Tables to the terminal, or as JSON, and to sinks.
    private func show(_ posts: DStream<Text>, _ context: StreamingContext, isLast: @escaping @Sendable () -> Bool)
        throws
    {
        let settings = trendsSettings
        if trending.isUsed {
            let view = TrendingView(console: Console(), top: top, isJSON: json)
            let tables = posts.trending(
                trending.settings(settings, limit: top), filter: try trending.filter(),
                enrichment: try trending.enrichment(), isLast: isLast)
            for (number, argument) in sink.enumerated() {
                tables.flatMap { table in table.rows.map { (table.end, $0) } }.save(
                    to: try argument.open(), name: "trending" + (number == 0 ? "" : "-\(number + 1)"),
                    columns: TrendingView.columns, row: TrendingView.values)
            }
            return tables.forEachBatch(name: "view") { rdd, _ in
                for table in try rdd.collect() { try StandardStream.output.write(view.text(table)) }
            }
        }
        let view = TrendView(console: Console(), top: top, isJSON: json)
        let tables = posts.trends(settings)
        try save(tables, settings: settings, posts, context)
        tables.forEachTable(settings, name: "view") { try StandardStream.output.write(view.text($0)) }
    }

    private func stopAfterBatches(_ context: StreamingContext) {
        guard let batches else { return }
        let left = Monitor(batches)
        context.onBatchCompleted { [weak context] _ in
            if left.update({
                $0 -= 1; return $0 <= 0
            }) {
                context?.requestStop(gracefully: false)
            }
        }
    }

    /// Reads an archive to its end, batch by batch as fast as they are done; one more, which is empty, closes the windows that are open.
    private func replay(_ archive: ArchiveSource, _ context: StreamingContext) async throws {
        let console = Console()
        let isStopped = Monitor(false)
        let signals = StopSignals { isStopped.update { $0 = true } }
        defer { withExtendedLifetime(signals) {} }
        var done = 0
        while !archive.isAtEnd || !context.isCaughtUp, !isStopped.read({ $0 }), done < batches ?? .max {
            try context.step()
            done += 1
            if !StandardStream.output.isTerminal { console.progress("reading", archive.progress) }
        }
        console.endProgress()
        if archive.isAtEnd, context.isCaughtUp { try context.step() }
        await context.stop()
    }

    /// Tables, and totals where they are asked for, to every sink.
    private func save(
        _ tables: DStream<(Text, Int)>, settings: TrendsSettings, _ posts: DStream<Text>, _ context: StreamingContext
    ) throws {
        let totals =
            self.totals && !sink.isEmpty
            ? posts.tags(settings.tokenizer).map { ($0, 1) }.reduceByKey(+)
                .updateStateByKey { (new: [Int], sum: Int?) -> Int? in new.reduce(sum ?? 0, +) }.named("totals") : nil
        for (number, argument) in sink.enumerated() {
            let place = try argument.open()
            let suffix = number == 0 ? "" : "-\(number + 1)"
            tables.save(to: place, name: "trends" + suffix, columns: ["tag", "count"]) {
                [.text($0.0), .integer($0.1)]
            }
            totals?.save(to: place, name: "totals" + suffix, columns: ["tag", "count"]) {
                [.text($0.0), .integer($0.1)]
            }
        }
    }

    private var trendsSettings: TrendsSettings {
        var settings = TrendsSettings()
        (settings.window, settings.slide, settings.tokenizer) = (window.duration, slide?.duration, tokenizer)
        return settings
    }
}

extension TrendsSettings.Tokenizer: ExpressibleByArgument {}
