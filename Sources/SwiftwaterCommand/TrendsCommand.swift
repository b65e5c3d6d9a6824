import ArgumentParser
import Logging
import Swiftwater

struct TrendsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trends",
        abstract: "Shows what is trending in a stream of posts, window by window.",
        discussion: """
            Prints a table for each slide: the keys with the most posts in the window. \
            Ctrl-C stops after received posts have been counted.

              swiftwater trends --source jetstream: --window 1m
              swiftwater trends --source socket://127.0.0.1:7773 --window 20s
              swiftwater trends --source files:incoming --keys words --json
              swiftwater trends --source ack://127.0.0.1:7773 --checkpoint state \\
                --sink sqlite:trends.db
              swiftwater trends --source file:archive.ndjson.gz --event-time \\
                --window 10m --slide 1m --by burst --min-count 5
              swiftwater trends --source file:tweets.csv --text-column content \\
                --encoding latin-1
              swiftwater trends --source kafka://broker:9092/posts --checkpoint s3a://b/t \\
                --master sc://spark.example:15002 --event-time --window 10m

            Posts are plain lines, lines of relay --format posts, rows of CSV files, or JSON of Twitter \
            v1.1, X v2, Bluesky Jetstream or Mastodon. A post counts once for each key. \
            JSON and sinks have the same columns with all options; values that are not \
            computed are null.
            """)

    @Option(
        help: ArgumentHelp(
            """
            Where posts come from, such as jetstream:, socket://HOST:PORT, kafka://BROKER/TOPIC, tail:FILE or file:PATH. \
            'swiftwater connectors' lists all. On a Spark cluster: socket, files, file, kafka and rate:POSTS.
            """, valueName: "url"), transform: PostSource.init(parsing:))
    var source: PostSource
    @Option(
        help: ArgumentHelp(
            "Write every table to files:DIR (NDJSON), csv:DIR, text:DIR, sqlite:FILE, postgresql://HOST/DATABASE, mongodb://HOST/DATABASE, kafka://BROKER/TOPIC or https://HOST/PATH (a webhook) (repeatable).",
            valueName: "url")
    )
    var sink: [SinkArgument] = []
    @Option(help: "Number of rows of each table to write to sinks; 0 writes all. (default: 0)") var sinkTop: Int?
    @Flag(help: "Also write the count of each key since the start to the sinks.") var totals = false
    @OptionGroup var durability: DurabilityOptions
    @OptionGroup var trending: TrendingOptions
    @OptionGroup var files: PostFileOptions
    @Option(parsing: .unconditional, help: "Batch interval. (default: 10s)", transform: DurationArgument.init(parsing:))
    var batch =
        DurationArgument(.seconds(10))
    @Option(
        parsing: .unconditional, help: "Window length, such as 20s, 1m30s or 1d. (default: 20s)",
        transform: DurationArgument.init(parsing:)) var window = DurationArgument(.seconds(20))
    @Option(
        parsing: .unconditional,
        help:
            "Interval between tables, a multiple of the batch interval. (default: the batch interval; with --event-time, the window)",
        transform: DurationArgument.init(parsing:))
    var slide: DurationArgument?
    @Option(help: "Number of rows to show; 0 shows all.") var top = 10
    @Option(help: "Threads to use: local, local[N] or local[*]; or sc://HOST:PORT, a Spark cluster.")
    var master = "local[*]"
    @Option(help: "On a Spark cluster: the name of the query, which goes on after Ctrl-C and is joined again by it.")
    var query: String?
    @Flag(help: "On a Spark cluster: stop the query of this name.") var stopQuery = false
    @Flag(help: "Print one JSON object for each window instead of a table.") var json = false
    @Option(help: "Write the posts of each batch to this file.") var traceBatches: String?
    @Option(help: "Keep metrics of the stream in this file, in Prometheus's text format.") var metricsFile: String?
    @Option(help: "Stop after this many batches.") var batches: Int?
    @Option(help: "File whose first line is the token of those who push posts (or SWIFTWATER_TOKEN).")
    var tokenFile: String?
    @Flag(help: "Log connections and batches.") var verbose = false
    @Option(
        help: "For file: sources: bytes per batch, at least one file or 32 MiB of one. (default: 536870912)")
    var archiveBatchBytes: Int?
    @Option(help: "Drop and count longer lines.") var lineLengthMaxBytes = LineLimits().lineLengthMaxBytes

    func validate() throws {
        for (option, rows) in [("--top", top), ("--sink-top", rowsOfSinks)] where !(0...1_000_000).contains(rows) {
            throw ValidationError("\(option) takes 0, for all, to 1000000.")
        }
        guard (batches ?? 1) >= 1 else { throw ValidationError("--batches takes 1 or more.") }
        guard lineLengthMaxBytes >= 1 else { throw ValidationError("--line-length-max-bytes takes 1 or more.") }
        if totals, trending.keys == .authorValues {
            throw ValidationError("--totals counts what is in posts, not --keys author-values.")
        }
        try RequiredOption.check(
            "--sink", isThere: !sink.isEmpty, for: ["--totals": totals, "--sink-top": sinkTop != nil])
        try RequiredOption.check(
            "a source of file:", isThere: source.archivePath != nil,
            for: ["--archive-batch-bytes": archiveBatchBytes != nil])
        try RequiredOption.check(
            "a source of push:", isThere: source.isPushed, for: ["--token-file": tokenFile != nil])
        if let problem = source.problem(onCluster: isOnCluster) { throw ValidationError("\(problem).") }
        try files.check(hasFiles: source.hasFiles && !isOnCluster, path: source.archivePath)
        if query != nil, !isOnCluster { throw ValidationError("--query requires --master sc://HOST:PORT.") }
        if stopQuery, query == nil { throw ValidationError("--stop-query requires --query.") }
        if let query, query.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]{0,63}/) == nil {
            throw ValidationError("--query takes up to 64 letters, digits and underscores, and no digit first.")
        }
        #if !SparkConnect
            if isOnCluster {
                throw ValidationError("This program was built without its Spark client (the trait SparkConnect).")
            }
        #endif
    }

    /// The number of rows that sinks get; 0 for all.
    var rowsOfSinks: Int { sinkTop ?? 0 }

    /// Whether a Spark cluster does the work.
    var isOnCluster: Bool { master.hasPrefix("sc://") }

    func run() async throws {
        #if SparkConnect
            if isOnCluster { return try await runOnCluster() }
        #endif
        try await runHere()
    }

    private func runHere() async throws {
        let limit = LineLimits(lineLengthMaxBytes: lineLengthMaxBytes)
        try OutputPlace.check(
            [("--trace-batches", traceBatches), ("--metrics-file", metricsFile)], inputs: [source.archivePath])
        try durability.prepareDeadLetter()
        let archive = try source.archive(
            batchBytes: archiveBatchBytes ?? 512 << 20, limits: limit, format: try files.format)
        let logger = CommandLog.logger(isVerbose: verbose)
        var limits = StreamSettings()
        if let folder = durability.deadLetter { limits.onFailure = .setAside(directory: folder) }
        limits.lineLimits = limit
        limits.isStepped = archive != nil
        limits.stopMax = durability.stopWithin.duration
        let context = StreamingContext(
            Context(master: try Master(parsing: master), appName: "trends", logger: logger),
            batchInterval: batch.duration, settings: limits)
        if let checkpoint = durability.settings {
            try StateFolder.check(checkpoint.directory, isOfServer: false)
            context.checkpoint(checkpoint)
        }
        let token = try Secret.read(environment: "SWIFTWATER_TOKEN", file: tokenFile)
        let posts = try source.stream(in: context, archive, token: token, format: try files.format).named("posts")
        if let traceBatches {
            let trace = try BatchTrace(path: traceBatches, appends: durability.checkpoint != nil)
            posts.forEachBatch(name: "trace") { rdd, time in try trace.write(try rdd.collect(), at: time) }
        }
        let tally = Monitor(Tally())
        if let slide, slide.duration > window.duration {
            Console().remark(
                "a slide of \(slide) is longer than the window of \(window): posts between windows do not count")
        }
        try show(posts, archive, tally)
        stopAfterBatches(context)
        let metrics = try metricsFile.map { try MetricsFile(path: $0) }
        if let metrics { context.onBatchCompleted { metrics.count($0) } }
        metrics?.start()
        defer { metrics?.end() }
        try await context.start()
        guard let archive else { return try await context.awaitTerminationStoppingOnSignals() }
        try await replay(archive, context)
        try report(tally.read { $0 })
    }

    /// What the tables counted.
    private struct Tally {
        var posts = 0
        var late = 0
    }

    /// Says what did not count of an archive.
    ///
    /// - Throws: `malformedInput` if nothing did.
    private func report(_ tally: Tally) throws {
        if tally.late > 0 {
            Console().remark(
                "\(Format.count(tally.late)) posts were late for their windows and did not count; "
                    + "--lateness keeps windows open for them")
        }
        guard tally.posts == 0, tally.late == 0, batches == nil else { return }
        if let checkpoint = durability.checkpoint {
            return Console().remark(
                "nothing new was counted: \(checkpoint) knows how far the posts were read; another --checkpoint counts "
                    + "from the start")
        }
        if let slide, slide.duration > window.duration {
            throw SwiftwaterError(
                .invalidArgument, "no post is in a window of \(window) before the end of a slide of \(slide)",
                remedy: "use a window that is at least as long as the slide")
        }
        throw SwiftwaterError(
            .malformedInput, "no post could be read",
            remedy: "posts are plain lines, rows of CSV files, or JSON of Twitter v1.1, X v2, Bluesky or Mastodon"
                + (trending.eventTime ? "; with --event-time, JSON with a time" : ""))
    }

    /// Writes tables to standard output, and tables and totals to sinks.
    private func show(_ posts: DStream<Text>, _ archive: ArchiveSource?, _ tally: Monitor<Tally>) throws {
        let isLast = { @Sendable in archive?.isAtEnd ?? false }
        var settings = try trending.settings(
            window: window.duration, slide: slide?.duration, archive: archive?.files, isLive: source.isLive,
            format: try files.format)
        settings.limit = rowsOfTables(settings)
        let tables = posts.trending(
            settings, filter: try trending.filter(),
            enrichment: try trending.enrichment.enrichment(CommandLog.logger(isVerbose: verbose)),
            isLast: isLast)
        let totals =
            totals
            ? posts.trendingKeys(settings.keys).map { ($0, 1) }.reduceByKey(+)
                .updateStateByKey { (new: [Int], sum: Int?) -> Int? in new.reduce(sum ?? 0, +) }.named("totals") : nil
        for (number, argument) in sink.enumerated() {
            let place = try argument.open(checkpoint: durability.checkpoint)
            let suffix = number == 0 ? "" : "-\(number + 1)"
            (rowsOfSinks == 0 ? tables : tables.map { [rowsOfSinks] in $0.prefix(rowsOfSinks) })
                .save(to: place, name: "trending" + suffix)
            totals?.save(to: place, name: "totals" + suffix, columns: ["key", "count"]) {
                [.text($0.0), .integer($0.1)]
            }
        }
        let view = TrendingView(console: Console(), top: top, isJSON: json)
        tables.forEachTable(name: "view") { table in
            tally.update { ($0.posts, $0.late) = ($0.posts + table.posts, table.late) }
            try StandardStream.output.write(view.text(table))
        }
    }

    /// Returns the number of rows of each table that the terminal, JSON and sinks need; 0 for all.
    private func rowsOfTables(_ settings: TrendingSettings) -> Int {
        if top == 0 || !sink.isEmpty && rowsOfSinks == 0 { return 0 }
        // More rows than shown give the previous rank of rising keys. They cost little without evidence.
        let shown = json || settings.recordsEvidence ? top : 10 * max(top, 10)
        return max(shown, sink.isEmpty ? 0 : rowsOfSinks)
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

    /// Reads an archive to its end, batch after batch without waiting. A last, empty batch closes the open windows.
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
        try await context.stop()
        if isStopped.read({ $0 }), !archive.isAtEnd {
            console.remark("stopped before the end of the posts")
            throw ExitCode(130)
        }
    }
}
