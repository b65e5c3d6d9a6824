#if Server
    import SwiftwaterCore
    import SwiftwaterTrends

    /// The settings of the server, with defaults that the command line shares.
    public struct ServeSettings: Sendable {
        /// The name that the page shows.
        public var applicationName = "Swiftwater"
        /// The source of the time and of elapsed time.
        public var clock: any StreamClock = SystemClock()
        /// The address to listen on.
        public var host = "127.0.0.1"
        /// The port to listen on; 0 takes a free one.
        public var port = 7780
        /// The token that clients send, as `Authorization: Bearer TOKEN` or by the page's sign-in. Required for an
        /// address that other machines can reach, unless `isBehindProxy`.
        public var token: String?
        /// Whether a proxy in front of the server controls access and sets `X-Forwarded-For`.
        public var isBehindProxy = false
        /// Origins of other sites whose pages may use the API; none by default.
        public var allowedOrigins: Set<String> = []
        /// Names accepted in `Host`, beside the server's address and `localhost`. With a token or behind a proxy, any
        /// name is accepted.
        public var allowedHosts: Set<String> = []

        // MARK: Limits

        /// Size of a request's body. 1 MiB.
        public var bodyMaxBytes = 1 << 20
        /// Total size of a request's header fields. 16 KiB.
        public var headersMaxBytes = 16 << 10
        /// Open connections. Further ones wait until one closes. Fewer if the process may not have this many open
        /// files.
        public var connectionsMax = 4096
        /// Open event streams. Further ones are refused.
        public var eventClientsMax = 2048
        /// Time after which a connection without a request is closed.
        public var idleTimeout: Duration = .seconds(60)
        /// Average number of requests per second from one client, with bursts of ten times as many. If nil, the limit
        /// is 100, or none where only programs on this machine can reach the server.
        public var clientRequestsPerSecondMax: Int?
        /// Ratings in one request.
        public var ratingsMax = 1000
        /// Rows in one response.
        public var rowsMax = 1000
        /// Interval at which a silent event stream sends a heartbeat.
        public var heartbeat: Duration = .seconds(15)
        /// Time after which a connection whose client does not read is closed, to free its slot.
        public var stuckTimeMax: Duration = .seconds(30)
        /// Time after which a connection is closed if the whole body of a request has not arrived.
        public var bodyTimeMax: Duration = .seconds(60)

        // MARK: History

        /// Age beyond which windows are removed. 30 days.
        public var historyMaxAge: Duration = .seconds(30 * 24 * 3600)
        /// Size above which the oldest windows are removed. 512 MiB.
        public var historyMaxBytes = 512 << 20

        /// Creates settings with the defaults.
        public init() {}

        /// Whether only programs on this machine can reach the server.
        public var isLoopback: Bool {
            host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }

        /// Checks that the settings are safe.
        ///
        /// - Throws: `invalidArgument` for a reachable address without protection, or an unusable or short token.
        public func validate() throws {
            guard isLoopback || token != nil || isBehindProxy else {
                throw SwiftwaterError(
                    .invalidArgument, "\(host) can be reached from other machines, and no token is set",
                    remedy: "set SWIFTWATER_TOKEN or --token-file, or --behind-proxy if a proxy controls access"
                )
            }
            if let token,
                !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") })
            {
                throw SwiftwaterError(
                    .invalidArgument, "the token has characters that a header cannot carry",
                    remedy: "use letters, digits and punctuation other than , and ;")
            }
            if let token, token.utf8.count < 16 {
                throw SwiftwaterError(
                    .invalidArgument, "the token has \(token.utf8.count) bytes",
                    remedy: "use at least 16 that are hard to guess")
            }
        }
    }

    /// The settings of the trend tables that the server shows.
    public struct TrendBoardSettings: Sendable {
        /// Windows, each a multiple of the slide. The first is the default, and the one whose history is kept.
        public var windows: [Duration] = [.seconds(60), .seconds(600)]
        /// Interval between tables.
        public var slide: Duration = .seconds(10)
        /// Settings shared by all tables, which set their own window, slide and order.
        public var trending = TrendingSettings()

        /// Creates settings with the defaults, and 100 rows per table.
        public init() { trending.limit = 100 }
    }
#endif
