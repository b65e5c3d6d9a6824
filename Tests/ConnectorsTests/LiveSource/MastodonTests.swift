#if Services
    import Foundation
    import LiveTestSupport
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStreaming
    import StreamingTestSupport
    import TestSupport
    import Testing

    /// A client of Mastodon's streams against local servers that speak their protocol.
    @Suite struct MastodonTests {
        private static func status(_ number: Int, edited: Bool = false) -> String {
            "{\"id\":\"\(number)\",\"uri\":\"https://a.example/users/u/statuses/\(number)\","
                + "\"created_at\":\"2026-11-23T12:00:11.000Z\",\"edited_at\":"
                + (edited ? "\"2026-11-23T12:05:00.000Z\"" : "null")
                + ",\"content\":\"<p>about #rivers</p>\",\"account\":{\"id\":\"8\"},\"tags\":[{\"name\":\"rivers\"}]}"
        }

        private static func event(_ name: String, _ data: String) -> String { "event: \(name)\ndata: \(data)\n\n" }
        private static func line(_ name: String, _ data: String) -> String {
            "{\"event\":\"\(name)\",\"payload\":\(data)}"
        }

        /// Runs a stream of services until `isDone`, and returns its lines and status.
        private func run(
            _ services: [any LiveService], environment: [String: String] = [:],
            until isDone: ([String], SourceStatus) -> Bool
        ) async throws -> (lines: [String], status: SourceStatus) {
            let bench = Bench()
            let lines = Collected<String>()
            let receiver = LiveReceiver(services, environment: environment)
            bench.context.receiverStream(receiver, name: "mastodon").named("m").forEachBatch(name: "lines") { rdd, _ in
                for line in try rdd.collect() { lines.append(String(line)) }
            }
            try await bench.context.start()
            let begin = SystemClock().elapsed()
            while !isDone(lines.all, bench.context.sourceStatuses[0].status),
                SystemClock().elapsed() - begin < .seconds(60)
            {
                bench.clock.advance(by: .seconds(1))
                bench.context.waitUntilCompleted(bench.clock.now())
                try await Task.sleep(for: .milliseconds(5))
            }
            let status = bench.context.sourceStatuses[0]
            try await bench.context.stop()
            #expect(status.name == "m")
            return (lines.all, status.status)
        }

        private func service(
            _ port: Int, host: String = "127.0.0.1", isSecure: Bool = false, token: Secret? = nil
        ) -> MastodonService {
            var policy = LinkPolicy.usual
            policy.lost = .init(first: .zero, .adding(.milliseconds(1)), upTo: .milliseconds(10))
            (policy.refused, policy.limited, policy.jitter) = (policy.lost, policy.lost, 0)
            return MastodonService(
                host: host, port: port, isSecure: isSecure, target: "/api/v1/streaming/public", token: token,
                policy: policy)
        }

        /// Programs may start and stop sources for as long as they run.
        @Test func aStoppedLinkIsFreed() throws {
            let server = try LiveServer { _ in .stream([.text(":)\n\n" + Self.event("update", Self.status(1)))]) }
            defer { server.stop() }
            let heard = HeardLines()
            weak var stopped: LiveLink?
            do {
                let service = service(server.port)
                let transport = NIOLiveTransport(connecting: service.policy.connecting, environment: [:])
                let link = LiveLink(service, into: heard, over: transport)
                stopped = link
                link.start()
                #expect(heard.wait(1))
                link.stop()
            }
            #expect(stopped == nil)
        }

        @Test func eventsBecomeLines() async throws {
            let long = String(repeating: "x", count: 1_100_000)
            let server = try LiveServer { _ in
                .stream(
                    [.text(":)\n\n" + Self.event("update", Self.status(1)))]
                        + [.pieces(Self.event("update", Self.status(2)).map(String.init)), .ping]
                        + [
                            .text(
                                Self.event("update", Self.status(1))
                                    + Self.event("status.update", Self.status(1, edited: true)))
                        ]
                        + [
                            .text(
                                Self.event("delete", "2") + Self.event("filters_changed", "")
                                    + "event: update\ndata: {\"id\":\n\n")
                        ]
                        + [
                            .text(
                                Self.event("update", "\"" + long + "\"") + Self.event("update", "{}")
                                    + Self.event("update", Self.status(3)))
                        ])
            }
            defer { server.stop() }
            let (lines, status) = try await run([service(server.port, token: "t0ken")]) { lines, _ in lines.count >= 5 }
            #expect(
                lines == [
                    Self.line("update", Self.status(1)), Self.line("update", Self.status(2)),
                    Self.line("status.update", Self.status(1, edited: true)), Self.line("delete", "\"2\""),
                    Self.line("update", Self.status(3)),
                ])
            #expect(status.link == .connected && status.repeated == 1 && status.malformed == 3 && status.gaps == 0)
            let request = try #require(server.requests.first)
            #expect(request.target == "/api/v1/streaming/public")
            #expect(request.headers["authorization"] == "Bearer t0ken")
            #expect(request.headers["accept"] == "text/event-stream")
        }

        /// Several instances are one source, and a post that both know counts once.
        @Test func severalInstancesAreOneSource() async throws {
            let servers = try [1..<40, 20..<60].map { numbers in
                try LiveServer { _ in .stream(numbers.map { .text(Self.event("update", Self.status($0))) }) }
            }
            defer { for server in servers { server.stop() } }
            let (lines, status) = try await run(servers.map { service($0.port) }) { lines, status in
                lines.count >= 59 && status.repeated >= 20
            }
            #expect(lines.count == 59 && Set(lines).count == 59)
            #expect(status.link == .connected && status.lines == 59 && status.repeated == 20)
            #expect(status.place == servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ", "))
        }

        /// The service does not go on from where it was, so each pause is a gap.
        @Test(arguments: ["cut", "close"]) func aPauseIsAGap(how: String) async throws {
            let server = try LiveServer { request in
                switch request.number {
                case 0: .stream([.text(Self.event("update", Self.status(1))), how == "cut" ? .cut : .close(0)])
                case 1: .refusal(status: 429, headers: [("Retry-After", "1")])
                default: .stream([.text(Self.event("update", Self.status(2)))])
                }
            }
            defer { server.stop() }
            let (lines, status) = try await run([service(server.port)]) { lines, _ in lines.count >= 2 }
            #expect(lines == [1, 2].map { Self.line("update", Self.status($0)) })
            #expect(status.gaps == 1 && status.gapTime >= .seconds(1) && status.gapTime < .seconds(60), "\(status)")
        }

        @Test func aMissingTokenEndsTheStream() async throws {
            let server = try LiveServer { _ in
                .refusal(status: 401, body: "{\"error\":\"The access token is invalid\"}")
            }
            defer { server.stop() }
            let bench = Bench()
            let receiver = LiveReceiver([service(server.port)], environment: [:])
            bench.context.receiverStream(receiver, name: "mastodon").forEachBatch(name: "nothing") { _, _ in }
            try await bench.context.start()
            let begin = SystemClock().elapsed()
            while receiver.status?.link != .ended, SystemClock().elapsed() - begin < .seconds(60) {
                try await Task.sleep(for: .milliseconds(5))
            }
            bench.clock.advance(by: .seconds(1))
            let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.awaitTermination() }
            #expect(error?.code == .denied && error?.message.contains("The access token is invalid") == true)
            #expect(error?.remedy?.contains("MASTODON_TOKEN") == true)
        }

        @Test(.enabled(if: TestAuthority.isAvailable, Comment(rawValue: TestAuthority.missing)))
        func encryptedStreamsAreVerified() async throws {
            let authority = try TestAuthority()
            let server = try LiveServer(authority.certificate()) { _ in
                .stream([.text(Self.event("update", Self.status(1)))])
            }
            let expired = try LiveServer(authority.certificate(days: -1)) { _ in .stream([]) }
            defer {
                server.stop()
                expired.stop()
            }
            let trust = ["SSL_CERT_FILE": authority.path]
            let good = try await run(
                [service(server.port, host: "localhost", isSecure: true)], environment: trust
            ) { lines, _ in lines.count == 1 }
            #expect(good.lines.count == 1)
            for (port, environment) in [(server.port, [:]), (expired.port, trust)] {
                let link = LiveReceiver([service(port, host: "localhost", isSecure: true)], environment: environment)
                let bench = Bench()
                bench.context.receiverStream(link, name: "mastodon").forEachBatch(name: "nothing") { _, _ in }
                try await bench.context.start()
                let begin = SystemClock().elapsed()
                while link.status?.link != .ended, SystemClock().elapsed() - begin < .seconds(60) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                #expect(link.status?.reason?.contains("the certificate of localhost") == true, "\(link.status!)")
                try? await bench.context.stop()
            }
            #expect(expired.requests.isEmpty)
        }

        // MARK: Addresses

        @Test func addressesAndTokensAreRead() throws {
            let folder = try TemporaryDirectory()
            let file = try folder.write("tokens", "# mine\na.example abc\n\nb.example  def \n")
            func services(_ address: String, _ environment: [String: String] = [:]) throws -> [MastodonService] {
                try LiveSources.services(address, environment: environment).map { $0 as! MastodonService }
            }
            let one = try services("mastodon://a.example/public", ["MASTODON_TOKEN": "secret"])[0]
            #expect(one.target == "/api/v1/streaming/public" && one.port == 443 && one.isSecure)
            #expect(one.token?.text == "secret")
            let two = try services(
                "mastodon://a.example,c.example:8443/hashtag/caf%C3%A9/local",
                [
                    "MASTODON_TOKEN": "secret", "MASTODON_TOKENS_FILE": file,
                ])
            #expect(two.map(\.target) == Array(repeating: "/api/v1/streaming/hashtag/local?tag=caf%C3%A9", count: 2))
            #expect(two.map { $0.token?.text } == ["abc", nil] && two[1].port == 8443)
            #expect(
                try services("mastodon:http://127.0.0.1:80/public/local")[0].target == "/api/v1/streaming/public/local")
            for wrong in [
                "mastodon://a.example", "mastodon:", "mastodon://a.example/home", "mastodon:///public",
                "mastodon://a.example/hashtag/", "mastodon://a.example/public?x=1", "mastodon://a.example,/public",
            ] {
                let error = #expect(throws: SwiftwaterError.self, "\(wrong)") { try services(wrong) }
                #expect(error?.code == .invalidArgument && error?.remedy != nil)
            }
            let damaged = try folder.write("damaged", "a.example\n")
            #expect(throws: SwiftwaterError.self) {
                try services("mastodon://a.example,b.example/public", ["MASTODON_TOKENS_FILE": damaged])
            }
        }
    }
#endif
