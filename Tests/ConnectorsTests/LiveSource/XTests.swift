#if Services
    import Foundation
    import LiveTestSupport
    import StreamingTestSupport
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStreaming
    import TestSupport
    import Testing

    /// A client of X's filtered stream against a local server that speaks its protocol and keeps rules.
    @Suite struct XTests {
        /// A server of rules and a stream.
        private final class Account: Sendable {
            struct State {
                var rules: [(id: String, value: String, tag: String)]
                var nextID = 100
                var streams = 0
            }

            let state: Monitor<State>
            let stream: @Sendable (Int) -> LiveServer.Answer

            init(
                _ rules: [(id: String, value: String, tag: String)] = [],
                stream: @escaping @Sendable (Int) -> LiveServer.Answer = { _ in .stream([.text("\r\n")]) }
            ) {
                (state, self.stream) = (Monitor(State(rules: rules)), stream)
            }

            var values: [String] { state.read { $0.rules.map(\.value) } }

            func answer(_ request: LiveServer.Request) -> LiveServer.Answer {
                if request.target == "/oauth2/token" {
                    let isKnown =
                        request.headers["authorization"] == "Basic " + Data("k%2B:s".utf8).base64EncodedString()
                    guard isKnown, request.method == "POST", request.body == "grant_type=client_credentials" else {
                        return .refusal(
                            status: 403, body: #"{"errors":[{"message":"Unable to verify your credentials"}]}"#)
                    }
                    return .refusal(status: 200, body: #"{"token_type":"bearer","access_token":"t0ken"}"#)
                }
                guard request.headers["authorization"] == "Bearer t0ken" else {
                    return .refusal(status: 401, body: #"{"title":"Unauthorized","status":401}"#)
                }
                if request.target.hasPrefix("/2/tweets/search/stream?") {
                    return stream(
                        state.update {
                            $0.streams += 1
                            return $0.streams - 1
                        })
                }
                return .refusal(status: 200, body: rules(request))
            }

            private func rules(_ request: LiveServer.Request) -> String {
                state.update { state in
                    guard request.method == "POST" else {
                        let all = state.rules.map { #"{"id":"\#($0.id)","value":"\#($0.value)","tag":"\#($0.tag)"}"# }
                        // Two pages.
                        let half = (all.count + 1) / 2
                        if request.target.contains("pagination_token=p2") {
                            return #"{"data":[\#(all[half...].joined(separator: ","))],"meta":{}}"#
                        }
                        return #"{"data":[\#(all[..<half].joined(separator: ","))],"meta":{"next_token":"p2"}}"#
                    }
                    let json = try! JSONSerialization.jsonObject(with: Data(request.body.utf8)) as! [String: Any]
                    if let gone = json["delete"] as? [String: [String]] {
                        state.rules.removeAll { gone["ids"]!.contains($0.id) }
                        return #"{"meta":{"summary":{"deleted":\#(gone["ids"]!.count)}}}"#
                    }
                    var data: [String] = []
                    for rule in json["add"] as! [[String: String]] {
                        if rule["value"]! == "bad:" {
                            return
                                #"{"errors":[{"value":"bad:","details":["Reference to invalid operator"],"title":"UnprocessableEntity"}]}"#
                        }
                        state.nextID += 1
                        data.append(#"{"id":"\#(state.nextID)","value":"x"}"#)
                        guard !request.target.contains("dry_run=true") else { continue }
                        state.rules.append(("\(state.nextID)", rule["value"]!, rule["tag"]!))
                    }
                    return #"{"data":[\#(data.joined(separator: ","))],"meta":{"summary":{"created":\#(data.count)}}}"#
                }
            }
        }

        private static let token = ["X_BEARER_TOKEN": "t0ken"]

        private static func post(_ number: Int) -> String {
            #"{"data":{"id":"\#(1_600_000_000_000_000_000 + number)","text":"a post about #rivers","created_at":"2026-11-23T12:00:11.000Z","author_id":"7"},"matching_rules":[{"id":"1"}]}"#
        }

        private static var hasty: LinkPolicy {
            var policy = LinkPolicy.x
            policy.lost = .init(first: .zero, .adding(.milliseconds(1)), upTo: .milliseconds(10))
            (policy.refused, policy.limited) = (policy.lost, policy.lost)
            return policy
        }

        private func service(
            _ server: LiveServer, _ query: String = "", environment: [String: String] = token,
            notice: @escaping @Sendable (String) -> Void = { _ in }
        ) throws -> XService {
            try XService(
                "x:http://127.0.0.1:\(server.port)\(query)", environment: environment, policy: Self.hasty,
                notice: notice)
        }

        /// Runs a stream of a service until `count` lines came, and returns them and the status.
        private func run(_ service: XService, _ count: Int) async throws -> (lines: [String], status: SourceStatus) {
            let bench = Bench()
            let lines = Collected<String>()
            let receiver = LiveReceiver([service], environment: [:])
            bench.context.receiverStream(receiver, name: "x").forEachBatch(name: "lines") { rdd, _ in
                for line in try rdd.collect() { lines.append(String(line)) }
            }
            try await bench.context.start()
            let begin = SystemClock().elapsed()
            while lines.all.count < count, SystemClock().elapsed() - begin < .seconds(60) {
                bench.clock.advance(by: .seconds(1))
                bench.context.waitUntilCompleted(bench.clock.now())
                try await Task.sleep(for: .milliseconds(5))
            }
            let status = receiver.status!
            try await bench.context.stop()
            return (lines.all, status)
        }

        @Test func linesComeAndPausesAreGaps() async throws {
            let long = String(repeating: "x", count: 1_100_000)
            let account = Account([("1", "corona", "theirs")]) { stream in
                switch stream {
                case 0:
                    .stream(
                        [
                            .text("\r\n"), .pieces((Self.post(1) + "\r\n").map(String.init)),
                            .text("\r\n" + Self.post(2) + "\r\n"),
                        ]
                            + [.text("{\"data\":\r\n"), .text(long + "\r\n"), .text(Self.post(3) + "\r\n")]
                            + [
                                .text(
                                    #"{"errors":[{"title":"operational-disconnect","disconnect_type":"OperationalDisconnect"}]}"#
                                        + "\r\n")
                            ])
                case 1: .refusal(status: 503, headers: [("Retry-After", "0")])
                case 2: .stream([.text(Self.post(3) + "\r\n" + Self.post(4) + "\r\n"), .cut])
                default: .stream([.text(Self.post(5) + "\r\n")])
                }
            }
            let server = try LiveServer { account.answer($0) }
            defer { server.stop() }
            let (lines, status) = try await run(service(server), 5)
            #expect(lines == (1...5).map(Self.post))
            #expect(status.malformed == 2 && status.repeated == 1 && status.gaps == 2 && status.link == .connected)
            let streams = server.requests.filter { $0.target.hasPrefix("/2/tweets/search/stream?") }
            #expect(
                streams.allSatisfy {
                    $0.parameter("backfill_minutes") == nil && $0.target.contains("tweet.fields=created_at,")
                })
        }

        @Test func backfillFillsShortPauses() async throws {
            let account = Account([("1", "corona", "theirs")]) { stream in
                .stream(
                    [.text(Self.post(stream) + "\r\n" + Self.post(stream + 1) + "\r\n")] + (stream < 2 ? [.cut] : []))
            }
            let server = try LiveServer { account.answer($0) }
            defer { server.stop() }
            let (lines, status) = try await run(service(server, "?backfillMinutes=2"), 4)
            #expect(lines == (0..<4).map(Self.post) && status.gaps == 0 && status.repeated == 2)
            let streams = server.requests.filter { $0.target.hasPrefix("/2/tweets/search/stream?") }
            #expect(streams.map { $0.parameter("backfill_minutes") } == [nil, "2", "2"])
        }

        /// Rules are set for the time of the stream; those of an earlier run that was killed go, and others stay.
        @Test func rulesAreSetAndRemoved() async throws {
            let account = Account([
                ("1", "theirs", "mine"), ("2", "old", "swiftwater"), ("3", "corona", "swiftwater"),
            ]) { _ in .stream([.text(Self.post(1) + "\r\n")]) }
            let server = try LiveServer { account.answer($0) }
            defer { server.stop() }
            let notices = Monitor<[String]>([])
            let service = try service(server, "?track=corona&track=new%20album&rule=%23swift%20lang:en") { text in
                notices.update { $0.append(text) }
            }
            try service.prepare()
            #expect(account.values == ["theirs", "corona", "\"new album\"", "#swift lang:en"])
            #expect(notices.read { $0.count == 1 && $0[0].contains("1 other rules") })
            service.finish()
            #expect(account.values == ["theirs", "corona"])
            let error = #expect(throws: SwiftwaterError.self) {
                try self.service(server, "?rule=fine&rule=bad:").prepare()
            }
            #expect(
                error?.message.contains("'bad:': UnprocessableEntity: Reference to invalid operator") == true,
                "\(error!)")
            #expect(account.values == ["theirs", "corona"])
        }

        @Test func nothingWantedIsAnError() throws {
            let account = Account()
            let server = try LiveServer { account.answer($0) }
            defer { server.stop() }
            let error = #expect(throws: SwiftwaterError.self) { try service(server).prepare() }
            #expect(error?.message.contains("no rules") == true && error?.remedy?.contains("x:?track=") == true)
        }

        @Test func aConsumerGetsAToken() async throws {
            let account = Account([("1", "corona", "theirs")]) { _ in .stream([.text(Self.post(1) + "\r\n")]) }
            let server = try LiveServer { account.answer($0) }
            defer { server.stop() }
            let good = ["X_CONSUMER_KEY": "k+", "X_CONSUMER_SECRET": "s"]
            #expect(try await run(service(server, environment: good), 1).lines.count == 1)
            #expect(server.requests.filter { $0.target == "/oauth2/token" }.count == 1)
            for bad in [["X_CONSUMER_KEY": "k+", "X_CONSUMER_SECRET": "wr0ng"], ["X_BEARER_TOKEN": "wr0ng"]] {
                let error = #expect(throws: SwiftwaterError.self) { try service(server, environment: bad).prepare() }
                #expect(error?.code == .denied && error?.remedy?.contains("X_BEARER_TOKEN") == true, "\(error!)")
                #expect(!"\(error!)".contains("wr0ng"))
            }
            let none = #expect(throws: SwiftwaterError.self) { try service(server, environment: [:]) }
            #expect(none?.code == .denied)
        }

        @Test(arguments: [
            "x:?colour=red", "x:?track=", "x:?backfillMinutes=9", "x://host:0", "x:host", "x:http://",
        ])
        func badAddressesAreExplained(address: String) {
            let error = #expect(throws: SwiftwaterError.self) { try XService(address, environment: Self.token) }
            #expect(error?.code == .invalidArgument && error?.remedy != nil)
        }
    }
#endif
