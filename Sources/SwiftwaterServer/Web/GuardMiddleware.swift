#if Server
    import HTTPTypes
    import Hummingbird
    import Logging
    import SwiftwaterCore

    /// The checks that every request passes (host, origin, rate and token), and the headers that every response
    /// carries.
    struct GuardMiddleware: RouterMiddleware {
        let settings: ServeSettings
        let clients: ClientLimits
        let metrics: ServerMetrics
        let logger: Logger
        let methods: KnownMethods
        let repeated: RepeatedMessages

        static let contentPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

        func handle(
            _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
        ) async throws -> Response {
            let begin = settings.clock.elapsed()
            var response: Response
            do {
                try check(request, context)
                if !Endpoints.known.contains(request.method),
                    let allowed = methods.table.read({ $0 })?.methods(request.uri.path)
                {
                    throw Problem(.methodNotAllowed, "this path allows \(allowed)", headers: [.allow: allowed])
                }
                response = try await next(request, context)
                if request.method == .options { allow(&response, request) }
            } catch {
                let problem = Problem(error)
                // Errors of clients are logged at the debug level only.
                let isOwn = problem.status.code >= 500 && !(error is CancellationError)
                let reason = TerminalText.safe(error is Problem ? problem.detail : "\(error)")
                let held = isOwn ? repeated.letsThrough("\(context.endpointPath ?? ""): \(reason)") : nil
                logger.log(
                    level: held == nil ? .debug : .error,
                    """
                    \(request.method) \(TerminalText.safe(request.uri.path)): \(reason)\
                    \(held.map { $0 > 0 ? " (and \($0) more like it before)" : "" } ?? "")
                    """)
                response = problem.response
            }
            response = await Compression.applied(to: response, for: request)
            if request.method == .head {
                // The same head as for GET, with the length of the body that is left out.
                let length = response.headers[.contentLength]
                response.body = .init()
                response.headers[.contentLength] = length
            }
            addHeaders(&response, request)
            metrics.count(route: context.endpointPath, status: response.status.code, settings.clock.elapsed() - begin)
            return response
        }

        // Names of fields are checked when they are made, so they are made once.
        private static let hostsField = HTTPField.Name(ConnectionRules.hostsField)!
        private static let referrerPolicy = HTTPField.Name("referrer-policy")!
        private static let resourcePolicy = HTTPField.Name("cross-origin-resource-policy")!
        private static let forwardedFor = HTTPField.Name("x-forwarded-for")!

        private static func hasEmptyPart(_ path: String) -> Bool {
            var last: UInt8 = 0
            for byte in path.utf8 {
                if byte == UInt8(ascii: "/"), last == byte { return true }
                last = byte
            }
            return last == UInt8(ascii: "/") && path.utf8.count > 1
        }

        private func check(_ request: Request, _ context: ServerContext) throws {
            if request.headers[Self.hostsField] != nil {
                throw Problem(.badRequest, "the request has more than one Host")
            }
            // Paths are compared by their parts; a proxy's rules may not do so.
            let path = request.uri.path
            if Self.hasEmptyPart(path) {
                throw Problem(.notFound, "a path has no empty parts")
            }
            if let coding = request.headers[.transferEncoding], coding.trimmed.lowercased() != "chunked" {
                throw Problem(.notImplemented, "the transfer coding '\(coding)' is not supported; chunked is")
            }
            try checkHost(request)
            try checkOrigin(request)
            // The program that watches this one may share its address with a client that sends too much.
            let isHealth = ["/healthz", "/readyz"].contains(request.uri.path)
            guard isHealth || clients.admits({ ClientAddress.key(address(request, context)) }) else {
                throw Problem(
                    .tooManyRequests, "too many requests from this client", headers: [.retryAfter: "1"])
            }
            // Browsers send preflight requests (OPTIONS) without credentials.
            guard let token = settings.token, request.method != .options, !Self.isOpen(request.uri.path) else { return }
            guard Self.shown(request).contains(where: { token.matches($0) }) else {
                throw Problem(
                    .unauthorized, "a token is required: Authorization: Bearer TOKEN",
                    headers: [.wwwAuthenticate: "Bearer"])
            }
        }

        /// Returns whether a path needs no token: those that hold no data, and the sign-in.
        private static func isOpen(_ path: String) -> Bool {
            ["/", "/page.css", "/page.js", "/trends.js", "/healthz", "/readyz", "/openapi.json", "/v1/session"]
                .contains(path) || WebhookRoutes.paths.contains(path)
        }

        /// Returns the tokens of a request, from its header and from the page's cookie.
        private static func shown(_ request: Request) -> [String] {
            var tokens: [String] = []
            if let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") {
                tokens.append(String(header.dropFirst(7)).trimmed)
            }
            for cookie in request.headers[values: .cookie].flatMap({ $0.split(separator: ";") }) {
                let pair = cookie.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
                if pair.count == 2, pair[0] == "swiftwater" { tokens.append(pair[1]) }
            }
            return tokens
        }

        /// Checks `Host`, against DNS rebinding: a page elsewhere whose name points here could otherwise read what the
        /// browser's user may read.
        private func checkHost(_ request: Request) throws {
            guard settings.token == nil, !settings.isBehindProxy else { return }
            guard let authority = request.head.authority, !authority.isEmpty else {
                throw Problem(.badRequest, "the request has no Host")
            }
            let name = ClientAddress.host(of: authority).lowercased()
            let known = ["localhost", "127.0.0.1", "[::1]", settings.host.lowercased()]
            guard known.contains(name) || settings.allowedHosts.contains(name) else {
                throw Problem(
                    .misdirectedRequest, "host '\(name)' is not allowed; the server's settings can allow it")
            }
        }

        /// Refuses requests from pages of other sites.
        private func checkOrigin(_ request: Request) throws {
            guard let origin = request.headers[.origin], !settings.allowedOrigins.contains(origin) else { return }
            let own = request.head.authority ?? ""
            guard origin == "http://" + own || origin == "https://" + own else {
                throw Problem(
                    .forbidden, "origin \(origin) is not allowed; the server's settings can allow it")
            }
        }

        /// Answers the preflight request of a browser for a page of another site.
        private func allow(_ response: inout Response, _ request: Request) {
            if let origin = request.headers[.origin], settings.allowedOrigins.contains(origin) {
                response.headers[.accessControlAllowMethods] = "GET, POST, DELETE"
                response.headers[.accessControlAllowHeaders] = "authorization, content-type"
                response.headers[.accessControlMaxAge] = "600"
            }
        }

        private func addHeaders(_ response: inout Response, _ request: Request) {
            response.headers[.contentSecurityPolicy] = Self.contentPolicy
            response.headers[.xContentTypeOptions] = "nosniff"
            response.headers[Self.referrerPolicy] = "no-referrer"
            response.headers[Self.resourcePolicy] = "same-origin"
            if let origin = request.headers[.origin], settings.allowedOrigins.contains(origin) {
                response.headers[.accessControlAllowOrigin] = origin
                response.headers[Self.resourcePolicy] = "cross-origin"
                response.headers[.vary] = "Origin, Accept-Encoding"
            } else if response.headers[.vary] == nil {
                response.headers[.vary] = "Accept-Encoding"
            }
        }

        /// Returns the client's address; behind a proxy, the last one in `X-Forwarded-For`, which no client can forge.
        private func address(_ request: Request, _ context: ServerContext) -> String {
            if settings.isBehindProxy, let list = request.headers[Self.forwardedFor],
                let last = list.split(separator: ",").last
            {
                return String(last).trimmed
            }
            return context.remoteAddress?.ipAddress ?? ""
        }
    }

    /// The methods of the server's paths, set once all routes are known.
    final class KnownMethods: Sendable {
        let table = Monitor<MethodTable?>(nil)
    }

    /// The rate limit of clients: a token bucket each, which refills by the limit per second, up to ten seconds' worth.
    final class ClientLimits: Sendable {
        private struct Bucket {
            var tokens: Double
            var time: Duration
        }

        private let limit: Double?
        private let clock: any StreamClock
        private struct Clients {
            var buckets: [String: Bucket] = [:]
            /// Above this number of clients, those whose bucket is full again are removed.
            var sweepAt = 50_000
        }

        private let clients = Monitor(Clients())

        init(_ settings: ServeSettings) {
            let number =
                settings.clientRequestsPerSecondMax ?? (settings.isLoopback && !settings.isBehindProxy ? nil : 100)
            limit = number.map(Double.init)
            clock = settings.clock
        }

        /// Counts a request. Returns false if it is above the limit.
        func admits(_ client: () -> String) -> Bool {
            guard let limit else { return true }
            let client = client()
            let now = clock.elapsed()
            return clients.update { clients in
                if clients.buckets.count > clients.sweepAt {
                    clients.buckets = clients.buckets.filter { now - $0.value.time < .seconds(10) }
                    clients.sweepAt = max(50_000, 2 * clients.buckets.count)
                }
                var bucket = clients.buckets[client] ?? Bucket(tokens: 10 * limit, time: now)
                bucket.tokens = min(10 * limit, bucket.tokens + limit * (now - bucket.time).inSeconds)
                bucket.time = now
                defer { clients.buckets[client] = bucket }
                guard bucket.tokens >= 1 else { return false }
                bucket.tokens -= 1
                return true
            }
        }
    }
#endif
