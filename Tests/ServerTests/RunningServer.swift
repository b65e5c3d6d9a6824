#if Server
    import Foundation
    import Logging
    import Swiftwater
    import SwiftwaterSamples
    import SwiftwaterServer
    import TestSupport
    import Testing

    #if canImport(FoundationNetworking)
        import FoundationNetworking
    #endif

    /// A server in this process on a free loopback port, whose stream advances when the test calls `step()`.
    final class RunningServer: Sendable {
        struct Answer: Sendable {
            let status: Int
            let headers: [String: String]
            let bytes: [UInt8]

            var text: String { String(decoding: bytes, as: UTF8.self) }
            var json: JSONValue {
                get throws { try bytes.withUnsafeBufferPointer { try JSONValue(parsing: $0) } }
            }
        }

        let port: Int
        let trends: TrendService
        let live: LiveRecommender?
        private let stop: AsyncStream<Void>.Continuation
        private let running: Task<Void, any Error>

        static let data = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make()
        static let model = try! ALS().fit(data.ratings)

        init(
            _ settings: ServeSettings = ServeSettings(), hasModel: Bool = true, checkpoint: String? = nil,
            board: TrendBoardSettings? = nil, history: String? = nil, warnings: Monitor<[String]>? = nil,
            source: @escaping @Sendable () throws -> MatrixFactorizationModel = { model }
        ) async throws {
            var settings = settings
            settings.port = 0
            var stream = StreamSettings()
            stream.isStepped = true
            var logger = Logger(label: "test", factory: { StreamLogHandler.standardError(label: $0) })
            logger.logLevel = .critical
            if let warnings { logger = Logger(label: "test", factory: { _ in WarningLog(warnings: warnings) }) }
            let context = StreamingContext(
                Context(master: .local(threads: 2), appName: "test", logger: logger), batchInterval: .seconds(1),
                settings: stream, clock: ManualClock(at: BatchTime(milliseconds: 1_795_521_600_000)))
            if let checkpoint { context.checkpoint(checkpoint) }
            var windows = TrendBoardSettings()
            (windows.windows, windows.slide) = ([.seconds(2), .seconds(60)], .seconds(1))
            trends = try TrendService(
                context, board ?? windows, serve: settings, historyPath: history,
                metrics: MetricsRegistry(), sources: { _ in [] })
            live = hasModel ? LiveRecommender(model: Self.model) : nil
            let films = live.map {
                RecommendationService($0, catalogue: Self.data.catalogue, logger: logger, source: source)
            }
            let server = try SwiftwaterServer(settings, trends: trends, recommendations: films, logger: logger)
            try await context.start()
            let (stops, stop) = AsyncStream<Void>.makeStream()
            let (ports, found) = AsyncStream<Int>.makeStream()
            self.stop = stop
            running = Task { try await server.runUntil(stops) { found.yield($0) } }
            var iterator = ports.makeAsyncIterator()
            port = await iterator.next() ?? 0
        }

        /// Runs a batch over what has arrived.
        func step() throws { try trends.context.step() }

        func close() async throws {
            stop.yield()
            try await running.value
            try await trends.context.stop()
            live?.close()
        }

        func send(
            _ method: String, _ path: String, _ body: String? = nil, type: String = "application/json",
            headers: [String: String] = [:]
        ) async throws -> Answer {
            try await send(method, path, data: body.map { Data($0.utf8) }, type: type, headers: headers)
        }

        func send(
            _ method: String, _ path: String, data body: Data?, type: String, headers: [String: String] = [:]
        ) async throws -> Answer {
            var request = URLRequest(url: URL(string: "http://127.0.0.1:\(port)\(path)")!)
            request.httpMethod = method
            if let body {
                request.httpBody = body
                request.setValue(type, forHTTPHeaderField: "content-type")
            }
            for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
            let configuration = URLSessionConfiguration.ephemeral
            configuration.httpShouldSetCookies = false
            let session = URLSession(configuration: configuration)
            defer { session.finishTasksAndInvalidate() }
            let (data, response) = try await session.data(for: request)
            let answer = try #require(response as? HTTPURLResponse)
            var fields: [String: String] = [:]
            for (name, value) in answer.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
            return Answer(status: answer.statusCode, headers: fields, bytes: Array(data))
        }

        func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
            try await send("GET", path, headers: headers)
        }
    }

    /// A log handler that collects warnings.
    private struct WarningLog: LogHandler {
        let warnings: Monitor<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        init(warnings: Monitor<[String]>) { self.warnings = warnings }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { warnings.update { $0.append("\(event.message)") } }
    }
#endif
