#if Services
    import Foundation
    import HTTPTestSupport
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStreaming
    import TestSupport
    import Testing

    /// Lookups through a stand-in for HBase's REST gateway.
    @Suite struct HBaseTableTests {
        private func look(_ table: HBaseTable, _ keys: [Text]) throws -> [String] {
            try table.rows(forKeys: keys.sorted()).map { row in
                ([row.key] + row.values.map { $0 ?? "NULL" }).map(String.init).joined(separator: "|")
            }
        }

        @Test func anyKeyIsFound() throws {
            let odd = ["a", "a b", "a+b", "a%2Fb", "a/b", "a,b", "a&row=b", "ä😀", "?", "#", "did:plc:x", "a*b", "\""]
            let stub = try HBaseStub(
                Dictionary(uniqueKeysWithValues: odd.map { ($0, ["info:place": "of \($0)", "info:n": "1"]) }))
            defer { stub.stop() }
            let table = try HBaseTable("hbase://127.0.0.1:\(stub.port)/users", columns: ["info:place", "info:none"])
            let keys = (odd + ["b", "a*", "*", ""]).map { Text($0) }
            #expect(
                try look(table, keys)
                    == odd.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\($0)|of \($0)|NULL" })
            #expect(try look(table, ["nobody"]).isEmpty)
            #expect(try look(table, ["a*"]).isEmpty)
        }

        /// Ten thousand keys are a hundred requests, none of which has a long address.
        @Test func keysAreAskedForInBulk() throws {
            let rows = (0..<10_000).map { ("did:plc:\($0 * 7919)", ["info:place": "place \($0)"]) }
            let stub = try HBaseStub(Dictionary(uniqueKeysWithValues: rows))
            defer { stub.stop() }
            let table = try HBaseTable("hbase://127.0.0.1:\(stub.port)/users", columns: ["info:place"])
            let keys = rows.map { Text($0.0) }.sorted()
            let found = try table.rows(forKeys: keys)
            #expect(found.map(\.key) == keys)
            #expect(stub.requests.count < 120 && stub.requests.allSatisfy { $0.uri.utf8.count <= 7000 })
        }

        @Test func troubleIsSaid() throws {
            let stub = try HBaseStub(["a": ["info:place": "Wien"]])
            defer { stub.stop() }
            func error(_ address: String = "users", columns: [String] = ["info:place"]) throws -> SwiftwaterError {
                let table = try HBaseTable("hbase://127.0.0.1:\(stub.port)/\(address)", columns: columns)
                return try #require(#expect(throws: SwiftwaterError.self) { try table.rows(forKeys: ["a"]) })
            }
            let missing = try error("people")
            #expect(missing.code == .notFound && !missing.isRetryable && missing.message.contains("people"))
            stub.state.update { $0.status = 503 }
            #expect(try error().isRetryable)
            stub.state.update { $0.status = 401 }
            #expect(try error().code == .denied)
            stub.state.update { ($0.status, $0.isCut) = (nil, true) }
            #expect(try error().isRetryable)
            stub.state.update { ($0.isCut, $0.rows["a"]) = (false, ["info:place": [0x80, 0xFF]]) }
            let binary = try error()
            #expect(binary.code == .malformedInput && binary.message.contains("row a, column info:place"))
            let noColumn = #expect(throws: SwiftwaterError.self) {
                try HBaseTable("hbase://127.0.0.1/users", columns: ["place"])
            }
            #expect(noColumn?.remedy == "write FAMILY:QUALIFIER")
        }

        @Test(arguments: [
            ("hbase://h", "names no table"), ("hbase://h/", "names no table"), ("http://h/t", "begin with hbase://"),
            ("hbase://u:secret@h/t", "has a password"), ("hbase://u@h/t", "for anyone to read"),
            ("hbase://h/t?tls=yes", "tls=true"), ("hbase://h/t?x=1", "the parameter x"), ("hbase://h:0/t", "a port"),
        ])
        func wrongAddressesAreRefused(address: String, words: String) {
            let error = #expect(throws: SwiftwaterError.self) { try HBaseAddress(address) }
            #expect("\(error!)".contains(words), "\(error!)")
            #expect(!"\(error!)".contains("secret@"))
        }

        /// The program joins posts with it, and goes on without it while it is away.
        @Test(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
        func theProgramLooksAuthorsUp() throws {
            let stub = try HBaseStub(["1": ["info:place": "Wien"], "2": ["info:place": "Graz"]])
            defer { stub.stop() }
            let folder = try TemporaryDirectory()
            let posts = try folder.write(
                "posts.ndjson",
                (0..<30).map { "{\"text\":\"#a\",\"author_id\":\"\($0 % 3)\",\"id\":\"\($0)\"}\n" }.joined())
            let result = try Program([
                "trends", "--source", "file:" + posts, "--enrich", "hbase://127.0.0.1:\(stub.port)/users",
                "--enrich-by", "info:place", "--keys", "author-values", "--json",
            ]).wait()
            #expect(result.status == 0, "\(result.error)")
            #expect(result.output.contains("\"key\":\"Wien\""), "\(result.output)")
            #expect(result.output.contains("\"key\":\"Graz\""))
        }
    }
#endif
