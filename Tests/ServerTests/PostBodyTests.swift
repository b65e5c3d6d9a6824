#if Server
    import Foundation
    import Swiftwater
    import SwiftwaterServer
    import TestSupport
    import Testing

    /// Bodies of posts as clients send them: compressed, in lists, with marks, and in ways that are refused.
    @Suite struct PostBodyTests {
        private func file(_ name: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: PackageFolder.root + "Tests/Fixtures/inputs/" + name))
        }

        /// Sends a body and returns the counts of keys, or the status if it was refused.
        private func counts(_ body: Data, _ type: String, _ headers: [String: String] = [:]) async throws -> [String] {
            let server = try await RunningServer()
            let answer = try await server.send("POST", "/v1/posts", data: body, type: type, headers: headers)
            guard answer.status == 202 else {
                try await server.close()
                return ["\(answer.status)"]
            }
            try server.step()
            let rows = try await server.get("/v1/trends?window=2s").json["trends"]?.array ?? []
            try await server.close()
            return rows.map { "\($0["key"]?.string ?? "") \($0["count"]?.integer ?? 0)" }
        }

        private func counts(_ body: String, _ type: String, _ headers: [String: String] = [:]) async throws -> [String]
        { try await counts(Data(body.utf8), type, headers) }

        @Test func compressedBodies() async throws {
            let packed = try file("posts-body.gz")
            let plain = try await counts(packed, "text/plain", ["content-encoding": "gzip"])
            #expect(plain.count == 1 && plain[0].hasSuffix(" 1"), "\(plain)")
            #expect(try await counts(packed.dropLast(9), "text/plain", ["content-encoding": "gzip"]) == ["400"])
            #expect(try await counts("#lake", "text/plain", ["content-encoding": "br"]) == ["415"])
            #expect(try await counts("#lake", "text/plain", ["content-encoding": "identity"]) == ["#lake 1"])
        }

        /// A small body that becomes a large one is refused.
        @Test func compressedBodiesHaveALimit() async throws {
            let folder = try TemporaryDirectory()
            try folder.write("zeros", String(repeating: "#a b\n", count: 1 << 19))
            #expect(try Program.shell("gzip -k \(folder.file("zeros"))").status == 0)
            let bomb = try Data(contentsOf: URL(fileURLWithPath: folder.file("zeros.gz")))
            #expect(try await counts(bomb, "text/plain", ["content-encoding": "gzip"]) == ["413"])
        }

        @Test func listsOfPosts() async throws {
            let list = try file("posts-body-array.json")
            #expect(try await counts(list, "application/json") == ["#café 1"])
            let pretty = String(decoding: try file("posts-pretty.json"), as: UTF8.self)
            #expect(try await counts(pretty, "application/x-ndjson") == ["#lake 2", "#river 1"])
            #expect(
                try await counts("[\n{\"text\":\"#a\"},\n{\"text\":\"#a #b\"}\n]", "application/json") == [
                    "#a 2", "#b 1",
                ])
            #expect(try await counts("[{\"text\":\"#a\"},", "application/json") == ["400"])
            #expect(try await counts("5", "application/json") == ["400"])
        }

        @Test func charsetsAndMarks() async throws {
            #expect(try await counts("\u{FEFF}#lake", "text/plain; charset=utf-8") == ["#lake 1"])
            #expect(try await counts("#lake", "text/plain; charset=\"UTF-8\"") == ["#lake 1"])
            #expect(try await counts("#lake", "text/plain; charset=iso-8859-1") == ["415"])
        }

        @Test func unknownParametersAreRefused() async throws {
            let server = try await RunningServer()
            for path in ["/v1/trends?limt=5", "/v1/popular?limit=5", "/v1/users/1/recommendations?N=3", "/v1/model?x"] {
                let answer = try await server.get(path)
                #expect(answer.status == 400 && answer.text.contains("the query has"), "\(path): \(answer.text)")
            }
            #expect(try await server.get("/v1/trends?limit=5&offset=0").status == 200)
            #expect(try await server.get("/healthz?probe=1").status == 200)
            #expect(try await server.get("/v1/trends/%23nobody/history").status == 404)
            try await server.close()
        }
    }
#endif
