#if Services
    import SwiftwaterCore

    /// Where a name node is, and how it is used.
    public struct WebHDFSSettings: Sendable {
        /// The name node's host and HTTP port, such as `namenode:9870`.
        public var address: String
        /// Whether the name node speaks HTTPS.
        public var isSecure: Bool
        /// The user that files belong to. The cluster believes it, unless it has security.
        public var user: String
        /// A delegation token (`hdfs fetchdt`), for clusters with security.
        public var delegationToken: Secret?
        /// The size of the parts that files are read and written in. 8 MiB.
        public var partBytes: Int
        /// The number of parts that are read at a time. 8.
        public var parallelism: Int
        /// When requests are sent again.
        public var retries: RetryPolicy
        /// The time to connect in. 10 s.
        public var connectTimeout: Duration
        /// The time after which a connection without a new byte counts as broken. 60 s: a data node that waits for
        /// another one is silent that long.
        public var silenceTimeout: Duration

        /// Creates settings; what is left out has its default.
        public init(
            address: String, isSecure: Bool = false, user: String, delegationToken: Secret? = nil,
            partBytes: Int = 8 << 20, parallelism: Int = 8, retries: RetryPolicy = RetryPolicy(),
            connectTimeout: Duration = .seconds(10), silenceTimeout: Duration = .seconds(60)
        ) {
            (self.address, self.isSecure, self.user, self.delegationToken) = (address, isSecure, user, delegationToken)
            (self.partBytes, self.parallelism, self.retries) = (partBytes, parallelism, retries)
            (self.connectTimeout, self.silenceTimeout) = (connectTimeout, silenceTimeout)
        }

        /// Creates settings for a name node with what the environment says: `HADOOP_USER_NAME` or `USER`, and
        /// `SWIFTWATER_HDFS_TOKEN`.
        package init(address: String, isSecure: Bool, environment: [String: String]) {
            func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
            self.init(
                address: address, isSecure: isSecure,
                user: value("HADOOP_USER_NAME") ?? value("USER") ?? value("LOGNAME") ?? "swiftwater",
                delegationToken: value("SWIFTWATER_HDFS_TOKEN").map { Secret($0) })
        }
    }
#endif
