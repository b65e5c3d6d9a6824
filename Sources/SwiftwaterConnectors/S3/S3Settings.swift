#if Services
    import SwiftwaterCore

    /// Where an S3 service is, and how it is used.
    public struct S3Settings: Sendable {
        /// The address of the service, such as `http://127.0.0.1:9000`; nil for Amazon's in the region.
        public var endpoint: String?
        /// The bucket's region. If it is another one, the service says which.
        public var region: String
        /// Whether buckets are in the path rather than in the host's name; nil for what fits the endpoint and the
        /// bucket.
        public var usesPathStyle: Bool?
        /// Credentials; nil for those that AWS's tools would find.
        public var credentials: AWSCredentials?
        /// Whether requests are not signed, as for public buckets.
        public var isAnonymous: Bool
        /// The size of the parts that objects are read and written in. 8 MiB. From 5 MiB, but for the last part.
        public var partBytes: Int
        /// The number of parts that are read or written at a time. 8.
        public var parallelism: Int
        /// When requests are sent again.
        public var retries: RetryPolicy
        /// The time to connect in. 10 s.
        public var connectTimeout: Duration
        /// The time after which a connection without a new byte counts as broken. 30 s.
        public var silenceTimeout: Duration
        /// The file of the certificates to trust, in PEM; nil for the system's.
        public var certificates: String?

        /// Creates settings; what is left out has its default.
        public init(
            endpoint: String? = nil, region: String = "us-east-1", usesPathStyle: Bool? = nil,
            credentials: AWSCredentials? = nil, isAnonymous: Bool = false, partBytes: Int = 8 << 20,
            parallelism: Int = 8,
            retries: RetryPolicy = RetryPolicy(), connectTimeout: Duration = .seconds(10),
            silenceTimeout: Duration = .seconds(30), certificates: String? = nil
        ) {
            (self.endpoint, self.region, self.usesPathStyle) = (endpoint, region, usesPathStyle)
            (self.credentials, self.isAnonymous) = (credentials, isAnonymous)
            (self.partBytes, self.parallelism, self.retries) = (partBytes, parallelism, retries)
            (self.connectTimeout, self.silenceTimeout) = (connectTimeout, silenceTimeout)
            self.certificates = certificates
        }

        /// Creates the settings that AWS's tools find: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`,
        /// `AWS_DEFAULT_REGION`, `AWS_CA_BUNDLE`, and in the profile `endpoint_url`, `region`, `ca_bundle`, and
        /// `s3.addressing_style`.
        ///
        /// - Throws: `notFound` or `malformedInput` for the profile.
        package init(environment: [String: String], profile: AWSProfile) {
            func value(_ names: [String], _ setting: String) -> String? {
                names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? profile.settings[setting]
            }
            self.init()
            endpoint = value(["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"], "endpoint_url")
            region = value(["AWS_REGION", "AWS_DEFAULT_REGION"], "region") ?? region
            certificates = value(["AWS_CA_BUNDLE"], "ca_bundle")
            switch profile.settings["s3.addressing_style"] {
            case "path": usesPathStyle = true
            case "virtual": usesPathStyle = false
            default: break
            }
        }
    }
#endif
