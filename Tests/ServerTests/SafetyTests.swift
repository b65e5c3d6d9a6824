#if Server
    import Foundation
    import Swiftwater
    import SwiftwaterServer
    import TestSupport
    import Testing

    /// Tests access control and limits.
    @Suite struct SafetyTests {
        @Test func anOpenAddressNeedsAToken() {
            var settings = ServeSettings()
            settings.host = "0.0.0.0"
            #expect(throws: SwiftwaterError.self) { try settings.validate() }
            settings.token = "short"
            #expect(throws: SwiftwaterError.self) { try settings.validate() }
            settings.token = "0123456789abcdef"
            #expect(throws: Never.self) { try settings.validate() }
            settings.token = nil
            settings.isBehindProxy = true
            #expect(throws: Never.self) { try settings.validate() }
        }

        @Test func namesThatNeverMatchAreRefused() {
            for origin in ["*", "https://a.example/", "a.example", "https://*.a.example", "ftp://a.example"] {
                var settings = ServeSettings()
                settings.allowedOrigins = [origin]
                #expect(throws: SwiftwaterError.self, "\(origin)") { try settings.validate() }
            }
            for host in ["https://a.example", "a.example:80", "a.example/x"] {
                var settings = ServeSettings()
                settings.allowedHosts = [host]
                #expect(throws: SwiftwaterError.self, "\(host)") { try settings.validate() }
            }
            var settings = ServeSettings()
            settings.allowedOrigins = ["https://a.example", "http://127.0.0.1:8080", "http://[::1]:80"]
            settings.allowedHosts = ["a.example", "[::2]"]
            #expect(throws: Never.self) { try settings.validate() }
            // A name that begins as an address of this machine does.
            settings.host = "127.evil.example"
            #expect(throws: SwiftwaterError.self) { try settings.validate() }
        }

        @Test(arguments: [
            ("localhost", "localhost"), ("localhost:80", "localhost"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"),
            ("[::1]evil.example", "[::1]evil.example"), ("localhost:evil.example", "localhost:evil.example"),
            ("localhost:80:80", "localhost:80:80"), ("", ""), (":80", ""),
        ])
        func hostsAreReadWhole(authority: String, host: String) {
            #expect(ClientAddress.host(of: authority) == host)
        }

        @Test func aClientIsAnAddressOrANetwork() {
            let key = ClientAddress.key
            #expect(key("192.0.2.1:1001") == key("192.0.2.1") && key("192.0.2.1") != key("192.0.2.2"))
            #expect(key("::ffff:192.0.2.1") == key("192.0.2.1"))
            #expect(key("2001:db8::1") == key("2001:db8::ffff:1") && key("2001:db8::1") == key("[2001:db8::2]:443"))
            #expect(key("2001:db8::1") != key("2001:db8:0:1::1"))
        }

        @Test func aTokenIsAskedFor() async throws {
            var settings = ServeSettings()
            settings.token = "0123456789abcdef"
            let server = try await RunningServer(settings)
            for path in ["/v1/trends", "/metrics", "/v1/users/5/recommendations", "/v1/events"] {
                let answer = try await server.get(path)
                #expect(answer.status == 401)
                #expect(answer.headers["www-authenticate"] == "Bearer")
                #expect(try await server.get(path, headers: ["authorization": "Bearer 0123456789abcdeX"]).status == 401)
            }
            for path in ["/", "/page.js", "/trends.js", "/healthz", "/openapi.json"] {
                #expect(try await server.get(path).status == 200)
            }
            #expect(
                try await server.get("/v1/trends", headers: ["authorization": "bearer 0123456789abcdef"]).status == 200)
            #expect(try await server.send("POST", "/v1/session", #"{"token":"wrong"}"#).status == 401)
            let session = try await server.send("POST", "/v1/session", #"{"token":"0123456789abcdef"}"#)
            #expect(session.status == 204)
            let cookie = try #require(session.headers["set-cookie"])
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            let pair = String(cookie.split(separator: ";")[0])
            #expect(try await server.get("/v1/trends", headers: ["cookie": "other=1; " + pair]).status == 200)
            try await server.close()
        }

        @Test func otherSitesAreKeptOut() async throws {
            var settings = ServeSettings()
            settings.allowedOrigins = ["https://friend.example"]
            let server = try await RunningServer(settings)
            let rating = #"{"user":"5","item":"1","rating":4}"#
            let foreign = try await server.send(
                "POST", "/v1/ratings", rating, headers: ["origin": "https://evil.example"])
            #expect(foreign.status == 403)
            #expect(server.live?.ratingCount == 0)
            let own = ["origin": "http://127.0.0.1:\(server.port)"]
            #expect(try await server.send("POST", "/v1/ratings", rating, headers: own).status == 201)
            let friend = try await server.get("/v1/trends", headers: ["origin": "https://friend.example"])
            #expect(friend.headers["access-control-allow-origin"] == "https://friend.example")
            #expect(try await server.get("/v1/trends").headers["access-control-allow-origin"] == nil)
            // A host name that was made to resolve to this machine (DNS rebinding).
            let rebound = try RawConnection(port: server.port)
            await rebound.say("GET /v1/trends HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n")
            #expect(await rebound.hear().hasPrefix("HTTP/1.1 421"))
            let coded = try RawConnection(port: server.port)
            await coded.say(
                "POST /v1/posts HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
                    + "transfer-encoding: gzip, chunked\r\nconnection: close\r\n\r\n1\r\na\r\n0\r\n\r\n")
            #expect(await coded.hear().hasPrefix("HTTP/1.1 501"))
            let nameless = try RawConnection(port: server.port)
            await nameless.say("GET /v1/trends HTTP/1.1\r\nconnection: close\r\n\r\n")
            #expect(await nameless.hear().hasPrefix("HTTP/1.1 400"))
            try await server.close()
        }

        /// A page of an allowed origin sends its preflight request without the token.
        @Test func friendsWithATokenMaySend() async throws {
            var settings = ServeSettings()
            (settings.token, settings.allowedOrigins) = ("0123456789abcdef", ["https://friend.example"])
            let server = try await RunningServer(settings)
            let origin = ["origin": "https://friend.example"]
            let asked = try await server.send("OPTIONS", "/v1/ratings", headers: origin)
            #expect(asked.status == 204)
            #expect(asked.headers["access-control-allow-headers"]?.contains("authorization") == true)
            let sent = try await server.send(
                "POST", "/v1/ratings", #"{"user":"5","item":"1","rating":4}"#,
                headers: origin.merging(["authorization": "Bearer 0123456789abcdef"]) { $1 })
            #expect(sent.status == 201)
            try await server.close()
        }

        @Test func everyAnswerCarriesThePolicy() async throws {
            let server = try await RunningServer()
            for path in ["/", "/v1/trends", "/nothing"] {
                let headers = try await server.get(path).headers
                let policy = try #require(headers["content-security-policy"])
                #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
                #expect(headers["x-content-type-options"] == "nosniff")
            }
            let page = try await server.get("/").text
            #expect(!page.contains("<script>") && !page.contains("style=") && !page.contains("onclick"))
            try await server.close()
        }

        @Test func clientsAreLimited() async throws {
            var settings = ServeSettings()
            settings.clientRequestsPerSecondMax = 1
            // Time that stands still: on a slow machine, 30 requests take longer than their allowance takes to refill.
            settings.clock = ManualClock(at: BatchTime(milliseconds: 0))
            let server = try await RunningServer(settings)
            var statuses: [Int] = []
            for _ in 0..<30 { statuses.append(try await server.get("/v1/trends").status) }
            #expect(statuses.prefix(10).allSatisfy { $0 == 200 })
            #expect(statuses.contains(429))
            // Whoever watches the process is still answered.
            #expect(try await server.get("/healthz").status == 200)
            try await server.close()
        }

        /// A body far above the limit is rejected without using memory for it.
        @Test func hugeBodiesAreRefusedWithinBounds() async throws {
            let server = try await RunningServer()
            let before = SafetyTests.residentBytes
            for isCounted in [true, false] {
                let raw = try RawConnection(port: server.port)
                let size = 1 << 30
                await raw.say(
                    "POST /v1/posts HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
                        + (isCounted ? "content-length: \(size)" : "transfer-encoding: chunked") + "\r\n\r\n")
                let piece = [UInt8](repeating: 0x61, count: 1 << 20)
                for _ in 0..<size >> 20 {
                    if !isCounted { await raw.say("100000\r\n") }
                    guard await raw.say(piece) else { break }
                    if !isCounted { await raw.say("\r\n") }
                }
                #expect(await raw.hear(until: { $0.contains("\r\n\r\n") }).hasPrefix("HTTP/1.1 413"))
            }
            #expect(SafetyTests.residentBytes - before < 128 << 20)
            #expect(try await server.get("/healthz").status == 200)
            try await server.close()
        }

        @Test func hugeAndBrokenHeadsAreRefused() async throws {
            let server = try await RunningServer()
            for head in [
                "GET / HTTP/1.1\r\nhost: localhost\r\nx: \(String(repeating: "y", count: 40_000))\r\n\r\n",
                "GET /\(String(repeating: "y", count: 100_000)) HTTP/1.1\r\n\r\n", "GARBAGE\r\n\r\n",
                "\u{0}\u{1}\u{2}\r\n\r\n",
                "GET / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\nhost: localhost\r\n\r\n",
            ] {
                let raw = try RawConnection(port: server.port)
                await raw.say(head)
                let heard = await raw.hear()
                #expect(heard.isEmpty || heard.hasPrefix("HTTP/1.1 4"), "\(heard.prefix(80))")
            }
            #expect(try await server.get("/healthz").status == 200)
            try await server.close()
        }

        /// Connections that stop in the middle of a request are closed.
        @Test func halfOpenConnectionsAreClosed() async throws {
            var settings = ServeSettings()
            settings.idleTimeout = .milliseconds(500)
            let server = try await RunningServer(settings)
            let half = try (0..<20).map { _ in try RawConnection(port: server.port) }
            for connection in half { await connection.say("GET /v1/trends HTTP/1.1\r\nhost: loc") }
            for connection in half { #expect(await connection.isClosed()) }
            try await server.close()
        }

        /// A thousand pages that listen but do not read do not delay other clients.
        @Test func idleClientsAreServedWithinBounds() async throws {
            var limits = rlimit()
            getrlimit(__rlimit_resource_t(7), &limits)
            limits.rlim_cur = limits.rlim_max
            setrlimit(__rlimit_resource_t(7), &limits)
            let server = try await RunningServer()
            let pages = try (0..<1000).map { _ in try RawConnection(port: server.port) }
            for page in pages { await page.say("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n") }
            // Every page gets its first event.
            for page in pages { _ = await page.hear(until: { $0.contains("event: model") }) }
            #expect(try await server.get("/metrics").text.contains("swiftwater_event_clients 1000\n"))
            let before = SafetyTests.residentBytes
            for batch in 0..<20 {
                let posts = (0..<100).map { "post #tag\($0 % 50) of batch \(batch)\n" }.joined()
                #expect(try await server.send("POST", "/v1/posts", posts, type: "text/plain").status == 202)
                try server.step()
                #expect(try await server.get("/v1/trends").status == 200)
            }
            #expect(SafetyTests.residentBytes - before < 128 << 20)
            #expect(await pages[999].hear(until: { $0.contains("event: trends") }).contains("event: trends"))
            try await server.close()
        }

        static var residentBytes: Int {
            let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
            return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4096
        }
    }
#endif
