#if Services
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStorage
    import TestSupport
    import Testing

    /// Credentials are where every tool of AWS looks for them.
    @Suite struct AWSProfileTests {
        private let folder = try! TemporaryDirectory()

        private func profile(_ credentials: String?, _ config: String?, _ name: String? = nil) throws -> AWSProfile {
            var environment = [
                "AWS_SHARED_CREDENTIALS_FILE": folder.file("credentials"), "AWS_CONFIG_FILE": folder.file("config"),
            ]
            environment["AWS_PROFILE"] = name
            if let credentials { _ = try folder.write("credentials", credentials) }
            if let config { _ = try folder.write("config", config) }
            return try AWSProfile(environment: environment, files: LocalFileSystem())
        }

        private static let credentials = """
            # keys
            [default]
            aws_access_key_id = ONE
            aws_secret_access_key=a/b=c

            [ work ]
            AWS_ACCESS_KEY_ID = TWO
            aws_secret_access_key = two
            aws_session_token = three
            """
        private static let config = """
            [default]
            region = eu-west-1
            [profile work]
            region = us-east-2\r
            s3 =
              addressing_style = path
              max_concurrent_requests = 20
            output = json
            ; not this one
            [work]
            region = nowhere
            [profile other]
            region = eu-north-1
            """

        @Test func profilesHaveTheirSettings() throws {
            let first = try profile(Self.credentials, Self.config)
            #expect(first.credentials == AWSCredentials(accessKeyID: "ONE", secretAccessKey: "a/b=c"))
            #expect(first.settings["region"] == "eu-west-1")
            let work = try profile(nil, nil, "work")
            #expect(
                work.credentials
                    == AWSCredentials(accessKeyID: "TWO", secretAccessKey: "two", sessionToken: "three"))
            #expect(work.settings["region"] == "us-east-2" && work.settings["s3.addressing_style"] == "path")
            #expect(work.settings["output"] == "json")
            let other = try profile(nil, nil, "other")
            #expect(other.credentials == nil && other.settings["region"] == "eu-north-1")
        }

        @Test func whatIsMissingOrMalformedIsSaid() throws {
            #expect(try profile(nil, nil).settings.isEmpty)
            let missing = #expect(throws: SwiftwaterError.self) { try profile(nil, nil, "gone") }
            #expect(missing?.code == .notFound && missing?.message.contains("'gone'") == true)
            let malformed = #expect(throws: SwiftwaterError.self) {
                try profile("[default]\naws_secret_access_key topsecret\n", nil)
            }
            #expect(malformed?.code == .malformedInput && malformed?.location?.line == 2)
            #expect("\(malformed!)".contains("topsecret") == false)
        }

        @Test func theEnvironmentHasThemToo() {
            let environment = ["AWS_ACCESS_KEY_ID": "ONE", "AWS_SECRET_ACCESS_KEY": "two", "AWS_SESSION_TOKEN": ""]
            let found = AWSCredentials(environment: environment)
            #expect(found == AWSCredentials(accessKeyID: "ONE", secretAccessKey: "two"))
            #expect(!"\(found!)".contains("two"))
            #expect(AWSCredentials(environment: ["AWS_ACCESS_KEY_ID": "ONE"]) == nil)
        }
    }
#endif
