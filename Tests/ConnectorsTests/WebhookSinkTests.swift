#if Services
    import Crypto
    import Foundation
    import HTTPTestSupport
    import Logging
    import NIOHTTP1
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStreaming
    import SwiftwaterTesting
    import TestSupport
    import Testing

    /// A sink that sends batches to a local service, which fails as the test says.
    @Suite struct WebhookSinkTests {
        private static let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        private static let secret = Secret("s3cret")

        private static func sink(
            _ url: String, record: String? = nil, attempts: Int = 4, secret: Secret = secret,
            clock: any StreamClock = SystemClock()
        ) throws -> WebhookSink {
            var retry = RetryPolicy(attempts: attempts)
            retry.pause = { _ in }
            return try WebhookSink(url, secret: secret, record: record, retry: retry, clock: clock, logger: quiet)
        }

        private func batch(_ time: Int64, rows: [[SinkValue]] = [[.text("#a"), .integer(2)]]) -> SinkBatch {
            SinkBatch(time: BatchTime(milliseconds: time), columns: ["key", "count"], rows: rows)
        }

        @Test func theSinkKeepsItsPromises() throws {
            let server = try ScriptedHTTPServer { _, _ in .init(status: 204) }
            defer { server.stop() }
            let folder = try TemporaryDirectory()
            let broken = try ConnectorChecks.sink(
                make: { try Self.sink(server.url + "/hook?x=1", record: folder.file("sent")) }
            ) { output, time in
                let bodies = try server.requests.map { try JSONValue(parsing: $0.body) }
                return bodies.filter {
                    $0["output"]?.string == output && $0["batch"]?.integer == time.milliseconds
                }.reduce(0) { $0 + ($1["rows"]?.array?.count ?? 0) }
            }
            #expect(broken.isEmpty, "\(broken)")
        }

        /// The message is signed as Standard Webhooks says, with either form of the secret.
        @Test(arguments: ["s3cret", "whsec_c2VjcmV0IGluIGJhc2U2NA=="]) func messagesAreSigned(secret: String) throws {
            let server = try ScriptedHTTPServer { _, _ in .init() }
            defer { server.stop() }
            let clock = ManualClock(at: BatchTime(milliseconds: 1_795_900_000_500))
            let sink = try Self.sink(server.url + "/hook?token=x", secret: Secret(secret), clock: clock)
            try sink.commit(
                output: "Ä b", batch(7, rows: [[.text("\"#ä\""), .integer(-1)], [.null, .real(.infinity)]]))
            let request = try #require(server.requests.first)
            #expect(request.method == "POST" && request.uri == "/hook?token=x")
            #expect(
                request.body
                    == ##"{"output":"Ä b","batch":7,"rows":[{"key":"\"#ä\"","count":-1},{"key":null,"count":null}]}"##)
            let headers = request.headers
            let (id, time) = (headers.first(name: "webhook-id")!, headers.first(name: "webhook-timestamp")!)
            #expect(id == "%C3%84%20b-7" && time == "1795900000" && headers.first(name: "idempotency-key") == id)
            let key =
                secret.hasPrefix("whsec_")
                ? Data(base64Encoded: String(secret.dropFirst(6)))! : Data(secret.utf8)
            let code = HMAC<SHA256>.authenticationCode(
                for: Data("\(id).\(time).\(request.body)".utf8), using: SymmetricKey(data: key))
            #expect(headers.first(name: "webhook-signature") == "v1," + Data(code).base64EncodedString())
        }

        /// What may pass is sent again under the same id; what will not, is an error at once.
        @Test func failuresAreTriedAgain() throws {
            let server = try ScriptedHTTPServer { _, number in
                switch number {
                case 0: .init(status: 503, headers: [("Retry-After", "0")], body: "busy")
                case 1: .init(isCut: true)
                case 2: .init(status: 429)
                default: .init(status: 202)
                }
            }
            defer { server.stop() }
            let sink = try Self.sink(server.url + "/")
            try sink.commit(output: "t", batch(1))
            #expect(server.requests.count == 4)
            #expect(Set(server.requests.map { $0.headers.first(name: "webhook-id") }) == ["t-1"])
            #expect(sink.isCommitted(output: "t", BatchTime(milliseconds: 1)))
            try sink.commit(output: "t", batch(1))
            #expect(server.requests.count == 4)
        }

        @Test(arguments: [
            (401, SwiftwaterError.Code.denied), (404, .invalidState), (302, .invalidState), (500, .network),
        ])
        func refusalsAreErrors(status: Int, code: SwiftwaterError.Code) throws {
            let server = try ScriptedHTTPServer { _, _ in .init(status: status, body: "not\n\u{1B}[31m here") }
            defer { server.stop() }
            let sink = try Self.sink(server.url + "/secret-path")
            let error = #expect(throws: SwiftwaterError.self) { try sink.commit(output: "t", batch(1)) }
            #expect(error?.code == code && error?.message.contains("answered \(status)") == true, "\(error!)")
            #expect(!"\(error!)".contains("secret-path") && !"\(error!)".contains("\u{1B}"))
            #expect(server.requests.count == (status == 500 ? 4 : 1))
            #expect(!sink.isCommitted(output: "t", BatchTime(milliseconds: 1)))
        }

        @Test func badAddressesAndRecordsAreRefused() throws {
            for address in ["http://example.com/x", "https://u:p@h/x", "https:///x", "ftp://h/x", "https://h/x#y", ""] {
                let error = #expect(throws: SwiftwaterError.self) { try Self.sink(address) }
                #expect(error?.code == .invalidArgument && !"\(error!)".contains("u:p"), "\(address)")
            }
            for secret in ["whsec_", "whsec_not base 64"] {
                let error = #expect(throws: SwiftwaterError.self) {
                    try Self.sink("https://h/x", secret: Secret(secret))
                }
                #expect(error?.code == .invalidArgument && !"\(error!)".contains("not base"))
            }
            let folder = try TemporaryDirectory()
            let path = try folder.write("other", "something else\n")
            #expect(throws: SwiftwaterError.self) { try Self.sink("https://h/x", record: path) }
            let sink = try Self.sink("https://h/x")
            for output in ["", String(repeating: "x", count: 200), String(repeating: "ä", count: 40)] {
                #expect(throws: SwiftwaterError.self) { try sink.open(output: output, columns: ["a"]) }
            }
        }

        /// Only the newest batches are noted; those before them count as accepted.
        @Test func theRecordIsBounded() throws {
            let server = try ScriptedHTTPServer { _, _ in .init() }
            defer { server.stop() }
            let folder = try TemporaryDirectory()
            let sink = try Self.sink(server.url, record: folder.file("sent"))
            for time in 1...1010 { try sink.commit(output: "t", batch(Int64(time), rows: [])) }
            let later = try Self.sink(server.url, record: folder.file("sent"))
            #expect((1...1010).allSatisfy { later.isCommitted(output: "t", BatchTime(milliseconds: $0)) })
            #expect(!later.isCommitted(output: "t", BatchTime(milliseconds: 1011)))
            #expect(try String(contentsOfFile: folder.file("sent"), encoding: .utf8).utf8.count < 10_000)
        }

        /// The program sends its tables, and does not send them again after a restart.
        @Test(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
        func theProgramSendsTables() throws {
            let server = try ScriptedHTTPServer { _, _ in .init(status: 200) }
            defer { server.stop() }
            let folder = try TemporaryDirectory()
            let path = try folder.write("posts.txt", "#a #b\n#a\n")
            let arguments = [
                "trends", "--source", "file:" + path, "--json", "--sink", server.url + "/hook", "--checkpoint",
                folder.file("state"),
            ]
            // Other tests have secrets in the environment of this process.
            func run(secret: String?) throws -> Program.Result {
                var environment = ProcessInfo.processInfo.environment
                environment["SWIFTWATER_SINK_SECRET"] = secret
                let place = Program.folder.appending(path: "swiftwater")
                return try Program(executable: place, arguments, input: nil, environment: environment).wait()
            }
            let first = try run(secret: "s3cret")
            #expect(first.status == 0, "\(first.error)")
            let bodies = try server.requests.map { try JSONValue(parsing: $0.body) }
            let rows = bodies.flatMap { $0["rows"]?.array ?? [] }
            #expect(rows.map { $0["key"]?.string } == ["#a", "#b"] && rows.map { $0["count"]?.integer } == [2, 1])
            let ids = server.requests.compactMap { $0.headers.first(name: "webhook-id") }
            #expect(Set(ids).count == ids.count && !ids.isEmpty)
            #expect(try run(secret: "s3cret").status == 0)
            let all = server.requests.compactMap { $0.headers.first(name: "webhook-id") }
            #expect(Set(all).count == all.count)
            let unsigned = try run(secret: nil)
            #expect(unsigned.status != 0 && unsigned.error.contains("SWIFTWATER_SINK_SECRET"), "\(unsigned.error)")
        }
    }
#endif
