#if Server
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterLive
    import SwiftwaterStorage
    import SwiftwaterStreaming
    import SwiftwaterTrends

    /// Routes for the page and its sign-in, the API description, the health checks and the metrics.
    struct SystemRoutes {
        let trends: TrendService
        let recommendations: RecommendationService?
        let settings: ServeSettings
        let metrics: ServerMetrics
        private let begin: Duration

        init(
            _ trends: TrendService, _ recommendations: RecommendationService?, _ settings: ServeSettings,
            _ metrics: ServerMetrics
        ) {
            (self.trends, self.recommendations, self.settings, self.metrics) = (
                trends, recommendations, settings, metrics
            )
            begin = settings.clock.instant()
        }

        func add(to endpoints: Endpoints) {
            let files = [
                ("/", PackageResources.page_html, "text/html; charset=utf-8"),
                ("/page.css", PackageResources.page_css, "text/css; charset=utf-8"),
                ("/page.js", PackageResources.page_js, "text/javascript; charset=utf-8"),
                ("/trends.js", PackageResources.trends_js, "text/javascript; charset=utf-8"),
            ]
            for (path, bytes, type) in files {
                let file = File(bytes, type)
                endpoints.get(path, query: nil) { request, _ in file.response(request) }
            }
            let description = Monitor<(range: ClosedRange<Double>, file: File)?>(nil)
            endpoints.get("/openapi.json", query: nil) { request, _ in
                let range = recommendations?.ratingRange ?? RecommendationService.widestRange
                let file = description.update { known in
                    if let known, known.range == range { return known.file }
                    let file = File(Array(document(range).utf8), "application/json")
                    known = (range, file)
                    return file
                }
                return file.response(request)
            }
            endpoints.get("/healthz", query: nil) { _, _ in Response.json { $0.member("status", "alive") } }
            endpoints.get("/readyz", query: nil) { _, _ in
                readiness()
            }
            endpoints.get("/metrics", query: nil) { _, _ in metricsText() }
            endpoints.get("/v1/configuration") { _, _ in configuration() }
            endpoints.get("/v1/sources") { _, _ in
                let report = SourceReport(trends.context)
                return .json { json in
                    json.name("sources")
                    report.write(to: &json)
                }
            }
            endpoints.post("/v1/session") { request, _ in try await signIn(request) }
        }

        /// Whether posts are counted and ratings stored, and if not, why.
        private func readiness() -> Response {
            // A source that is away does not make the server unready: it answers with what it has.
            let sources = SourceReport(trends.context).sources
            func write(_ status: String, to json: inout JSONWriter) {
                json.member("status", status)
                json.member("sources", array: sources) { json, source in
                    json.object {
                        $0.member("name", source.name)
                        $0.member("link", source.status.link.rawValue)
                    }
                }
            }
            func unready(_ status: String) -> Response {
                Response.json(status: .serviceUnavailable) { write(status, to: &$0) }
            }
            if trends.board.health.batch == nil { return unready("starting") }
            if recommendations?.live.storageFailure != nil { return unready("ratings cannot be stored") }
            return Response.json { write("ready", to: &$0) }
        }

        /// A file that is the same for all clients, with an ETag so that none downloads it twice.
        private struct File: Sendable {
            let type: String
            let tag: String
            let buffer: ByteBuffer

            init(_ bytes: [UInt8], _ type: String) {
                self.type = type
                tag = "\"\(String(bytes.withUnsafeBytes { StableHasher.hash($0) }, radix: 16))\""
                buffer = ByteBuffer(bytes: bytes)
            }

            func response(_ request: Request) -> Response {
                let headers: HTTPFields = [.contentType: type, .eTag: tag, .cacheControl: "no-cache"]
                if request.hasVersion(tag) { return Response(status: .notModified, headers: headers) }
                return Response(status: .ok, headers: headers, body: .init(byteBuffer: buffer))
            }
        }

        /// Returns the API description with this server's windows and limits.
        private func document(_ range: ClosedRange<Double>) -> String {
            let limits = DocumentLimits(
                windows: trends.board.settings.windows.map(TrendRoutes.label), rating: range, rows: settings.rowsMax,
                ratings: settings.ratingsMax)
            return limits.document(String(decoding: PackageResources.openapi_json, as: UTF8.self))
        }

        private func configuration() -> Response {
            .json { json in
                json.member("application", settings.applicationName)
                json.member("windows", trends.board.settings.windows.map(TrendRoutes.label))
                json.member("orders", trends.board.settings.orders.map(\.rawValue))
                json.member("slideMilliseconds", trends.board.settings.slide.wholeMilliseconds)
                json.member("recommendations", recommendations != nil)
            }
        }

        private func metricsText() -> Response {
            let health = trends.board.health
            let now = settings.clock.instant()
            metrics.gauge("swiftwater_event_clients", Double(trends.hub.clientCount))
            metrics.gauge("swiftwater_history_waiting_windows", Double(trends.history.waitingCount))
            metrics.gauge("swiftwater_start_time_seconds", begin.inSeconds)
            let age = health.batch?.checkpoint.map { now.inSeconds - Double($0.milliseconds) / 1000 } ?? 0
            metrics.gauge("swiftwater_checkpoint_age_seconds", age)
            metrics.count(StoreRegistry.traffic)
            metrics.count(SourceReport(trends.context))
            if let table = trends.authors { metrics.count(table) }
            if let bytes = ProcessMemory.residentBytes { metrics.gauge("swiftwater_resident_bytes", Double(bytes)) }
            if let live = recommendations?.live {
                metrics.gauge("swiftwater_live_ratings", Double(live.ratingCount))
                metrics.gauge("swiftwater_live_users", Double(live.ratedUserCount))
                metrics.gauge("swiftwater_ratings_storable", live.storageFailure == nil ? 1 : 0)
                metrics.gauge("swiftwater_model_generation", Double(live.generation))
                metrics.gauge("swiftwater_training_running", live.trainingState.isRunning ? 1 : 0)
                if let rmse = live.trainingState.last?.rmse { metrics.gauge("swiftwater_model_rmse", rmse) }
            }
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
                body: .init(byteBuffer: ByteBuffer(string: metrics.registry.text)))
        }

        /// Signs the page in with a cookie that scripts cannot read and other sites' pages cannot send.
        private func signIn(_ request: Request) async throws -> Response {
            let body = try await request.json(upTo: 4096)
            guard let shown = try body.members("token", what: "the body")[0].string else {
                throw Problem(.badRequest, "'token' is not a string")
            }
            guard let token = settings.token else { return .noContent }
            guard token.matches(shown) else {
                throw Problem(.unauthorized, "invalid token", headers: [.wwwAuthenticate: "Bearer"])
            }
            var response = Response.noContent
            response.headers[.setCookie] =
                "swiftwater=\(token.text); Path=/; HttpOnly; SameSite=Strict\(settings.isBehindProxy ? "; Secure" : "")"
            return response
        }
    }
#endif
