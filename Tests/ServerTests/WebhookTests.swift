#if Server
    import Crypto
    import Foundation
    import Swiftwater
    import SwiftwaterServer
    import TestSupport
    import Testing

    /// Posts and ratings from senders that sign what they send.
    @Suite struct WebhookTests {
        private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        /// The time of the server's clock in these tests.
        private static let now = 1_795_521_600

        private func settings(token: Secret? = nil) -> ServeSettings {
            var settings = ServeSettings(clock: ManualClock(at: BatchTime(milliseconds: Int64(Self.now) * 1000)))
            (settings.webhookSecret, settings.token) = (Secret(Self.secret), token)
            return settings
        }

        private func standard(_ body: String, id: String = "msg_1", time: Int = now) -> [String: String] {
            let key = SymmetricKey(data: Data(base64Encoded: String(Self.secret.dropFirst(6)))!)
            let code = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(time).\(body)".utf8), using: key)
            return [
                "webhook-id": id, "webhook-timestamp": "\(time)",
                "webhook-signature": "v1,AAAA v1,\(Data(code).base64EncodedString()) v1a,x",
            ]
        }

        private func hub(_ body: Data) -> [String: String] {
            let code = HMAC<SHA256>.authenticationCode(
                for: body, using: SymmetricKey(data: Data(Self.secret.utf8)))
            return [
                "x-hub-signature-256": "sha256=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            ]
        }

        @Test func signedPostsCountOnce() async throws {
            let server = try await RunningServer(settings(token: "a-token-of-sixteen"), hasModel: false)
            func post(_ body: String, _ headers: [String: String]) async throws -> Int {
                try await server.send(
                    "POST", "/v1/webhooks/posts", data: Data(body.utf8), type: "text/plain", headers: headers
                ).status
            }
            // The sender had no answer, and sends the message again.
            for _ in 0..<3 { #expect(try await post("#lake", standard("#lake")) == 202) }
            #expect(try await post("#lake", standard("#lake", id: "msg_2")) == 202)
            // Without an id that is signed it counts again.
            for _ in 0..<2 { #expect(try await post("#river", hub(Data("#river".utf8))) == 202) }
            for (body, headers) in [
                ("#sea", [:]), ("#sea", standard("#lake")), ("#sea", standard("#sea", time: Self.now - 301)),
                ("#sea", standard("#sea", time: Self.now + 301)), ("#sea", hub(Data("#lake".utf8))),
                ("#sea", ["x-hub-signature-256": "sha256="]), ("#sea", ["webhook-signature": "v1,AAAA"]),
                ("#sea", ["authorization": "Bearer a-token-of-sixteen"]),
                ("#sea", standard("#sea").merging(["webhook-id": "msg_3"]) { $1 }),
            ] {
                #expect(try await post(body, headers) == 401, "\(headers)")
            }
            try server.step()
            let answer = try await server.send(
                "GET", "/v1/trends?window=2s", headers: ["authorization": "Bearer a-token-of-sixteen"])
            let rows = try answer.json["trends"]?.array ?? []
            #expect(rows.map { "\($0["key"]?.string ?? "") \($0["count"]?.integer ?? 0)" } == ["#lake 2", "#river 2"])
            try await server.close()
        }

        /// The signature is that of the body as it was sent.
        @Test func compressedBodiesAreSignedAsTheyAreSent() async throws {
            let server = try await RunningServer(settings(), hasModel: false)
            let packed = try Data(
                contentsOf: URL(fileURLWithPath: PackageFolder.root + "Tests/Fixtures/inputs/posts-body.gz"))
            let headers = hub(packed).merging(["content-encoding": "gzip"]) { $1 }
            let answer = try await server.send(
                "POST", "/v1/webhooks/posts", data: packed, type: "text/plain", headers: headers)
            #expect(answer.status == 202, "\(answer.text)")
            try await server.close()
        }

        @Test func signedRatingsChangeRecommendations() async throws {
            let server = try await RunningServer(settings())
            let body = #"{"user":"new","item":"1","rating":5}"#
            func rate(_ headers: [String: String]) async throws -> Int {
                try await server.send(
                    "POST", "/v1/webhooks/ratings", data: Data(body.utf8), type: "application/json", headers: headers
                ).status
            }
            #expect(try await rate(hub(Data("{}".utf8))) == 401)
            #expect(try await rate(hub(Data(body.utf8))) == 201)
            #expect(try await server.get("/v1/users/new/ratings").json["ratings"]?.array?.count == 1)
            try await server.close()
        }

        @Test func withoutASecretThereAreNoWebhooks() async throws {
            let server = try await RunningServer(hasModel: false)
            let answer = try await server.send(
                "POST", "/v1/webhooks/posts", data: Data("#a".utf8), type: "text/plain",
                headers: hub(Data("#a".utf8)))
            #expect(answer.status == 404 && answer.text.contains("no webhook secret"))
            try await server.close()
            var settings = ServeSettings()
            settings.webhookSecret = "short"
            #expect(throws: SwiftwaterError.self) { try settings.validate() }
        }
    }
#endif
