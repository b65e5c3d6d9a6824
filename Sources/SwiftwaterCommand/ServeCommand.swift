#if Server
    import ArgumentParser
    import Foundation
    import Logging
    import Swiftwater
    import SwiftwaterSamples
    import SwiftwaterServer

    struct ServeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve",
            abstract: "Serves the live page, HTTP API, and recommendations.",
            discussion: """
                --state keeps posts, windows, ratings, and models across restarts; without it, \
                nothing survives the process. POST /v1/posts accepts posts with or without \
                --source. An address that other machines can reach requires --behind-proxy or \
                a token, in SWIFTWATER_TOKEN or --token-file. See docs/OPERATIONS.md for \
                production use, and /openapi.json for the API.

                  swiftwater serve --demo
                  swiftwater serve --source jetstream: --state state
                  swiftwater serve --source socket://127.0.0.1:7773 --state state
                  swiftwater serve --model films.model --movies movies.csv --state state
                  swiftwater serve --source kafka://broker:9092/posts --state state \\
                    --master sc://spark.example:15002 --cluster-checkpoint s3a://b/page
                  curl -d 'a post about #lakes' -H 'content-type: text/plain' \\
                    http://127.0.0.1:7780/v1/posts
                """)

        @Option(
            parsing: .unconditional, help: "Longest time to finish batches in after a signal. (default: 30s)",
            transform: DurationArgument.init(parsing:))
        var stopWithin = DurationArgument(.seconds(30))
        @Flag(help: "Serve generated posts, ratings, and films.") var demo = false
        @Option(help: "Address to listen on.") var host = ServeAddress.host
        @Option(help: "Port; 0 picks a free one.") var port = ServeAddress.port
        @Option(help: "Name shown on the page.") var name = "Swiftwater"
        @Option(
            help: ArgumentHelp(
                "Source of posts, as for trends (repeatable). The state knows it by its URL, or by NAME in NAME=URL.",
                valueName: "url"),
            transform: NamedSource.init(parsing:))
        var source: [NamedSource] = []
        @Option(help: "Model file from swiftwater train.") var model: String?
        @Option(
            help: ArgumentHelp(
                "Source of ratings: kafka://, mongodb://, socket://, ack://, push:// or tail:, with lines of user,item,rating or "
                    + "JSON (repeatable).", valueName: "url"), transform: NamedSource.init(parsing:))
        var ratings: [NamedSource] = []
        @OptionGroup var movies: MoviesOptions
        @OptionGroup var files: PostFileOptions
        @Option(help: "Directory to keep state in and resume from.") var state: String?
        @Option(help: "Discard the saved state of a stream, such as 'trends 1m' (repeatable).")
        var checkpointDrop: [String] = []
        @Option(help: "OLD=NEW: use the saved state of stream OLD for stream NEW (repeatable).")
        var checkpointRename: [String] = []
        @Option(
            parsing: .unconditionalSingleValue, help: "Window length (repeatable); 1m and 10m by default.",
            transform: DurationArgument.init(parsing:))
        var window: [DurationArgument] = []
        @Option(
            parsing: .unconditional,
            help: "Interval between tables: a multiple of the batch interval, which is the default.",
            transform: DurationArgument.init(parsing:))
        var slide: DurationArgument?
        @Option(
            parsing: .unconditional, help: "Batch interval. (default: 2s)", transform: DurationArgument.init(parsing:))
        var batch = DurationArgument(.seconds(2))
        @Option(
            parsing: .unconditional, help: "Retrain at this interval, such as 6h. Off by default.",
            transform: DurationArgument.init(parsing:)) var retrainEvery: DurationArgument?
        @Option(
            name: [.customLong("min-count"), .customLong("min-support")], help: "Minimum count for a key to be listed.")
        var minCount = 1
        @Option(help: "File of ignored keys, one per line; reread on change.") var ignore: String?
        @Option(
            help: ArgumentHelp("What to count, as for trends: hashtags, words, author-values ...", valueName: "kind"))
        var keys = TrendingSettings.Keys.hashtags
        @OptionGroup var enrichment: EnrichmentOptions
        @Option(help: "File whose first line is the token clients must send.") var tokenFile: String?
        @Option(help: "File whose first line is the secret of signed webhooks (or SWIFTWATER_WEBHOOK_SECRET).")
        var webhookSecretFile: String?
        @Flag(help: "Trust a proxy for authentication and X-Forwarded-For.") var behindProxy = false
        @Option(help: "Origin whose pages may use the API (repeatable).") var allowOrigin: [String] = []
        @Option(help: "Additional server name to accept in Host (repeatable).") var allowHost: [String] = []
        @Option(help: "Maximum requests per second from one client.") var clientRequestsMax: Int?
        @Option(help: "Days to keep windows.") var historyDays = 30
        @Option(help: "Remove the oldest windows above this many bytes.") var historyMaxBytes = 512 << 20
        @Flag(help: "If windows.db is damaged: rename it and begin new charts.") var newCharts = false
        @Option(
            help: """
                Stream threads: local, local[N], or local[*]; or sc://HOST:PORT: a Spark cluster counts the posts of one \
                --source, and this program shows the trends.
                """) var master = "local[*]"
        @Option(
            help: ArgumentHelp(
                "With --master sc://: folder of the cluster in which trends keep their state.", valueName: "folder"))
        var clusterCheckpoint: String?
        @Option(help: "Seed for the demo. (default: 7)") var seed: UInt64?
        @Flag(help: "Log requests and batches.") var verbose = false
        @Flag(help: "Print the address as JSON when the server is ready.") var json = false

        func validate() throws {
            guard (0...65535).contains(port) else {
                throw ValidationError("--port takes 0 to 65535, not \(port).")
            }
            guard (1...36500).contains(historyDays), historyMaxBytes >= 1 << 20 else {
                throw ValidationError("--history-days takes 1 to 36500; --history-max-bytes takes 1 MiB or more.")
            }
            if demo, model != nil { throw ValidationError("--demo trains its own model; omit --model.") }
            if movies.movies != nil, model == nil { throw ValidationError("--movies requires --model.") }
            if let state, URLFileSystem.isRemote(state) {
                throw ValidationError("--state takes a local directory: the server keeps a database there.")
            }
            try DurabilityOptions.check(renames: checkpointRename)
            try RequiredOption.check(
                "--state", isThere: state != nil,
                for: [
                    "--checkpoint-drop": !checkpointDrop.isEmpty, "--checkpoint-rename": !checkpointRename.isEmpty,
                    "--new-charts": newCharts,
                ])
            try RequiredOption.check("--demo", isThere: demo, for: ["--seed": seed != nil])
            try RequiredOption.check(
                "--model", isThere: model != nil || demo,
                for: ["--retrain-every": retrainEvery != nil, "--ratings": !ratings.isEmpty])
            try validateCluster()
            if keys == .authorValues, enrichment.enrich == nil {
                throw ValidationError("--keys author-values requires --enrich.")
            }
            guard (clientRequestsMax ?? 1) >= 1 else { throw ValidationError("--client-requests-max takes 1 or more.") }
        }

        /// Whether a Spark cluster counts the posts.
        var isOnCluster: Bool { master.hasPrefix("sc://") }

        private func validateCluster() throws {
            for source in source {
                if let problem = source.source.problem(onCluster: isOnCluster) { throw ValidationError(problem) }
            }
            try NamedSource.check(source + ratings)
            for ratings in ratings {
                switch ratings.source {
                case .kafka, .mongo, .socket, .acknowledged, .push, .followed: break
                default:
                    throw ValidationError(
                        "--ratings takes kafka://, mongodb://, socket://, ack://, push:// or tail: sources.")
                }
            }
            try files.check(hasFiles: source.contains(where: \.source.hasFiles) && !isOnCluster)
            guard isOnCluster else {
                if clusterCheckpoint != nil { throw ValidationError("--cluster-checkpoint requires --master sc://.") }
                return
            }
            #if !SparkConnect
                throw ValidationError("This program was built without its Spark client (the trait SparkConnect).")
            #endif
            guard source.count == 1 else {
                throw ValidationError("--master sc:// takes one --source, which Spark reads.")
            }
            if enrichment.enrich != nil { throw ValidationError("--enrich does not work with --master sc://.") }
            if demo || ignore != nil || !checkpointDrop.isEmpty || !checkpointRename.isEmpty {
                throw ValidationError(
                    "--demo, --ignore, --checkpoint-drop and --checkpoint-rename do not work with --master sc://.")
            }
        }

        func run() async throws {
            let logger = CommandLog.logger(isVerbose: verbose)
            if let state { try StateFolder.check(state, isOfServer: true) }
            OpenFiles.raiseLimit()
            let settings = try serveSettings()
            let console = Console()
            let recommendations = try recommendations(console, logger)
            let trends = try isOnCluster ? clusterTrends(settings, logger) : trends(settings, logger)
            for ratings in ratings {
                let lines = try ratings.source.stream(
                    in: trends.context, nil, token: settings.token, format: TextFileFormat())
                trends.rate(lines.named(ratings.name), name: ratings.name, into: recommendations!)
            }
            let server = try SwiftwaterServer(
                settings, trends: trends, recommendations: recommendations, logger: logger)
            try await trends.context.start()
            let demo = demo ? ServeDemo(recommendations: recommendations!, seed: seed ?? 7) : nil
            let schedule = schedule(recommendations, logger)
            defer { schedule?.cancel() }
            let result: Result<Void, any Error>
            do {
                result = .success(try await serve(server, console, settings, trends))
            } catch {
                result = .failure(error)
            }
            demo?.stop()
            try await trends.context.stop(gracefully: true)
            recommendations?.live.close()
            try result.get()
        }

        /// Serves until a signal arrives, or until the stream or the server fails.
        ///
        /// In each case work in progress is finished: the server is asked to end, not cut off.
        private func serve(
            _ server: SwiftwaterServer, _ console: Console, _ settings: ServeSettings, _ trends: TrendService
        ) async throws {
            let (stops, stop) = AsyncStream<Void>.makeStream()
            let signals = StopSignals { stop.yield() }
            defer { withExtendedLifetime(signals) {} }
            let stream = Task {
                defer { stop.yield() }
                try await trends.context.awaitTermination()
            }
            let cluster = Task {
                guard isOnCluster else { return }
                defer { stop.yield() }
                try await followCluster(trends, console)
            }
            let result: Result<Void, any Error>
            do {
                try await server.runUntil(stops) { port in
                    // Nobody can follow a link to 0.0.0.0.
                    let place =
                        ["0.0.0.0", "::"].contains(settings.host) ? ProcessInfo.processInfo.hostName : settings.host
                    let host = place.contains(":") ? "[\(place)]" : place
                    let address = "http://\(host):\(port)/"
                    try? console.line(
                        json
                            ? JSONWriter.object { json in
                                json.member("event", "ready")
                                json.member("url", address)
                                json.member("port", port)
                            } : "\(settings.applicationName) is running at \(address)   (Ctrl-C to stop)")
                    if state == nil { console.remark("without --state, nothing survives this process") }
                }
                result = .success(())
            } catch { result = .failure(error) }
            trends.context.requestStop(gracefully: true)
            cluster.cancel()
            // If the stream failed, that is why the server ended.
            try await stream.value
            do { try await cluster.value } catch is CancellationError {}
            try result.get()
        }

        // MARK: Parts

        private func serveSettings() throws -> ServeSettings {
            var settings = ServeSettings()
            (settings.applicationName, settings.host, settings.port) = (name, host, port)
            (settings.isBehindProxy, settings.clientRequestsPerSecondMax) = (behindProxy, clientRequestsMax)
            (settings.allowedOrigins, settings.allowedHosts) = (
                Set(allowOrigin), Set(allowHost.map { $0.lowercased() })
            )
            settings.historyMaxAge = .seconds(historyDays * 24 * 3600)
            (settings.historyMaxBytes, settings.setsAsideDamagedHistory) = (historyMaxBytes, newCharts)
            settings.token = try Secret.read(environment: "SWIFTWATER_TOKEN", file: tokenFile)
            settings.webhookSecret = try Secret.read(
                environment: "SWIFTWATER_WEBHOOK_SECRET", file: webhookSecretFile)
            try settings.validate()
            return settings
        }

        func boardSettings() -> TrendBoardSettings {
            var board = TrendBoardSettings()
            let windows =
                window.isEmpty ? (demo ? [.seconds(20), .seconds(120)] : board.windows) : window.map(\.duration)
            (board.windows, board.slide) = (windows, slide?.duration ?? batch.duration)
            (board.trending.minimumCount, board.trending.keys) = (minCount, keys)
            // An edited post comes again.
            if source.contains(where: \.source.isLive) { board.trending.rememberedIDs = 100_000 }
            return board
        }

        private func trends(_ settings: ServeSettings, _ logger: Logger) throws -> TrendService {
            let board = boardSettings()
            let context = StreamingContext(
                Context(master: try Master(parsing: master), appName: name, logger: logger),
                batchInterval: batch.duration, settings: StreamSettings(stopMax: stopWithin.duration))
            if let state {
                try Directory.create(state, isPrivate: true)
                var checkpoint = CheckpointSettings(directory: state + "/stream")
                checkpoint.drop = Set(checkpointDrop)
                checkpoint.rename = DurabilityOptions.renames(checkpointRename)
                // Before sources were known by what they are, they were known by their place.
                for (number, source) in source.enumerated() {
                    checkpoint.formerNames["posts \(number + 1)"] = source.name
                }
                context.checkpoint(checkpoint)
            }
            return try TrendService(
                context, board, serve: settings, historyPath: state.map { $0 + "/windows.db" },
                metrics: MetricsRegistry(), filter: try ignore.map { try TrendFilter(ignore: $0, allow: nil) },
                enrichment: try enrichment.enrichment(logger)
            ) { context in
                var streams = try source.map { source in
                    if case .archive = source.source {
                        throw SwiftwaterError(
                            .invalidArgument, "a file that ends is not a live source",
                            remedy: "use files:DIRECTORY, or the trends command")
                    }
                    return try source.source.stream(
                        in: context, nil, token: settings.token, format: try files.format
                    ).named(source.name)
                }
                if demo {
                    streams.append(context.receiverStream(DemoPosts(seed: seed ?? 7), name: "demo").named("demo"))
                }
                return streams
            }
        }

        private func recommendations(_ console: Console, _ logger: Logger) throws -> RecommendationService? {
            guard demo || model != nil else { return nil }
            let directory = state.map { $0 + "/films" }
            let settings = LiveSettings(logger: logger)
            let wasThere = directory.map { LocalFileSystem().exists($0) } ?? false
            if let state { try Directory.create(state, isPrivate: true) }
            if demo {
                let made = try RatingsGenerator(.init(preset: .oneMillion, seed: seed ?? 7)).make()
                let live = try LiveRecommender(directory: directory, settings: settings) { try ALS().fit(made.ratings) }
                return RecommendationService(live, catalogue: made.catalogue, logger: logger)
            }
            let path = model!
            let titles = try movies.read(console)
            // Read a copy, so that overwriting the file does not pull pages from under this process.
            let source = { @Sendable in try ModelFile.read(path, copied: true) }
            let live = try LiveRecommender(directory: directory, settings: settings, model: source)
            if let directory, wasThere, live.ratingCount == 0 {
                console.remark(
                    "\(directory): the log has no ratings; if some were acknowledged, it was emptied, or this is the "
                        + "state of another server")
            }
            return RecommendationService(live, catalogue: titles, logger: logger, source: source)
        }

        private func schedule(_ service: RecommendationService?, _ logger: Logger) -> Task<Void, Never>? {
            guard let service, let retrainEvery, retrainEvery.duration > .zero else { return nil }
            return Task {
                while (try? await Task.sleep(for: retrainEvery.duration)) != nil {
                    if !service.beginTraining({}) {
                        logger.warning("retraining skipped: the previous training is still running")
                    }
                }
            }
        }
    }
#endif
