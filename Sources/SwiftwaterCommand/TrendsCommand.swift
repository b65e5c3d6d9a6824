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
              swiftwater trends --source ack://127.0.0.1:7773 --checkpoint state \
                --sink sqlite:trends.db
            """)

    @Option(
        help: """
            socket://HOST:PORT; ack://HOST:PORT for a relay with --ack; push://HOST:PORT to listen for such relays; \
            files:DIRECTORY for files that appear there.
            """)
    var source: PostSource
    @Option(help: "Write every table to files:DIR (NDJSON), csv:DIR, text:DIR or sqlite:FILE; repeat for more.")
    var sink: [SinkArgument] = []
    @Flag(help: "Also keep the count of each tag since the beginning, for the sinks.") var totals = false
    @OptionGroup var durability: DurabilityOptions
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

    @Option(help: "Longer lines are dropped and counted.") var lineLengthMaxBytes = LineLimits().lineLengthMaxBytes

    func validate() throws {
        guard top >= 0 else { throw ValidationError("--top takes 0 or more.") }
        guard (batches ?? 1) >= 1 else { throw ValidationError("--batches takes 1 or more.") }
        guard lineLengthMaxBytes >= 1 else { throw ValidationError("--line-length-max-bytes takes 1 or more.") }
    }

    func run() async throws {
        let settings = trendsSettings
        let view = TrendView(console: Console(), top: top, isJSON: json)
        var logger = Logger(label: "swiftwater", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = verbose ? .debug : .warning
        var limits = StreamSettings()
        if let folder = durability.deadLetter { limits.onFailure = .setAside(directory: folder) }
        limits.lineLimits.lineLengthMaxBytes = lineLengthMaxBytes
        let context = StreamingContext(
            Context(master: try Master(parsing: master), appName: "trends", logger: logger),
            batchInterval: batch.duration, settings: limits)
        if let checkpoint = durability.settings { context.checkpoint(checkpoint) }
        let posts = source.stream(in: context).named("posts")
        if let traceBatches {
            let trace = try BatchTrace(path: traceBatches, appends: durability.checkpoint != nil)
            posts.forEachBatch(name: "trace") { rdd, time in try trace.write(try rdd.collect(), at: time) }
        }
        let tables = posts.trends(settings)
        try save(tables, settings: settings, posts, context)
        tables.forEachTable(settings, name: "view") { try StandardStream.output.write(view.text($0)) }
        if let batches {
            let left = Monitor(batches)
            context.onBatchCompleted { [weak context] _ in
                if left.update({
                    $0 -= 1; return $0 <= 0
                }) {
                    context?.requestStop(gracefully: false)
                }
            }
        }
        try await context.start()
        try await context.awaitTerminationStoppingOnSignals()
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
