#if Services
    import Foundation
    import LiveTestSupport
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStreaming
    import TestSupport
    import Testing

    /// A client of Jetstream against local servers that speak its protocol.
    @Suite struct JetstreamTests {
        /// Reconnects at once, so that no test waits.
        private static var hasty: LinkPolicy {
            var policy = LinkPolicy.usual
            policy.lost = .init(first: .zero, .adding(.milliseconds(1)), upTo: .milliseconds(10))
            (policy.refused, policy.limited, policy.jitter) = (policy.lost, policy.lost, 0)
            return policy
        }

        private func link(
            _ ports: [Int], _ heard: HeardLines, isSecure: Bool = false, host: String = "127.0.0.1",
            policy: LinkPolicy = hasty, environment: [String: String] = [:]
        ) -> LiveLink {
            let service = JetstreamService(
                servers: ports.map { .init(host: host, port: $0, isSecure: isSecure) }, policy: policy)
            let link = LiveLink(
                service, into: heard, over: NIOLiveTransport(connecting: policy.connecting, environment: environment))
            link.start()
            return link
        }

        private func events(_ numbers: Range<Int>) -> [LiveServer.Act] {
            numbers.map { .text(JetstreamEvents.post($0)) }
        }

        @Test func eventsBecomeLines() throws {
            let odd = JetstreamEvents.post(3).replacing(",\"commit\"", with: ",\n\r\"commit\"")
            let server = try LiveServer { _ in
                .webSocket(
                    events(0..<2) + [.ping, .pieces(JetstreamEvents.post(2).map(String.init)), .text(odd)]
                        + [
                            .text("{\"did\":"), .text("[]"), .text(JetstreamEvents.identity(4)),
                            .text(JetstreamEvents.post(1)),
                        ]
                        + events(5..<6))
            }
            defer { server.stop() }
            let heard = HeardLines()
            let link = link([server.port], heard)
            defer { link.stop() }
            #expect(heard.wait(6))
            #expect(server.waitFor { _, pongs in pongs == 1 })
            let expected = [0, 1, 2].map(JetstreamEvents.post) + [odd.replacing("\n\r", with: "  ")]
            #expect(heard.all == expected + [JetstreamEvents.identity(4), JetstreamEvents.post(5)])
            let status = link.status
            #expect(status.link == .connected && status.lines == 6 && status.repeated == 1 && status.malformed == 2)
            #expect(status.place == "127.0.0.1:\(server.port)" && status.gaps == 0)
            let request = try #require(server.requests.first)
            #expect(
                request.target
                    == "/subscribe?wantedCollections=app.bsky.feed.post&maxMessageSizeBytes=1048576")
            #expect(
                request.headers["user-agent"] == "swiftwater" && request.headers["host"] == "127.0.0.1:\(server.port)")
        }

        /// Programs may start and stop sources for as long as they run.
        @Test func aStoppedLinkIsFreed() throws {
            let server = try LiveServer { _ in .webSocket(events(0..<2)) }
            defer { server.stop() }
            let heard = HeardLines()
            weak var stopped: LiveLink?
            do {
                let link = link([server.port], heard)
                stopped = link
                #expect(heard.wait(2))
                link.stop()
            }
            #expect(stopped == nil)
        }

        /// A connection that ends in any way is made again from the last position, and nothing comes twice.
        @Test(arguments: ["cut", "close", "rubbish", "masked"])
        func aLostConnectionGoesOn(how: String) throws {
            let end: LiveServer.Act =
                switch how {
                case "cut": .cut
                case "close": .close(1012)
                // A frame with reserved bits, and one with a length of 2^62.
                case "rubbish": .bytes([0xF1, 0x05, 1, 2, 3, 4, 5])
                default: .bytes([0x81, 0x7F, 0x40, 0, 0, 0, 0, 0, 0, 0, 1])
                }
            let server = try LiveServer { request in
                switch request.number {
                case 0: .webSocket(events(0..<100) + [end])
                case 1: .refusal(status: 503, headers: [("Retry-After", "0")], body: "busy")
                default: .webSocket(events(95..<200))
                }
            }
            defer { server.stop() }
            let heard = HeardLines()
            let link = link([server.port], heard)
            defer { link.stop() }
            #expect(heard.wait(200))
            #expect(heard.all == (0..<200).map(JetstreamEvents.post))
            let requests = server.requests
            #expect(requests.count >= 3 && requests[0].parameter("cursor") == nil)
            let cursor = JetstreamEvents.time(99) - Int(JetstreamService.overlap)
            #expect(requests.dropFirst().allSatisfy { $0.parameter("cursor") == "\(cursor)" })
            #expect(link.status.gaps == 0 && link.status.repeated == 5 && link.status.lines == 200)
        }

        /// A connection over which nothing comes, not even a ping, counts as lost.
        @Test func silenceIsALostConnection() throws {
            let server = try LiveServer { request in
                .webSocket(request.number == 0 ? events(0..<1) : [.pause(.milliseconds(100)), .ping] + events(0..<2))
            }
            defer { server.stop() }
            var policy = Self.hasty
            policy.silence = .milliseconds(300)
            let heard = HeardLines()
            let link = link([server.port], heard, policy: policy)
            defer { link.stop() }
            #expect(heard.wait(2))
            #expect(heard.all == [0, 1].map { JetstreamEvents.post($0) })
            #expect(link.status.reason == "nothing came for 300 ms", "\(link.status)")
        }

        /// The other host has its turn when one fails.
        @Test func theNextHostHasItsTurn() throws {
            let down = try LiveServer { _ in .refusal(status: 502) }
            let up = try LiveServer { _ in .webSocket(events(0..<3)) }
            defer {
                down.stop()
                up.stop()
            }
            let heard = HeardLines()
            let link = link([down.port, up.port], heard)
            defer { link.stop() }
            #expect(heard.wait(3))
            #expect(link.status.place == "127.0.0.1:\(up.port)")
        }

        /// A cursor from before the server's buffer: the time between is a gap.
        @Test func aGapIsReported() throws {
            let server = try LiveServer { _ in .webSocket(events(1000..<1010)) }
            defer { server.stop() }
            let position = JetstreamEvents.time(1000) - 3_600_000_000
            let heard = HeardLines(position: UInt64(position))
            let link = link([server.port], heard)
            defer { link.stop() }
            #expect(heard.wait(10))
            #expect(server.requests[0].parameter("cursor") == "\(position - 5_000_000)")
            let status = link.status
            #expect(status.gaps == 1 && status.gapTime == .seconds(3600), "\(status)")
        }

        /// What a user must mend ends the source with the reason; it has never worked.
        @Test(arguments: [401, 403, 404, 400, 301])
        func aRefusalIsSaid(status: Int) throws {
            let server = try LiveServer { _ in .refusal(status: status, body: "no\n\u{1B}[31m such thing") }
            defer { server.stop() }
            let heard = HeardLines()
            let link = link([server.port], heard)
            defer { link.stop() }
            let error = try #require(heard.waitForFailure())
            #expect(error.message.contains("(HTTP \(status))") && error.remedy != nil, "\(error)")
            #expect(!error.message.contains("\u{1B}") && link.status.link == .ended)
        }

        @Test func anotherProgramIsNoService() throws {
            // A TLS client that a plain server answers, and the other way round.
            let server = try LiveServer { _ in .webSocket([]) }
            defer { server.stop() }
            let heard = HeardLines()
            let link = link([server.port], heard, isSecure: true)
            defer { link.stop() }
            #expect(server.port > 0)
            let begin = SystemClock().elapsed()
            while link.status.reason == nil, SystemClock().elapsed() - begin < .seconds(30) {
                Thread.sleep(forTimeInterval: 0.01)
            }
            #expect(link.status.reason?.isEmpty == false && link.status.link != .connected)
        }

        /// A message beyond the limit is counted, and the connection stays.
        @Test func aLongMessageIsCounted() throws {
            let long = JetstreamEvents.post(1, text: String(repeating: "x", count: 10_000_000))
            let server = try LiveServer { _ in .webSocket(events(0..<1) + [.text(long)] + events(2..<3)) }
            defer { server.stop() }
            let heard = HeardLines()
            let link = link([server.port], heard)
            defer { link.stop() }
            #expect(heard.wait(2))
            #expect(heard.all == [0, 2].map { JetstreamEvents.post($0) })
            #expect(link.status.malformed == 1 && server.requests.count == 1)
        }

        // MARK: TLS

        @Test(.enabled(if: TestAuthority.isAvailable, Comment(rawValue: TestAuthority.missing)))
        func encryptedConnectionsAreVerified() throws {
            let authority = try TestAuthority()
            let server = try LiveServer(authority.certificate()) { _ in .webSocket(events(0..<500)) }
            defer { server.stop() }
            let heard = HeardLines()
            let good = link(
                [server.port], heard, isSecure: true, host: "localhost", environment: ["SSL_CERT_FILE": authority.path])
            defer { good.stop() }
            #expect(heard.wait(500))
            // By default the authority of this test is not known.
            let unknown = try failure(server.port)
            #expect(unknown.code == .denied && unknown.message.contains("not from an authority"), "\(unknown)")
        }

        @Test(.enabled(if: TestAuthority.isAvailable, Comment(rawValue: TestAuthority.missing)))
        func badCertificatesAreRefused() throws {
            let authority = try TestAuthority()
            let expired = try LiveServer(authority.certificate(days: -1)) { _ in .webSocket([]) }
            let other = try LiveServer(authority.certificate(for: "DNS:elsewhere.example")) { _ in .webSocket([]) }
            defer {
                expired.stop()
                other.stop()
            }
            let late = try failure(expired.port, authority)
            #expect(late.code == .denied && late.message.contains("has expired, on "), "\(late)")
            let wrong = try failure(other.port, authority)
            #expect(wrong.code == .denied && wrong.message.contains("is for another host"), "\(wrong)")
            #expect(late.remedy != nil && wrong.remedy != nil && expired.requests.isEmpty && other.requests.isEmpty)
            let missing = try failure(other.port, environment: ["SSL_CERT_FILE": "/no/such/file"])
            #expect(missing.message.contains("/no/such/file"), "\(missing)")
        }

        private func failure(
            _ port: Int, _ authority: TestAuthority? = nil, environment: [String: String] = [:]
        ) throws -> SwiftwaterError {
            let heard = HeardLines()
            let link = link(
                [port], heard, isSecure: true, host: "localhost",
                environment: authority.map { ["SSL_CERT_FILE": $0.path] } ?? environment)
            defer { link.stop() }
            return try #require(heard.waitForFailure())
        }
    }
#endif
