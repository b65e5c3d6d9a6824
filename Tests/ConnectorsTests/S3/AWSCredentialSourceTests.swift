#if Services
    import HTTPTestSupport
    import NIOHTTP1
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStorage
    import StreamingTestSupport
    import TestSupport
    import Testing

    /// Credentials from the services that give them, and what happens when they end.
    @Suite struct AWSCredentialSourceTests {
        private let folder = try! TemporaryDirectory()
        private let clock = ManualClock(at: BatchTime(milliseconds: 1_800_000_000_000))

        private func source(_ environment: [String: String], config: String? = nil) throws -> AWSCredentialSource {
            var environment = environment
            environment["AWS_CONFIG_FILE"] = folder.file("config")
            environment["AWS_SHARED_CREDENTIALS_FILE"] = folder.file("credentials")
            if let config { _ = try folder.write("config", config) }
            return AWSCredentialSource(
                environment: environment,
                profile: try AWSProfile(environment: environment, files: LocalFileSystem()), clock: clock)
        }

        private static func json(_ key: String, _ end: String) -> String {
            "{\"AccessKeyId\": \"\(key)\", \"SecretAccessKey\": \"s\", \"Token\": \"t\", \"Expiration\": \"\(end)\"}"
        }

        @Test func anInstanceHasSome() throws {
            let server = try ScriptedHTTPServer { request, _ in
                if request.method == "PUT" {
                    return request.headers.contains(name: "x-aws-ec2-metadata-token-ttl-seconds")
                        ? .init(body: "ticket") : .init(status: 400)
                }
                guard request.headers["x-aws-ec2-metadata-token"] == ["ticket"] else { return .init(status: 401) }
                return request.uri.hasSuffix("/")
                    ? .init(body: "the-role\n") : .init(body: Self.json("ONE", "2027-01-15T09:00:00Z"))
            }
            defer { server.stop() }
            let source = try source(["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url])
            #expect(try source.current()?.accessKeyID == "ONE")
            #expect(server.requests.map(\.uri).last == "/latest/meta-data/iam/security-credentials/the-role")
            // Known until shortly before their end: 09:00 is an hour after 08:00.
            #expect(try source.current()?.sessionToken == "t" && server.requests.count == 3)
            clock.set(to: BatchTime(milliseconds: 1_800_000_000_000 + 56 * 60_000))
            _ = try source.current()
            #expect(server.requests.count == 6)
        }

        @Test func aContainerHasSome() throws {
            let server = try ScriptedHTTPServer { request, _ in
                request.headers["authorization"] == ["Bearer x"]
                    ? .init(body: Self.json("TWO", "2027-01-15T12:00:00Z")) : .init(status: 403)
            }
            defer { server.stop() }
            let token = try folder.write("token", "Bearer x\n")
            let environment = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/creds"]
            let refused = #expect(throws: SwiftwaterError.self) { try source(environment).current() }
            #expect(refused?.code == .denied)
            let found = try source(
                environment.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": token]) { $1 }
            ).current()
            #expect(found?.accessKeyID == "TWO" && found?.expiration == BatchTime(milliseconds: 1_800_014_400_000))
        }

        private static let role = """
            <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
            <AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
            <Expiration>2027-01-15T12:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
            """

        @Test func rolesAreTaken() throws {
            let server = try ScriptedHTTPServer { request, _ in
                request.body.contains("WebIdentityToken=jwt") || request.headers.contains(name: "authorization")
                    ? .init(body: Self.role)
                    : .init(status: 403, body: "<E><Error><Code>AccessDenied</Code><Message>no</Message></Error></E>")
            }
            defer { server.stop() }
            let token = try folder.write("jwt", "jwt\n")
            let identity = [
                "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
                "AWS_ENDPOINT_URL_STS": server.url,
            ]
            #expect(try source(identity).current()?.accessKeyID == "ROLE")
            let assumed = try source(
                ["AWS_PROFILE": "worker", "AWS_ENDPOINT_URL_STS": server.url],
                config: """
                    [profile worker]
                    role_arn = arn:aws:iam::1:role/r
                    source_profile = base
                    [profile base]
                    aws_access_key_id = BASE
                    aws_secret_access_key = b
                    """)
            #expect(try assumed.current()?.accessKeyID == "ROLE")
            let last = try #require(server.requests.last)
            #expect(last.body.contains("Action=AssumeRole&") && last.body.contains("RoleArn=arn%3Aaws%3Aiam"))
            #expect(last.headers["authorization"].first?.contains("Credential=BASE/20270115/us-east-1/sts/") == true)
        }

        @Test func whatItCannotDoIsSaid() throws {
            let source = try source([:], config: "[default]\nsso_session = work\n")
            let error = #expect(throws: SwiftwaterError.self) { try source.current() }
            #expect(error?.code == .unsupported && error?.message.contains("sso_session") == true)
            #expect(try self.source(["AWS_EC2_METADATA_DISABLED": "true"], config: "").current() == nil)
        }

        /// Temporary credentials that end while an object is read are renewed, and the read goes on.
        @Test func theyAreRenewedInMidRead() throws {
            let server = try ScriptedHTTPServer { _, number in
                .init(body: Self.json(number == 0 ? "OLD" : "NEW", "2027-01-15T12:00:00Z"))
            }
            defer { server.stop() }
            let object = String(repeating: "0123456789", count: 3 << 18)
            let service = try ScriptedHTTPServer { request, number in
                let isOld = request.headers["authorization"].first?.contains("Credential=OLD/") == true
                if isOld, number > 1 {
                    return .init(status: 400, body: "<Error><Code>ExpiredToken</Code><Message>no</Message></Error>")
                }
                if request.method == "HEAD" {
                    return .init(headers: [("etag", "\"t\""), ("content-length", String(object.utf8.count))])
                }
                let range = request.headers["range"][0].dropFirst(6).split(separator: "-").map { Int($0)! }
                let bytes = Array(object.utf8)[range[0]...min(range[1], object.utf8.count - 1)]
                return .init(
                    status: 206,
                    headers: [
                        ("etag", "\"t\""), ("content-range", "bytes \(range[0])-\(range[1])/\(object.utf8.count)"),
                    ],
                    body: String(decoding: bytes, as: UTF8.self))
            }
            defer { service.stop() }
            var settings = S3Settings(endpoint: service.url, partBytes: 1 << 20)
            settings.retries.pause = { _ in }
            let store = try S3Store(
                bucket: "bucket", settings: settings,
                credentials: source(["AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url]), clock: clock)
            #expect(try store.get("key") == Array(object.utf8))
            #expect(server.requests.count == 2)
        }
    }
#endif
