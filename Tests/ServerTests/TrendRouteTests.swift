#if Server
    import Foundation
    import Swiftwater
    import SwiftwaterServer
    import TestSupport
    import Testing

    @Suite struct TrendRouteTests {
        static func post(_ number: Int, _ author: Int, _ text: String) -> String {
            "{\"id_str\":\"\(number)\",\"text\":\(JSONValue.quoted(text)),\"user\":{\"id_str\":\"\(author)\"}}\n"
        }

        @Test func whatCannotBeReadIsWarnedOfOnce() async throws {
            let warnings = Monitor<[String]>([])
            let server = try await RunningServer(warnings: warnings)
            let posts = "{\"id_str\":\"1\",\"text\":\"#fine\"}\n{broken\n"
            #expect(try await server.send("POST", "/v1/posts", posts, type: "application/x-ndjson").status == 202)
            try server.step()
            #expect(warnings.read { $0.filter { $0.contains("could not be read") }.count } == 1)
            try await server.close()
        }

        /// A damaged history is refused with its path and what to do, not with SQLite's words alone.
        @Test func aDamagedHistoryIsExplained() throws {
            let folder = try TemporaryDirectory()
            let path = folder.file("windows.db")
            let content = String(repeating: "not a database ", count: 500)
            try content.write(toFile: path, atomically: true, encoding: .utf8)
            let error = #expect(throws: SwiftwaterError.self) {
                try TrendService(
                    StreamingContext(
                        Context(master: .local(threads: 1), appName: "test"), batchInterval: .seconds(1)),
                    TrendBoardSettings(), serve: ServeSettings(), historyPath: path, metrics: MetricsRegistry(),
                    sources: { _ in [] })
            }
            #expect(error?.code == .corrupted && error?.location?.file == path)
            #expect(error?.remedy?.contains("move the file away") == true)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == content, "it is not touched")
        }

        @Test func postsBecomeTrends() async throws {
            let server = try await RunningServer()
            let empty = try await server.get("/v1/trends").json
            #expect(empty["end"] == .null)
            let body = (0..<30).map { Self.post($0, $0 % 4, $0 % 3 == 0 ? "at #Lake" : "in the #river") }.joined()
            let taken = try await server.send("POST", "/v1/posts", body, type: "application/x-ndjson")
            #expect(taken.status == 202)
            #expect(try taken.json["accepted"]?.integer == 30)
            try server.step()

            let table = try await server.get("/v1/trends?window=2s&limit=1").json
            #expect(table["posts"]?.integer == 30)
            #expect(table["total"]?.integer == 2)
            let first = try #require(table["trends"]?.array?.first)
            #expect(first["key"]?.string == "#river")
            #expect(first["count"]?.integer == 20)
            #expect(first["authors"]?.integer == 4)
            let second = try await server.get("/v1/trends?offset=1").json["trends"]?.array?.first
            #expect(second?["key"]?.string == "#lake")
            #expect(second?["display"]?.string == "#Lake")
            let byAuthors = try await server.get("/v1/trends?order=authors&window=1m").json
            #expect(byAuthors["order"]?.string == "authors")

            // The next window shows the change in rank.
            let more = (30..<70).map { Self.post($0, $0, "at the #lake again") }.joined()
            _ = try await server.send("POST", "/v1/posts", more, type: "application/x-ndjson")
            try server.step()
            let risen = try await server.get("/v1/trends").json["trends"]?.array?.first
            #expect(risen?["key"]?.string == "#lake")
            #expect(risen?["change"]?.integer == 1)
            let history = try await server.get("/v1/trends/%23lake/history").json["history"]?.array
            #expect(history?.map { $0["count"]?.integer } == [10, 50])
            #expect(history?.map { $0["rank"]?.integer } == [2, 1])
            try await server.close()
        }

        @Test func aTableIsSentOnce() async throws {
            let server = try await RunningServer(hasModel: false)
            let body = (0..<200).map { Self.post($0, $0, "#tag\($0 % 90) and more") }.joined()
            _ = try await server.send("POST", "/v1/posts", body, type: "application/x-ndjson")
            try server.step()
            let first = try await server.get("/v1/trends?limit=100")
            let tag = try #require(first.headers["etag"])
            #expect(try await server.get("/v1/trends?limit=100", headers: ["if-none-match": tag]).status == 304)
            try server.step()
            #expect(try await server.get("/v1/trends?limit=100", headers: ["if-none-match": tag]).status == 200)
            // A compressed answer is smaller; a raw connection, since the test's client decompresses transparently.
            let raw = try RawConnection(port: server.port)
            await raw.say(
                "GET /v1/trends?limit=100 HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n"
            )
            let heard = await raw.hear()
            #expect(heard.lowercased().contains("content-encoding: gzip"))
            #expect(heard.utf8.count < first.bytes.count)
            try await server.close()
        }

        /// Posts that are sent again are counted once, also after a restart.
        @Test func numberedPostsCountOnce() async throws {
            let folder = try TemporaryDirectory()
            for round in 0..<2 {
                let server = try await RunningServer(hasModel: false, checkpoint: folder.file("state"))
                for _ in 0..<2 {
                    let answer = Task {
                        try await server.send("POST", "/v1/posts?sequence=relay:7", "one #lake\n\n", type: "text/plain")
                    }
                    // The answer waits for the log, and the log waits for the batch.
                    let isAnswered = Monitor(false)
                    let waiter = Task {
                        defer { isAnswered.update { $0 = true } }
                        return try await answer.value
                    }
                    while !isAnswered.read({ $0 }) {
                        try server.step()
                        await Task.yield()
                    }
                    let taken = try await waiter.value
                    // All lines are accepted, including an empty one and those sent before.
                    #expect(try taken.status == 202 && taken.json["accepted"]?.integer == 2)
                }
                try server.step()
                let count = try await server.get("/v1/trends?window=1m").json["trends"]?.array?.first?["count"]?.integer
                #expect(count == 1, "round \(round)")
                try await server.close()
            }
        }

        @Test(arguments: [
            "/v1/trends?window=3h", "/v1/trends?order=best", "/v1/trends?limit=0", "/v1/trends?limit=1&limit=2",
            "/v1/trends/%FF/history", "/v1/events?window=x",
        ])
        func badQuestionsAreExplained(path: String) async throws {
            let server = try await RunningServer(hasModel: false)
            let answer = try await server.get(path)
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(try answer.json["detail"]?.string?.isEmpty == false)
            try await server.close()
        }

        @Test func eventsComeAsTheyHappen() async throws {
            let server = try await RunningServer()
            let page = try RawConnection(port: server.port)
            await page.say("GET /v1/events?limit=5 HTTP/1.1\r\nhost: localhost\r\n\r\n")
            #expect(await page.hear(until: { $0.contains("event: model") }).contains("text/event-stream"))
            _ = try await server.send("POST", "/v1/posts", "so #hot\n", type: "text/plain")
            try server.step()
            let heard = await page.hear(until: { $0.contains("\"key\":\"#hot\"") && $0.contains("event: health") })
            #expect(heard.contains("event: trends\nid: "))
            // An open event stream does not prevent the server from stopping.
            try await server.close()
            _ = await page.hear()
            #expect(await page.isClosed())
        }

        @Test func windowsAreBoundedByAgeAndSize() async throws {
            var settings = ServeSettings()
            settings.historyMaxAge = .seconds(100)
            let server = try await RunningServer(settings, hasModel: false)
            for number in 0..<260 {
                _ = try await server.send("POST", "/v1/posts", "#always and #n\(number)\n", type: "text/plain")
                try server.step()
            }
            let kept =
                try await server.get("/v1/trends/%23always/history?limit=1000").json["history"]?.array?.count ?? 0
            // Pruned every 64 windows: at least the last 100 s are kept, and never all windows.
            #expect((101...165).contains(kept), "\(kept)")
            try await server.close()
        }
    }
#endif
