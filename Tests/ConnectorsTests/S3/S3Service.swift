#if Services
    import Foundation
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStorage

    /// A real S3 service for tests: `SWIFTWATER_TEST_S3` has its address and keys, as
    /// `http://127.0.0.1:9000 ACCESS SECRET`; see `Tests/integrate-stores.sh`.
    struct S3Service: Sendable {
        static let bucket = "swiftwater-tests"
        static let missing = "no S3 service is named in SWIFTWATER_TEST_S3"
        static let given = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_S3"].map(S3Service.init)
        /// A service that does not know conditions; it is only asked for what it can do.
        static let simple = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_S3_SIMPLE"].map(S3Service.init)

        let endpoint: String
        let credentials: AWSCredentials

        private init(_ text: String) {
            let parts = text.split(separator: " ").map(String.init)
            endpoint = parts[0]
            credentials = AWSCredentials(accessKeyID: parts[1], secretAccessKey: Secret(parts[2]))
        }

        var port: Int { Int(endpoint.split(separator: ":").last!)! }

        var settings: S3Settings { S3Settings(endpoint: endpoint, credentials: credentials) }

        /// Creates the bucket, unless it is there.
        func prepare() throws {
            let (path, host) = ("/\(Self.bucket)", String(endpoint.split(separator: "/").last!))
            let headers = AWSSignature(credentials, region: "us-east-1").headers(
                for: .init("PUT", path, headers: [("host", host)]), payloadHash: AWSSignature.hash([]),
                at: SystemClock().now())
            let answer = try HTTPService.shared().send(HTTPRequest("PUT", endpoint + path, headers: headers, body: []))
            guard answer.status == 200 || answer.status == 409 else {
                throw SwiftwaterError(.io, "cannot create the bucket: \(answer.text)")
            }
        }

        func store(_ prefix: String = "", _ change: (inout S3Settings) -> Void = { _ in }) throws -> S3Store {
            var settings = settings
            change(&settings)
            return try S3Store(bucket: Self.bucket, prefix: prefix, settings: settings)
        }
    }
#endif
