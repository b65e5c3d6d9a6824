#if Services
    import Foundation
    import LiveTestSupport
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStreaming
    import StreamingTestSupport
    import Testing

    /// Connections through a proxy.
    @Suite struct HTTPProxyTests {
        private func find(_ host: String, _ environment: [String: String], port: Int = 443, isSecure: Bool = true)
            throws
            -> String?
        {
            try HTTPProxy.find(for: host, port: port, isSecure: isSecure, environment: environment).map {
                "\($0.host):\($0.port) \($0.basicCredentials?.text ?? "-")"
            }
        }

        @Test func variablesAreReadAsOthersReadThem() throws {
            #expect(try find("a.example", [:]) == nil)
            #expect(try find("a.example", ["HTTPS_PROXY": ""]) == nil)
            #expect(try find("a.example", ["HTTPS_PROXY": "http://p:8080/"]) == "p:8080 -")
            #expect(try find("a.example", ["HTTPS_PROXY": "p"]) == "p:80 -")
            #expect(try find("a.example", ["HTTPS_PROXY": "http://P:1", "https_proxy": "http://q:2"]) == "q:2 -")
            #expect(try find("a.example", ["ALL_PROXY": "http://[::1]:3128"]) == "::1:3128 -")
            let login = Data("me:p@ss+word".utf8).base64EncodedString()
            #expect(try find("a.example", ["https_proxy": "http://me:p%40ss+word@p:1"]) == "p:1 \(login)")
            // Only http_proxy is for connections without TLS, since HTTP_PROXY may be a header of a CGI request.
            #expect(try find("a.example", ["HTTP_PROXY": "http://p:1"], isSecure: false) == nil)
            #expect(try find("a.example", ["http_proxy": "http://p:1"], isSecure: false) == "p:1 -")
            #expect(try find("a.example", ["http_proxy": "http://p:1"]) == nil)
        }

        @Test(arguments: [
            ("*", true), ("a.example", true), (".example", true), ("*.example", true), ("EXAMPLE", true),
            ("b.example", false), ("ample", false), ("a.example:443", true), ("a.example:80", false),
            ("other, a.example", true), ("", false),
        ])
        func exceptionsAreReadAsOthersReadThem(list: String, isExempt: Bool) throws {
            #expect((try find("a.example", ["https_proxy": "http://p:1", "NO_PROXY": list]) == nil) == isExempt)
        }

        @Test(arguments: ["socks5://p:1", "http://p:0", "http://p:x", "http://", "http://me:secret@"])
        func badAddressesAreExplainedWithoutThePassword(address: String) {
            let error = #expect(throws: SwiftwaterError.self) { try find("a.example", ["HTTPS_PROXY": address]) }
            #expect(error?.message.hasPrefix("HTTPS_PROXY ") == true && !"\(error!)".contains("secret"))
        }

        private static let posts = (0..<50).map { LiveServer.Act.text(JetstreamEvents.post($0)) }

        /// Runs a source through a proxy until it has lines or an error, and returns their number and the status.
        private func run(_ service: any LiveService, _ environment: [String: String]) async throws -> SourceStatus {
            let bench = Bench()
            let receiver = LiveReceiver([service], environment: environment)
            bench.context.receiverStream(receiver, name: "live").forEachBatch(name: "nothing") { _, _ in }
            try await bench.context.start()
            let begin = SystemClock().elapsed()
            while receiver.status!.lines == 0, receiver.status!.reason == nil,
                SystemClock().elapsed() - begin < .seconds(60)
            {
                try await Task.sleep(for: .milliseconds(5))
            }
            let status = receiver.status!
            try await bench.context.stop()
            return status
        }

        @Test(.enabled(if: TestAuthority.isAvailable, Comment(rawValue: TestAuthority.missing)))
        func sourcesAndRequestsGoThroughIt() async throws {
            let authority = try TestAuthority()
            let certificate = try authority.certificate()
            let socket = try LiveServer(certificate) { _ in .webSocket(Self.posts) }
            let stream = try LiveServer(certificate) { request in
                request.target == "/page"
                    ? .refusal(status: 200, body: "a page")
                    : .stream([.text("event: delete\ndata: 1\n\n")])
            }
            let proxy = try ConnectProxy(login: "me:word")
            defer {
                socket.stop()
                stream.stop()
                proxy.stop()
            }
            let jetstream = JetstreamService(servers: [.init(host: "localhost", port: socket.port, isSecure: true)])
            let mastodon = MastodonService(host: "localhost", port: stream.port, target: "/api/v1/streaming/public")
            var environment = [
                "HTTPS_PROXY": "http://me:word@127.0.0.1:\(proxy.port)", "SSL_CERT_FILE": authority.path,
            ]
            #expect(try await run(jetstream, environment).link == .connected)
            #expect(try await run(mastodon, environment).link == .connected)
            let service = HTTPService.shared(certificates: authority.path, environment: environment)
            let page = HTTPRequest("GET", "https://localhost:\(stream.port)/page")
            #expect(try service.send(page).text == "a page")
            #expect(
                proxy.asked == ["localhost:\(socket.port)"] + Array(repeating: "localhost:\(stream.port)", count: 2))
            // Without the password, the reason names the proxy and not what was shown to it.
            environment["HTTPS_PROXY"] = "http://me:wr0ng@127.0.0.1:\(proxy.port)"
            for service in [jetstream, mastodon] as [any LiveService] {
                let status = try await run(service, environment)
                #expect(status.lines == 0 && status.reason?.contains("407") == true, "\(status)")
                #expect(status.reason?.contains("wr0ng") == false)
            }
            #expect(proxy.asked.count == 3)
        }
    }
#endif
