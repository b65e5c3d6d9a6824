#if Server
    import SwiftwaterCore
    import SwiftwaterTrends

    /// Settings of the server, with the defaults that the command line shares.
    public struct ServeSettings: Sendable {
        public var applicationName = "Swiftwater"
        public var host = "127.0.0.1"
        /// 0 takes a free port.
        public var port = 7780
        /// What clients must show, as `Authorization: Bearer TOKEN` or by the page's sign-in. Needed for an address that is not this machine's own.
        public var token: String?
        /// A proxy in front of the server checks who comes, and says in `X-Forwarded-For` from where.
        public var isBehindProxy = false
        /// Origins of other sites' pages that may use the API; none unless set.
        public var allowedOrigins: Set<String> = []
        /// Names by which the server may be called in `Host`, beside its address and `localhost`. With a token or behind a proxy any name will do.
        public var allowedHosts: Set<String> = []

        // MARK: Limits

        /// 1 MiB.
        public var bodyMaxBytes = 1 << 20
        /// All header fields of a request together. 16 KiB.
        public var headersMaxBytes = 16 << 10
        /// Further ones wait until one is closed. Fewer where the process may not have so many files open.
        public var connectionsMax = 4096
        public var eventClientsMax = 2048
        /// A connection without a request is closed after so long.
        public var idleTimeout: Duration = .seconds(60)
        /// Requests of one client in a second, on average, and ten times as many at once; nil for any number. By default 100, and any
        /// number where only this machine's programs can reach the server.
        public var clientRequestsPerSecondMax: Int?
        /// Ratings in a request.
        public var ratingsMax = 1000
        /// Rows of an answer.
        public var rowsMax = 1000
        /// How often a silent event stream says that it lives.
        public var heartbeat: Duration = .seconds(15)
        /// A connection whose client does not take what it is sent is closed after so long: its place is another's.
        public var stuckTimeMax: Duration = .seconds(30)
        /// A connection whose request's body is not there whole after so long is closed.
        public var bodyTimeMax: Duration = .seconds(60)

        // MARK: History

        /// Windows older than this are removed.
        public var historyMaxAge: Duration = .seconds(30 * 24 * 3600)
        /// Above this size the oldest windows are removed. 512 MiB.
        public var historyMaxBytes = 512 << 20

        public init() {}

        /// Whether only programs of this machine can reach the server.
        public var isLoopback: Bool {
            host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }

        /// What would be unsafe.
        public func validate() throws {
            guard isLoopback || token != nil || isBehindProxy else {
                throw SwiftwaterError(
                    .invalidArgument, "\(host) can be reached from elsewhere and there is no token",
                    remedy: "set SWIFTWATER_TOKEN or --token-file, or say --behind-proxy where a proxy checks who comes"
                )
            }
            if let token,
                !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: ",") })
            {
                throw SwiftwaterError(
                    .invalidArgument, "the token has characters that headers do not carry",
                    remedy: "use letters, digits and signs but , and ;")
            }
            if let token, token.utf8.count < 16 {
                throw SwiftwaterError(
                    .invalidArgument, "the token has \(token.utf8.count) bytes",
                    remedy: "use at least 16 that nobody can guess")
            }
        }
    }

    /// The windows and orders of which the server shows trends.
    public struct TrendBoardSettings: Sendable {
        /// Windows, each a multiple of the slide; the first is shown unless another is asked for, and is the one whose history is kept.
        public var windows: [Duration] = [.seconds(60), .seconds(600)]
        public var slide: Duration = .seconds(10)
        /// What all tables share; window, slide and order are of this settings' own.
        public var trending = TrendingSettings()

        public init() { trending.limit = 100 }
    }
#endif
