#if Services
    import Foundation
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStorage
    import TestSupport

    /// A real S3 service for tests: `SWIFTWATER_TEST_S3` has its address and keys, as
    /// `http://127.0.0.1:9000 ACCESS SECRET`; see `Tests/integrate-stores.sh`.
    struct S3Service: Sendable {
        static let bucket = "swiftwater-tests"
        static let missing = "no S3 service is named in SWIFTWATER_TEST_S3"
        static let given = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_S3"].map(S3Service.init)
        /// A service that does not know conditions; it is only asked for what it can do.
        static let simple = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_S3_SIMPLE"].map(S3Service.init)
        /// A service with a token service.
        static let sessions = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_S3_SESSIONS"].map(S3Service.init)
        /// A role of that service whose sessions may last 2 seconds.
        static let role = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_S3_ROLE"]

        let endpoint: String
        let credentials: AWSCredentials

        private init(_ text: String) {
            let parts = text.split(separator: " ").map(String.init)
            endpoint = parts[0]
            credentials = AWSCredentials(accessKeyID: parts[1], secretAccessKey: Secret(parts[2]))
        }

        var port: Int { Int(endpoint.split(separator: ":").last!)! }

        var settings: S3Settings { S3Settings(endpoint: endpoint, credentials: credentials) }

        /// Returns where credentials of the role are found, as a profile of `folder`.
        func roleSource(seconds: Int, _ folder: TemporaryDirectory) throws -> AWSCredentialSource {
            let secret = "aws_access_key_id = \(credentials.accessKeyID)\naws_secret_access_key = "
            _ = try folder.write("credentials", "[base]\n\(secret)\(credentials.secretAccessKey.text)\n")
            let role = "role_arn = \(Self.role!)\nsource_profile = base\nduration_seconds = \(seconds)\n"
            let environment = [
                "AWS_PROFILE": "role", "AWS_CONFIG_FILE": try folder.write("config", "[profile role]\n\(role)"),
                "AWS_SHARED_CREDENTIALS_FILE": folder.file("credentials"), "AWS_ENDPOINT_URL": endpoint,
            ]
            return AWSCredentialSource(
                environment: environment, profile: try AWSProfile(environment: environment, files: LocalFileSystem()))
        }

        /// Creates the bucket, unless it is there.
        func prepare(_ bucket: String = Self.bucket, _ credentials: AWSCredentials? = nil) throws {
            let credentials = credentials ?? self.credentials
            let (path, host) = ("/\(bucket)", String(endpoint.split(separator: "/").last!))
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
