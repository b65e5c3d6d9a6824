#if Services && Server
    import Foundation
    import LiveTestSupport
    import TestSupport
    import Testing

    /// What commands do with a live source.
    @Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct LiveCommandTests {
        private func server(_ count: Int = 300) throws -> LiveServer {
            try LiveServer { _ in
                .webSocket(
                    (0..<count).map { .text(JetstreamEvents.post($0)) } + [.text(JetstreamEvents.identity(count))])
            }
        }

        private func url(_ server: LiveServer) -> String { "jetstream:ws://127.0.0.1:\(server.port)" }

        /// The relay keeps what came, and shows and serves the posts with a word.
        @Test func theRelayFiltersAndRecords() throws {
            let server = try server()
            defer { server.stop() }
            let folder = try TemporaryDirectory()
            let record = folder.file("posts.ndjson")
            _ = try folder.write("posts.ndjson", "{\"torn\":")
            let relay = try Program([
                "relay", "--source", url(server), "--track", "k3", "--record", record, "--port", "0",
            ])
            let shown = relay.waitForOutput { output, _ in output.contains("#id297") ? output : nil }
            relay.terminate()
            let result = relay.wait()
            #expect(result.status == 0 && shown != nil, "\(result.error)")
            #expect(result.output.split(separator: "\n").count == 43)
            #expect(result.error.contains("relayed 43 posts of 301 lines (257 not tracked, 1 not posts, 0 malformed)"))
            #expect(result.error.contains("recorded 301 lines in "))
            let lines = try folder.text("posts.ndjson").split(separator: "\n")
            #expect(lines.count == 302 && lines[0] == "{\"torn\":" && lines[300] == JetstreamEvents.post(299))
            let trends = try Program.run(
                "trends", "--source", "file:" + record, "--keys", "hash-words", "--json", "--top", "1")
            #expect(trends.output.contains("\"count\":43"), "\(trends.output)")
        }

        @Test func aCheckSaysWhatComes() throws {
            let server = try server()
            defer { server.stop() }
            let found = try Program.run("sources", "check", url(server), "--for", "2s")
            #expect(found.status == 0, "\(found.error)")
            #expect(found.output.contains("connection  connected, 127.0.0.1:\(server.port)\n"), "\(found.output)")
            #expect(found.output.contains("lines       301 in "))
            #expect(found.output.contains("posts       300, "))
            #expect(found.output.split(separator: "\n").allSatisfy { $0.count <= 110 })
            let json = try Program.run("sources", "check", url(server), "--for", "2s", "--json")
            #expect(json.output.contains("\"link\":\"connected\"") && json.output.contains("\"posts\":300"))
            let free = try FreePort.choose()
            let none = try Program.run("sources", "check", "jetstream:ws://127.0.0.1:\(free)", "--for", "500ms")
            #expect(none.status == 69 && none.error.contains("cannot connect: "), "\(none.error)")
            let lost = try Program.run("sources", "check", "ack://127.0.0.1:\(free)")
            #expect(lost.status == 64 && lost.error.contains("would be acknowledged"))
        }

        /// A service that wants something else ends the program with the reason.
        @Test func aRefusalEndsTheProgram() throws {
            let server = try LiveServer { _ in .refusal(status: 401, body: "who are you?") }
            defer { server.stop() }
            for arguments in [["trends", "--batch", "200ms"], ["relay", "--port", "0"]] {
                let result = try Program(arguments + ["--source", url(server)]).wait()
                #expect(result.status == 77, "\(arguments): \(result.error)")
                #expect(result.error.contains("(HTTP 401): who are you?"), "\(result.error)")
            }
        }

        @Test(arguments: [
            ("jetstream:?colour=red", "the parameter colour, which is not known"), ("jetstream://", "names no server"),
            ("jetstream:ws://", "names no server"), ("jetstream://host:0", "a port that is not a number"),
            ("jetstream:host", "is not the address of a server"), ("jetstream://a b", "characters that no host has"),
            ("jetstream:?wantedDids=me", "an author that is not a DID"),
            ("jetstream:?wantedDids=", "has no value for wantedDids"),
        ])
        func badAddressesAreExplained(address: String, says: String) throws {
            for command in [["trends"], ["relay"], ["serve", "--port", "0"]] {
                let result = try Program(command + ["--source", address]).wait()
                #expect(result.status == 64 && result.error.contains(says), "\(command): \(result.error)")
            }
        }

        /// The server tells how each source is doing.
        @Test func theServerShowsItsSources() async throws {
            let live = try server()
            defer { live.stop() }
            let gone = try FreePort.choose()
            let program = try Program([
                "serve", "--port", "0", "--batch", "200ms", "--source", "posts=" + url(live), "--source",
                "gone=jetstream:ws://127.0.0.1:\(gone)",
            ])
            defer {
                program.terminate()
                _ = program.wait()
            }
            let port = program.waitForOutput { output, _ in
                output.split(separator: "http://127.0.0.1:").last.flatMap { Int($0.prefix { $0.isNumber }) }
            }
            let place = "http://127.0.0.1:\(try #require(port))"
            func get(_ path: String) throws -> String {
                try Program.shell("curl -s '\(place)\(path)'").output
            }
            let deadline = Date().addingTimeInterval(60)
            while Date() < deadline, try !get("/v1/sources").contains("\"posts\":301") { usleep(100_000) }
            let sources = try get("/v1/sources")
            #expect(sources.contains("{\"name\":\"posts\",\"link\":\"connected\""), "\(sources)")
            #expect(sources.contains("\"place\":\"127.0.0.1:\(live.port)\"") && sources.contains("\"gaps\":0"))
            #expect(sources.contains("\"name\":\"gone\""))
            #expect(sources.contains("\"reason\":\"cannot connect: Connection refused\""), "\(sources)")
            let metrics = try get("/metrics")
            #expect(metrics.contains("swiftwater_source_connected{source=\"posts\"} 1\n"))
            #expect(metrics.contains("swiftwater_source_connected{source=\"gone\"} 0\n"))
        }

        @Test func theConnectorsAreListed() throws {
            let list = try Program.run("connectors")
            #expect(list.status == 0 && list.output.contains("jetstream:  Bluesky's public posts, live\n"))
            #expect(list.output.contains("postgresql://USER@HOST/DATABASE  tables in PostgreSQL\n"))
            #expect(list.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
            #expect(try Program.run("connectors", "--json").output.contains("\"address\":\"jetstream:\""))
        }
    }
#endif
