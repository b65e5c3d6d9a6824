#if Server
    import SwiftwaterCore
    import SwiftwaterTrends

    /// The settings of the server, with defaults that the command line shares.
    public struct ServeSettings: Sendable {
        /// The name that the page shows.
        public var applicationName: String
        /// The source of the time and of elapsed time.
        public var clock: any StreamClock
        /// The address to listen on.
        public var host: String
        /// The port to listen on; 0 takes a free one.
        public var port: Int
        /// The token that clients send, as `Authorization: Bearer TOKEN` or by the page's sign-in. Required for an
        /// address that other machines can reach, unless `isBehindProxy`.
        public var token: Secret?
        /// The secret with which senders of webhooks sign what they send; nil to take none.
        public var webhookSecret: Secret?
        /// Whether a proxy in front of the server controls access and sets `X-Forwarded-For`.
        public var isBehindProxy: Bool
        /// Origins of other sites whose pages may use the API; none by default.
        public var allowedOrigins: Set<String>
        /// Names accepted in `Host`, beside the server's address and `localhost`. With a token or behind a proxy, any
        /// name is accepted.
        public var allowedHosts: Set<String>

        // MARK: Limits

        /// Size of a request's body. 1 MiB.
        public var bodyMaxBytes: Int
        /// Total size of a request's header fields. 16 KiB.
        public var headersMaxBytes: Int
        /// Open connections. Further ones wait until one closes. Fewer if the process may not have this many open
        /// files.
        public var connectionsMax: Int
        /// Open connections of one client, if clients are not behind a proxy: a further one replaces its longest idle
        /// one. nil for seven eighths of all.
        public var clientConnectionsMax: Int?
        /// Open event streams. Further ones are refused.
        public var eventClientsMax: Int
        /// Minimum time between two events of a page.
        package var eventPause = Duration.milliseconds(100)
        /// Time after which a connection without a request is closed.
        public var idleTimeout: Duration
        /// Average number of requests per second from one client, with bursts of ten times as many. If nil, the limit
        /// is 100, or none where only programs on this machine can reach the server.
        public var clientRequestsPerSecondMax: Int?
        /// Ratings in one request.
        public var ratingsMax: Int
        /// Rows in one response.
        public var rowsMax: Int
        /// Interval at which a silent event stream sends a heartbeat.
        public var heartbeat: Duration
        /// Time after which a connection whose client does not read is closed, to free its slot.
        public var stuckTimeMax: Duration
        /// Time after which a connection is closed if the whole body of a request has not arrived.
        public var bodyTimeMax: Duration

        // MARK: History

        /// Age beyond which windows are removed. 30 days.
        public var historyMaxAge: Duration
        /// Size above which the oldest windows are removed. 512 MiB.
        public var historyMaxBytes: Int
        /// Whether a damaged history is renamed at the start and a new one begun, instead of refused. False.
        public var setsAsideDamagedHistory = false

        /// Creates settings; what is left out has its default.
        public init(
            applicationName: String = "Swiftwater", clock: any StreamClock = SystemClock(),
            host: String = "127.0.0.1", port: Int = 7780, token: Secret? = nil, isBehindProxy: Bool = false,
            allowedOrigins: Set<String> = [], allowedHosts: Set<String> = [], bodyMaxBytes: Int = 1 << 20,
            headersMaxBytes: Int = 16 << 10, connectionsMax: Int = 4096, clientConnectionsMax: Int? = nil,
            eventClientsMax: Int = 2048,
            idleTimeout: Duration = .seconds(60), clientRequestsPerSecondMax: Int? = nil, ratingsMax: Int = 1000,
            rowsMax: Int = 1000, heartbeat: Duration = .seconds(15), stuckTimeMax: Duration = .seconds(30),
            bodyTimeMax: Duration = .seconds(60), historyMaxAge: Duration = .seconds(30 * 24 * 3600),
            historyMaxBytes: Int = 512 << 20
        ) {
            self.applicationName = applicationName
            self.clock = clock
            self.host = host
            self.port = port
            self.token = token
            self.isBehindProxy = isBehindProxy
            self.allowedOrigins = allowedOrigins
            self.allowedHosts = allowedHosts
            self.bodyMaxBytes = bodyMaxBytes
            self.headersMaxBytes = headersMaxBytes
            self.connectionsMax = connectionsMax
            self.clientConnectionsMax = clientConnectionsMax
            self.eventClientsMax = eventClientsMax
            self.idleTimeout = idleTimeout
            self.clientRequestsPerSecondMax = clientRequestsPerSecondMax
            self.ratingsMax = ratingsMax
            self.rowsMax = rowsMax
            self.heartbeat = heartbeat
            self.stuckTimeMax = stuckTimeMax
            self.bodyTimeMax = bodyTimeMax
            self.historyMaxAge = historyMaxAge
            self.historyMaxBytes = historyMaxBytes
        }

        /// Whether only programs on this machine can reach the server.
        public var isLoopback: Bool {
            HostAddress.isLoopback(host)
        }

        /// Whether a text is a scheme, a host and perhaps a port, as in the header `Origin`.
        private static func isOrigin(_ text: String) -> Bool {
            text.wholeMatch(of: /https?:\/\/[^\/?#@*\s]+/) != nil
        }

        /// Checks that the settings are safe.
        ///
        /// - Throws: `invalidArgument` for a reachable address without protection, an unusable or short token, or an
        ///   origin or a host that no request can have.
        public func validate() throws {
            for origin in allowedOrigins.sorted() where !Self.isOrigin(origin) {
                throw SwiftwaterError(
                    .invalidArgument, "the origin '\(origin)' never comes from a browser",
                    remedy: "write it as browsers do, such as https://films.example or http://127.0.0.1:8080")
            }
            for name in allowedHosts.sorted() where ClientAddress.host(of: name) != name || name.contains("/") {
                throw SwiftwaterError(
                    .invalidArgument, "the host '\(name)' is not a name", remedy: "leave out the scheme, port and path")
            }
            if let webhookSecret, webhookSecret.text.utf8.count < 16 {
                throw SwiftwaterError(
                    .invalidArgument, "the webhook secret has \(webhookSecret.text.utf8.count) bytes",
                    remedy: "use at least 16 that are hard to guess")
            }
            guard isLoopback || token != nil || isBehindProxy else {
                throw SwiftwaterError(
                    .invalidArgument, "\(host) can be reached from other machines, and no token is set",
                    remedy: "set a token, or say that a proxy controls access", setting: .token
                )
            }
            if let token,
                !token.text.utf8.allSatisfy({
                    $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",")
                })
            {
                throw SwiftwaterError(
                    .invalidArgument, "the token has characters that a header cannot carry",
                    remedy: "use letters, digits and punctuation other than , and ;")
            }
            if let token, token.text.utf8.count < 16 {
                throw SwiftwaterError(
                    .invalidArgument, "the token has \(token.text.utf8.count) bytes",
                    remedy: "use at least 16 that are hard to guess")
            }
        }
    }

    /// The settings of the trend tables that the server shows.
    public struct TrendBoardSettings: Sendable {
        /// Window lengths. The first is the default, and the one whose history is kept.
        public var windows: [Duration]
        /// Interval between tables.
        public var slide: Duration
        /// The orders of the tables.
        public var orders: [TrendingSettings.Order]
        /// Settings shared by all tables, which set their own window, slide and order.
        public var trending: TrendingSettings

        /// Creates settings; what is left out has its default.
        public init(
            windows: [Duration] = [.seconds(60), .seconds(600)], slide: Duration = .seconds(10),
            orders: [TrendingSettings.Order] = [.count, .authors, .burst],
            trending: TrendingSettings = TrendingSettings()
        ) {
            (self.windows, self.slide, self.orders, self.trending) = (windows, slide, orders, trending)
        }
    }
#endif
