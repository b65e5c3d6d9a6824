#if Services
    import SwiftwaterCore

    /// What proves to a service of AWS, or to a store that speaks its language, who asks.
    public struct AWSCredentials: Sendable, Equatable {
        /// The name of the key, which requests show.
        public var accessKeyID: String
        /// The key, which only signs.
        public var secretAccessKey: Secret
        /// The token of temporary credentials; nil if they last.
        public var sessionToken: Secret?
        /// When temporary credentials end; nil if they last, or if it is not known.
        public var expiration: BatchTime?

        /// Creates credentials.
        public init(
            accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expiration: BatchTime? = nil
        ) {
            self.accessKeyID = accessKeyID
            self.secretAccessKey = secretAccessKey
            self.sessionToken = sessionToken
            self.expiration = expiration
        }

        /// Returns the credentials of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; nil if the
        /// first two are not set.
        package init?(environment: [String: String]) {
            func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
            guard let id = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") else { return nil }
            self.init(
                accessKeyID: id, secretAccessKey: Secret(secret),
                sessionToken: value("AWS_SESSION_TOKEN").map { Secret($0) })
        }
    }
#endif
