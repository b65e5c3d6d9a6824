#if Services
    import HTTPTestSupport
    import NIOHTTP1
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage
    import TestSupport
    import Testing

    /// What a service may answer, and what becomes of it.
    @Suite struct S3AnswersTests {
        private let pauses = Monitor<[Duration]>([])

        private func settings(_ url: String) -> S3Settings {
            let pauses = pauses
            var settings = S3Settings(
                endpoint: url, credentials: AWSCredentials(accessKeyID: "KEY", secretAccessKey: "hidden-secret"))
            settings.retries.pause = { length in pauses.update { $0.append(length) } }
            settings.retries.random = { 1 }
            return settings
        }

        private static func error(_ status: Int, _ code: String, _ more: String = "") -> ScriptedHTTPServer.Answer {
            .init(
                status: status,
                body: "<?xml version='1.0'?>\n<Error><Code>\(code)</Code><Message>no</Message>\(more)</Error>")
        }

        /// Refusals that pass are tried again, with pauses that double.
        @Test func whatPassesIsTriedAgain() throws {
            let server = try ScriptedHTTPServer { _, number in
                switch number {
                case 0: Self.error(503, "SlowDown")
                case 1: .init(status: 429, headers: [("retry-after", "7")])
                case 2: .init(isCut: true)
                case 3: Self.error(500, "InternalError")
                default: .init(headers: [("etag", "\"tag\"")])
                }
            }
            defer { server.stop() }
            let store = try S3Store(bucket: "bucket", settings: settings(server.url))
            #expect(try store.put("key", [1, 2, 3]) == ObjectVersion("tag"))
            #expect(pauses.read { $0 } == [.milliseconds(200), .seconds(7), .milliseconds(800), .milliseconds(1600)])
            let counts = store.traffic.counts
            #expect(counts.requests == 5 && counts.retries == 4 && counts.sentBytes == 15)
            let first = server.requests[0]
            #expect(first.method == "PUT" && first.uri == "/bucket/key" && first.body.utf8.count == 3)
            #expect(first.headers["x-amz-checksum-crc32c"] == ["8TDyHg=="])
        }

        @Test func whatStaysIsAnErrorWithoutSecrets() throws {
            let server = try ScriptedHTTPServer { _, _ in Self.error(503, "SlowDown") }
            defer { server.stop() }
            let error = #expect(throws: SwiftwaterError.self) {
                try S3Store(bucket: "bucket", settings: settings(server.url)).put("key", [])
            }
            #expect(server.requests.count == 8 && error?.code == .network && error?.isRetryable == true)
            #expect(error?.location?.file == "s3://bucket/key")
            #expect(!"\(error!)".contains("hidden-secret"))
        }

        /// A bucket in another region is followed there, and signed for there.
        @Test func theRegionIsFollowed() throws {
            let server = try ScriptedHTTPServer { request, _ in
                request.headers["authorization"].first?.contains("/eu-west-3/s3/") == true
                    ? .init(headers: [("etag", "\"t\""), ("content-length", "3")], body: "abc")
                    : request.method == "HEAD"
                        ? .init(status: 301, headers: [("x-amz-bucket-region", "eu-west-3")])
                        : Self.error(301, "PermanentRedirect", "<Region>eu-west-3</Region>")
            }
            defer { server.stop() }
            let store = try S3Store(bucket: "bucket", settings: settings(server.url))
            #expect(try store.get("key") == Array("abc".utf8))
            let before = server.requests.count
            #expect(try store.get("key") == Array("abc".utf8))
            // It stays there.
            #expect(server.requests.count == before + 2 && pauses.read { $0.isEmpty })
        }

        /// An answer that was lost: the second request finds what the first one put.
        @Test func aConditionalPutWhoseAnswerWasLostIsOurs() throws {
            let writer = Monitor("")
            let server = try ScriptedHTTPServer { request, number in
                if number == 0 {
                    writer.update { $0 = request.headers["x-amz-meta-swiftwater-writer"].first ?? "" }
                    return .init(isCut: true)
                }
                if request.method == "PUT" { return Self.error(412, "PreconditionFailed") }
                return .init(headers: [("etag", "\"t\""), ("x-amz-meta-swiftwater-writer", writer.read { $0 })])
            }
            defer { server.stop() }
            let store = try S3Store(bucket: "bucket", settings: settings(server.url))
            #expect(try store.putIfAbsent("key", [1]) == ObjectVersion("t"))
            writer.update { $0 = "another" }
            #expect(try store.putIfAbsent("key", [1]) == nil)
        }

        /// Parts may be refused after a status of 200.
        @Test func aLateErrorIsSeen() throws {
            let finished = Monitor(0)
            let server = try ScriptedHTTPServer { request, _ in
                if request.uri.contains("uploads") { return .init(body: "<R><UploadId>u</UploadId></R>") }
                if request.method == "PUT" { return .init(headers: [("etag", "\"p\"")]) }
                if request.method == "HEAD" { return .init(status: 404) }
                let number = finished.update {
                    $0 += 1
                    return $0
                }
                return number == 1
                    ? Self.answer(200, Self.error(200, "InternalError").body)
                    : Self.answer(200, "<R><ETag>&quot;whole&quot;</ETag></R>")
            }
            defer { server.stop() }
            var settings = settings(server.url)
            settings.partBytes = 5 << 20
            let upload = try S3Store(bucket: "bucket", settings: settings).upload("key")
            let bytes = [UInt8](repeating: 1, count: 6 << 20)
            try bytes.withUnsafeBytes { try upload.write($0) }
            #expect(try upload.commit() == ObjectVersion("whole"))
            #expect(finished.read { $0 } == 2)
        }

        private static func answer(_ status: Int, _ body: String) -> ScriptedHTTPServer.Answer {
            .init(status: status, body: body)
        }

        /// Bytes that are not those that are stored are refused.
        @Test func checksumsAreCompared() throws {
            let server = try ScriptedHTTPServer { _, _ in
                .init(
                    headers: [("etag", "\"t\""), ("content-length", "3"), ("x-amz-checksum-crc32c", "8TDyHg==")],
                    body: "abc")
            }
            defer { server.stop() }
            let error = #expect(throws: SwiftwaterError.self) {
                try S3Store(bucket: "bucket", settings: settings(server.url)).get("key")
            }
            #expect(error?.code == .corrupted && error?.isRetryable == true)
        }

        /// A read of an object that is replaced meanwhile is an error, not a mixture.
        @Test func aReplacedObjectIsNotMixed() throws {
            let server = try ScriptedHTTPServer { request, number in
                let size = 10 << 20
                if number > 0, request.headers["if-match"].first != "\"new\"" {
                    return Self.error(412, "PreconditionFailed")
                }
                return .init(
                    status: 206, headers: [("etag", "\"old\""), ("content-range", "bytes 0-8388607/\(size)")],
                    body: String(repeating: "x", count: 8 << 20))
            }
            defer { server.stop() }
            var memory = [UInt8](repeating: 0, count: 10 << 20)
            let error = #expect(throws: SwiftwaterError.self) {
                try memory.withUnsafeMutableBytes {
                    _ = try S3Store(bucket: "bucket", settings: settings(server.url)).read("key", at: 0, into: $0)
                }
            }
            #expect(error?.message.contains("replaced") == true)
        }

        @Test func malformedAnswersAreErrors() throws {
            for text in ["", "<a>", "<a></b>", "<a>&nbsp;</a>", "<a><!-- </a>", "{\"a\": 1}", "<", "<a><b/>", "</a>"] {
                let error = #expect(throws: SwiftwaterError.self, "\(text)") { try XMLTree(parsing: Array(text.utf8)) }
                #expect(error?.code == .malformedInput)
            }
            let tree = try XMLTree(
                parsing: Array(
                    "<?xml version=\"1.0\"?><!DOCTYPE x><s3:a b='>'>x&amp;&#x41;<c/><![CDATA[<y>]]><d>1</d></s3:a>".utf8
                ))
            #expect(tree.name == "a" && tree.text == "x&A<y>" && tree["d"]?.text == "1" && tree.children.count == 2)
        }
    }
#endif
