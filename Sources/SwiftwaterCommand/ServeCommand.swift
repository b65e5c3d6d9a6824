#if Server
    import ArgumentParser
    import Foundation
    import Logging
    import Swiftwater
    import SwiftwaterServer

    struct ServeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "serve",
            abstract: "The live page, the HTTP API and live recommendations, in one process.",
            discussion: """
                  swiftwater serve --demo
                  swiftwater serve --source socket://127.0.0.1:7773 --state state
                  swiftwater serve --model films.model --catalogue movies.csv --state state
                  curl -d 'a post about #lakes' -H 'content-type: text/plain' \\
                    http://127.0.0.1:7780/v1/posts

                Without --state nothing outlives the process. An address that other machines \
                can reach needs a token, in SWIFTWATER_TOKEN or --token-file, or --behind-proxy. \
                docs/OPERATIONS.md tells how to run it for good; /openapi.json describes the API.
                """)

        @Flag(help: "Generated posts, ratings and films: the page alive, without any configuration.") var demo = false
        @Option(help: "The address to listen at.") var host = "127.0.0.1"
        @Option(help: "The port; 0 takes a free one.") var port = 7780
        @Option(help: "What the page is called.") var name = "Swiftwater"
        @Option(help: "Where posts come from, as for trends; repeat for more. POST /v1/posts takes some in any case.")
        var source: [PostSource] = []
        @Option(help: "A model file of swiftwater train.") var model: String?
        @Option(help: "A CSV file of titles and genres.") var catalogue: String?
        @Option(help: "Keep posts, windows, ratings and models in this directory, and go on from it.") var state:
            String?
        @Option(help: "Give up what the state has of the stream under this name, such as 'trends 1m'; repeat for more.")
        var checkpointDrop: [String] = []
        @Option(help: "Windows, each a multiple of the slide; repeat for more. 1m and 10m unless given.")
        var window: [DurationArgument] = []
        @Option(help: "How often there are new tables, a multiple of the batch interval; which it is unless given.")
        var slide: DurationArgument?
        @Option(help: "The batch interval.") var batch = DurationArgument(.seconds(2))
        @Option(help: "Train anew so often.") var retrainEvery: DurationArgument?
        @Option(help: "Rarer keys do not trend.") var minSupport = 1
        @Option(help: "A file of keys that do not trend, one a line; read again when it changes.") var ignore: String?
        @Option(help: "A file with the token that clients must show.") var tokenFile: String?
        @Flag(help: "A proxy in front checks who comes and sets X-Forwarded-For.") var behindProxy = false
        @Option(help: "An origin whose pages may use the API; repeat for more.") var allowOrigin: [String] = []
        @Option(help: "A further name of the server in Host; repeat for more.") var allowHost: [String] = []
        @Option(help: "Requests of a client in a second.") var clientRequestsMax: Int?
        @Option(help: "Windows older than so many days are removed.") var historyDays = 30
        @Option(help: "Above so many bytes the oldest windows are removed.") var historyMaxBytes = 512 << 20
        @Option(help: "The threads of the stream: local, local[N] or local[*].") var master = "local[*]"
        @Option(help: "The seed of the demo.") var seed: UInt64 = 7
        @Flag(help: "Log requests and batches.") var verbose = false

        func validate() throws {
            guard (0...65535).contains(port) else {
                throw ValidationError("--port takes 0 to 65535, not \(port).")
            }
            guard (1...36500).contains(historyDays), historyMaxBytes >= 1 << 20 else {
                throw ValidationError("--history-days takes 1 to 36500, --history-max-bytes a MiB or more.")
            }
            if demo, model != nil { throw ValidationError("--demo trains a model of its own; leave --model out.") }
            if catalogue != nil, model == nil, !demo { throw ValidationError("--catalogue goes with --model.") }
            guard (clientRequestsMax ?? 1) >= 1 else { throw ValidationError("--client-requests-max takes 1 or more.") }
        }

        func run() async throws {
            var logger = Logger(label: "swiftwater", factory: { StreamLogHandler.standardError(label: $0) })
            logger.logLevel = verbose ? .debug : .warning
            OpenFiles.raiseLimit()
            let settings = try serveSettings()
            let console = Console()
            let recommendations = try recommendations(console, logger)
            let trends = try trends(settings, logger)
            let server = try SwiftwaterServer(
                settings, trends: trends, recommendations: recommendations, logger: logger)
            try await trends.context.start()
            let demo = demo ? ServeDemo(recommendations: recommendations!, seed: seed) : nil
            let schedule = schedule(recommendations, logger)
            defer { schedule?.cancel() }
            let result: Result<Void, any Error>
            do { result = .success(try await serve(server, console, settings, trends)) } catch {
                result = .failure(error)
            }
            demo?.stop()
            await trends.context.stop(gracefully: true)
            recommendations?.live.close()
            try result.get()
        }

        /// Until a signal, or until the stream or the server fails. What runs is finished in each case: the server is asked to end, not cut off.
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
            let result: Result<Void, any Error>
            do {
                try await server.runUntil(stops) { port in
                    let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
                    try? console.line("\(settings.applicationName) is at http://\(host):\(port)/   (Ctrl-C stops it)")
                    if state == nil { console.remark("without --state nothing outlives this process") }
                }
                result = .success(())
            } catch { result = .failure(error) }
            trends.context.requestStop(gracefully: true)
            // The stream's failure is why the server ended.
            try await stream.value
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
            settings.historyMaxBytes = historyMaxBytes
            settings.token = try Secret.read(environment: "SWIFTWATER_TOKEN", file: tokenFile)
            try settings.validate()
            return settings
        }

        private func trends(_ settings: ServeSettings, _ logger: Logger) throws -> TrendService {
            var board = TrendBoardSettings()
            let windows =
                window.isEmpty ? (demo ? [.seconds(20), .seconds(120)] : board.windows) : window.map(\.duration)
            (board.windows, board.slide) = (windows, slide?.duration ?? batch.duration)
            board.trending.minimumSupport = minSupport
            let context = StreamingContext(
                Context(master: try Master(parsing: master), appName: name, logger: logger),
                batchInterval: batch.duration)
            if let state {
                try Directory.create(state)
                var checkpoint = CheckpointSettings(directory: state + "/stream")
                checkpoint.drop = Set(checkpointDrop)
                context.checkpoint(checkpoint)
            }
            return try TrendService(
                context, board, serve: settings, historyPath: state.map { $0 + "/windows.db" },
                metrics: MetricsRegistry(), filter: try ignore.map { try TrendFilter(ignore: $0, allow: nil) }
            ) { context in
                var streams = try source.enumerated().map { number, source in
                    if case .archive = source {
                        throw SwiftwaterError(
                            .invalidArgument, "a file that ends is no live source",
                            remedy: "use files:DIRECTORY, or trends")
                    }
                    return source.stream(in: context, nil).named("posts \(number + 1)")
                }
                if demo { streams.append(context.receiverStream(DemoPosts(seed: seed), name: "demo").named("demo")) }
                return streams
            }
        }

        private func recommendations(_ console: Console, _ logger: Logger) throws -> RecommendationService? {
            guard demo || model != nil else { return nil }
            let directory = state.map { $0 + "/films" }
            if let state { try Directory.create(state) }
            if demo {
                let made = try RatingsGenerator(.init(preset: .oneMillion, seed: seed)).make()
                let live = try LiveRecommender(directory: directory) { try ALS().fit(made.ratings) }
                return RecommendationService(live, catalogue: made.catalogue, logger: logger)
            }
            let path = model!
            let titles = try catalogue.map { try Catalogue.read($0) } ?? Catalogue()
            // Whoever copies another model over the file takes no pages from under this one.
            let source = { @Sendable in try ModelFile.read(path, copied: true) }
            let live = try LiveRecommender(directory: directory, model: source)
            return RecommendationService(live, catalogue: titles, logger: logger, source: source)
        }

        private func schedule(_ service: RecommendationService?, _ logger: Logger) -> Task<Void, Never>? {
            guard let service, let retrainEvery, retrainEvery.duration > .zero else { return nil }
            return Task {
                while (try? await Task.sleep(for: retrainEvery.duration)) != nil {
                    if !service.beginTraining({}) {
                        logger.warning("the training before still runs; this one is left out")
                    }
                }
            }
        }
    }

    /// What must not stand in a command line.
    enum Secret {
        /// - Throws: where both are given, or the file cannot be read or is empty.
        static func read(environment name: String, file: String?) throws -> String? {
            let own = ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
            guard let file else { return own }
            guard own == nil else {
                throw SwiftwaterError(.invalidArgument, "\(name) and --token-file are both given", remedy: "use one")
            }
            let text = String(decoding: try LocalFileSystem().read(file), as: UTF8.self)
            let secret = text.split(separator: "\n").first.map(String.init) ?? ""
            guard !secret.isEmpty else {
                throw SwiftwaterError(
                    .malformedInput, "the first line is empty", at: .init(file: file), remedy: "write the token there")
            }
            return secret
        }
    }
#endif
