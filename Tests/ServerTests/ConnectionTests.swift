#if Server
    import Foundation
    import Swiftwater
    import SwiftwaterSamples
    import SwiftwaterServer
    import TestSupport
    import Testing

    /// Tests clients that are slow, old, gone or careful.
    @Suite struct ConnectionTests {
        /// The server does not wait forever for a body that arrives byte by byte.
        @Test func trickledBodiesAreCutOff() async throws {
            var settings = ServeSettings()
            settings.bodyTimeMax = .milliseconds(300)
            let server = try await RunningServer(settings)
            let slow = try RawConnection(port: server.port)
            await slow.say(
                "POST /v1/posts HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 1000000\r\n\r\na"
            )
            var count = 0
            while await slow.say("a"), count < 1_000_000 { count += 1 }
            #expect(count < 1_000_000)
            #expect(await slow.isClosed())
            // Nor for one that does not arrive at all.
            let silent = try RawConnection(port: server.port)
            await silent.say(
                "POST /v1/posts HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\n")
            #expect(await silent.isClosed())
            try await server.close()
        }

        /// A client that holds all the connections that it may have gets another one for an idle one of its own, so
        /// that health checks get through.
        @Test func healthIsAnsweredWithinBoundsWhoeverHoldsConnections() async throws {
            var settings = ServeSettings()
            (settings.connectionsMax, settings.clientConnectionsMax) = (12, 8)
            let server = try await RunningServer(settings)
            var idle: [RawConnection] = []
            for _ in 0..<20 { idle.append(try RawConnection(port: server.port)) }
            // One of them has begun a request, which is not one yet.
            await idle[19].say("GET /healthz HTTP/1.1\r\nhost: loc")
            let clock = SystemClock()
            let begin = clock.elapsed()
            for _ in 0..<5 { #expect(try await server.get("/healthz").status == 200) }
            #expect(clock.elapsed() - begin < .seconds(5 * Sanitizer.slowdown))
            #expect(await idle[0].isClosed())
            try await server.close()
        }

        /// What a proxy and this server could understand in two ways is refused.
        @Test func ambiguousRequestsAreRefused() async throws {
            let server = try await RunningServer()
            for (head, status) in [
                ("GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: evil.example", "400"),
                ("GET /healthz HTTP/1.1\r\nhost: localhost\r\nHost: localhost", "400"),
                ("GET //metrics HTTP/1.1\r\nhost: localhost", "404"),
                ("GET /metrics/ HTTP/1.1\r\nhost: localhost", "404"),
                ("GET /metrics HTTP/1.1\r\nhost: localhost\r\nswiftwater-hosts: 2", "200"),
                ("GET /metrics HTTP/1.1\r\nhost: localhost", "200"),
            ] {
                let raw = try RawConnection(port: server.port)
                await raw.say("\(head)\r\nconnection: close\r\n\r\n")
                let heard = await raw.hear()
                #expect(heard.hasPrefix("HTTP/1.1 \(status) "), "\(head): \(heard.prefix(60))")
            }
            for (accepted, isPacked) in [
                ("gzip;q=0.000", false), ("gzip;q=0.5", true), ("GZIP", true), ("gzip; q=0", false),
            ] {
                let raw = try RawConnection(port: server.port)
                await raw.say(
                    "GET /page.js HTTP/1.1\r\nhost: localhost\r\naccept-encoding: \(accepted)\r\nconnection: close\r\n\r\n"
                )
                #expect((await raw.hear()).lowercased().contains("content-encoding: gzip") == isPacked, "\(accepted)")
            }
            let tag = try #require(try await server.get("/page.js").headers["etag"])
            for (known, status) in [
                (tag, 304), ("*", 304), ("W/\(tag)", 304), (tag.dropLast() + "X\"", 200), ("\"a\", \(tag)", 304),
            ]
                as [(String, Int)]
            {
                #expect(
                    try await server.get("/page.js", headers: ["If-None-Match": known]).status == status, "\(known)")
            }
            try await server.close()
        }

        /// Clients cannot fill the log with the errors that they cause.
        @Test func refusedClientsAreLoggedOnceInAWhile() async throws {
            let warnings = Monitor<[String]>([])
            var settings = ServeSettings()
            let clock = ManualClock(at: BatchTime(milliseconds: 1_795_521_600_000))
            (settings.eventClientsMax, settings.clock) = (0, clock)
            let server = try await RunningServer(settings, hasModel: false, warnings: warnings)
            for _ in 0..<50 { #expect(try await server.get("/v1/events").status == 503) }
            clock.advance(by: .seconds(11))
            #expect(try await server.get("/v1/events").status == 503)
            try await server.close()
            let said = warnings.read { $0.filter { $0.contains("/v1/events") } }
            #expect(said.count == 2 && said.last?.contains("(and 49 more like it before)") == true, "\(said)")
        }

        /// A client that keeps sending requests without reading the answers is disconnected.
        @Test func answersThatNobodyTakesEndTheConnection() async throws {
            var settings = ServeSettings()
            settings.stuckTimeMax = .milliseconds(300)
            let server = try await RunningServer(settings)
            let deaf = try RawConnection(port: server.port, receiveBuffer: 4096)
            let question = "GET /page.js HTTP/1.1\r\nhost: localhost\r\n\r\n"
            // More than the system buffers on both sides.
            let isTaken = await deaf.say(String(repeating: question, count: 20_000))
            let heard = await deaf.hear()
            #expect(!isTaken || heard.utf8.count < 20_000 * 10_000)
            #expect(await deaf.isClosed())
            #expect(try await server.get("/healthz").status == 200)
            try await server.close()
        }

        /// A client that reads answers slowly gets them whole.
        @Test func slowReadersAreServed() async throws {
            var settings = ServeSettings()
            settings.stuckTimeMax = .milliseconds(500)
            let server = try await RunningServer(settings)
            let slow = try RawConnection(port: server.port, receiveBuffer: 65536)
            // An error that quotes its input: answers of a megabyte, more than the system buffers.
            let name = String(repeating: "n", count: 1_000_000)
            let body = "{\"\(name)\":1}"
            let count = 8
            async let said = slow.say(
                String(
                    repeating: "POST /v1/ratings HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                        + "content-length: \(body.utf8.count)\r\n\r\n\(body)", count: count))
            let heard = await slow.hear(atMost: 30_000, each: .milliseconds(20)) { $0 >= count * 1_000_000 }
            #expect(await said)
            #expect(heard >= count * 1_000_000)
            try await server.close()
        }

        /// A client that disconnects in the middle of a body is not a server error.
        @Test func bodiesThatEndEarlyAreNoErrorOfOurs() async throws {
            let warnings = Monitor<[String]>([])
            let server = try await RunningServer(warnings: warnings)
            for head in ["content-length: 1000", "transfer-encoding: chunked"] {
                for path in ["/v1/posts", "/v1/ratings"] {
                    do {
                        let gone = try RawConnection(port: server.port)
                        let type = path == "/v1/posts" ? "text/plain" : "application/json"
                        await gone.say(
                            "POST \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-type: \(type)\r\n\(head)\r\n\r\n")
                        await gone.say(head.hasPrefix("content") ? "abc" : "3\r\nabc\r\n")
                    }
                    let broken = try RawConnection(port: server.port)
                    await broken.say(
                        "POST \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                            + "transfer-encoding: chunked\r\n\r\nno chunk\r\n")
                    #expect(await broken.hear().hasPrefix("HTTP/1.1 4"))
                }
            }
            while try await !server.get("/metrics").text.contains("route=\"/v1/ratings\",status=\"400\"} 4\n") {}
            #expect(!(try await server.get("/metrics").text.contains("status=\"500\"")))
            try await server.close()
            #expect(warnings.read { $0 } == [])
        }

        /// The connection ends after the answer to a request that asks for that, in any spelling, or that uses
        /// HTTP/1.0.
        @Test(arguments: [
            "HTTP/1.0\r\n", "HTTP/1.0\r\nconnection: keep-alive\r\n", "HTTP/1.1\r\nConnection: Close\r\n",
            "HTTP/1.1\r\nconnection: close, TE\r\n", "HTTP/1.1\r\nconnection: close\r\n",
        ])
        func lastAnswersEndTheConnection(head: String) async throws {
            var settings = ServeSettings()
            settings.idleTimeout = .seconds(3600)
            let server = try await RunningServer(settings)
            let client = try RawConnection(port: server.port)
            // A request sent before it on the same connection is answered first.
            await client.say("GET /v1/popular HTTP/1.1\r\nhost: localhost\r\n\r\n")
            await client.say("GET /healthz \(head)host: localhost\r\n\r\n")
            let heard = await client.hear()
            #expect(heard.contains("\"period\":\"all\"") && heard.hasSuffix("{\"status\":\"alive\"}\n"))
            #expect(await client.isClosed())
            try await server.close()
        }

        /// HTTP/1.0 has no chunked encoding: an event stream ends with its connection.
        @Test func oldClientsGetNoChunks() async throws {
            let server = try await RunningServer()
            let old = try RawConnection(port: server.port)
            await old.say("GET /v1/events HTTP/1.0\r\nhost: localhost\r\n\r\n")
            let heard = await old.hear(until: { $0.contains("event: model") })
            #expect(!heard.lowercased().contains("chunked"))
            #expect(heard.contains("\r\n\r\nretry: 1000\n\n"))
            try await server.close()
        }

        /// A client that asks before it sends a body (`Expect: 100-continue`) is told to continue, unless the body is
        /// too large.
        @Test func whoAsksBeforeABodyIsAnswered() async throws {
            let server = try await RunningServer()
            let head =
                "POST /v1/posts HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\nexpect: 100-Continue\r\n"
            let polite = try RawConnection(port: server.port)
            await polite.say(head + "content-length: 7\r\n\r\n")
            #expect(await polite.hear(until: { $0.hasSuffix("\r\n\r\n") }) == "HTTP/1.1 100 Continue\r\n\r\n")
            await polite.say("a #tag\n")
            #expect(await polite.hear(until: { $0.hasSuffix("}\n") }).hasPrefix("HTTP/1.1 202"))
            let large = try RawConnection(port: server.port)
            await large.say(head + "content-length: 100000000\r\n\r\n")
            #expect(await large.hear(until: { $0.contains("\r\n\r\n") }).hasPrefix("HTTP/1.1 413"))
            try await server.close()
        }

        /// The answer to HEAD is that to GET without the body.
        @Test(arguments: ["", "accept-encoding: gzip\r\n"])
        func headsAreThoseOfTheAnswer(encoding: String) async throws {
            let server = try await RunningServer()
            for path in ["/", "/healthz", "/v1/popular?n=100", "/nothing"] {
                var heads: [String] = []
                for method in ["HEAD", "GET"] {
                    let raw = try RawConnection(port: server.port)
                    await raw.say(
                        "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\n\(encoding)connection: close\r\n\r\n")
                    let heard = await raw.hear()
                    let end = try #require(heard.range(of: "\r\n\r\n"))
                    heads.append(
                        heard[..<end.lowerBound].split(separator: "\r\n").filter {
                            !$0.lowercased().hasPrefix("date:")
                        }.joined(separator: "\n"))
                    #expect((heard[end.upperBound...].isEmpty) == (method == "HEAD"))
                }
                #expect(heads[0] == heads[1])
                #expect(!heads[0].contains("content-length: 0"))
            }
            try await server.close()
        }

        /// Queries are decoded as form data; invalid text is rejected.
        @Test func queriesAreThoseOfForms() async throws {
            let server = try await RunningServer()
            let title = try #require(
                (0..<RunningServer.model.itemIDs.count).lazy.map {
                    RunningServer.data.catalogue.title(RunningServer.model.itemIDs[$0])
                }.first {
                    $0.contains(" ") && $0.allSatisfy { $0.isASCII && ($0.isLetter || " ()0123456789".contains($0)) }
                })
            for encoded in [title.replacing(" ", with: "+"), title.replacing(" ", with: "%20")] {
                let safe = encoded.replacing("(", with: "%28").replacing(")", with: "%29")
                let answer = try await server.get("/v1/items?q=\(safe)")
                #expect(answer.text.contains(title))
            }
            for query in ["q=%zz", "q=%ff", "q=a%", "q=a&q=b"] {
                let raw = try RawConnection(port: server.port)
                await raw.say("GET /v1/items?\(query) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                #expect(await raw.hear().hasPrefix("HTTP/1.1 400"), "\(query)")
            }
            try await server.close()
        }
    }
#endif
