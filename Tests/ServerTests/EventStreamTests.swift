#if Server
    import Foundation
    import Swiftwater
    import SwiftwaterServer
    import TestSupport
    import Testing

    /// Tests which events pages receive, how often, and what happens to pages that do not read.
    @Suite struct EventStreamTests {
        private func listen(_ server: RunningServer, _ query: String = "") async throws -> RawConnection {
            let page = try RawConnection(port: server.port)
            await page.say("GET /v1/events\(query) HTTP/1.1\r\nhost: localhost\r\n\r\n")
            return page
        }

        private func count(_ text: String, of part: String) -> Int { text.components(separatedBy: part).count - 1 }

        /// Many ratings become few events, and the last event includes the last rating.
        @Test func manyRatingsAreFewEvents() async throws {
            let server = try await RunningServer()
            let page = try await listen(server)
            _ = await page.hear(until: { $0.contains("event: model") })
            let begin = ContinuousClock.now
            let film = RunningServer.model.itemIDs[0]
            for number in 0..<300 {
                _ = try await server.live?.rate([RatingEvent(user: "page-\(number)", item: film, rating: 4)])
                let body = #"{"user":"rater-\#(number)","item":"\#(film)","rating":4}"#
                if number % 10 == 0 {
                    #expect(try await server.send("POST", "/v1/ratings", body).status == 201)
                }
            }
            _ = try await server.send("POST", "/v1/ratings", #"{"user":"last","item":"\#(film)","rating":4}"#)
            let heard = await page.hear(until: { $0.contains("\"liveRatings\":331,") })
            let rounds = Int((ContinuousClock.now - begin) / .milliseconds(100)) + 2
            #expect(heard.contains("\"liveRatings\":331,"))
            #expect(count(heard, of: "event: model") <= rounds)
            try await server.close()
        }

        /// Each batch is reported once, however many rounds of events there are.
        @Test func healthIsToldOnceForABatch() async throws {
            let folder = try TemporaryDirectory()
            let server = try await RunningServer(checkpoint: folder.file("stream"))
            let page = try await listen(server)
            var heard = await page.hear(until: { $0.contains("event: model") })
            let film = RunningServer.model.itemIDs[0]
            for number in 1...3 {
                try server.step()
                let body = #"{"user":"r\#(number)","item":"\#(film)","rating":4}"#
                #expect(try await server.send("POST", "/v1/ratings", body).status == 201)
                heard += await page.hear(until: { $0.contains("\"liveRatings\":\(number),") })
            }
            let batches = count(heard, of: "event: health")
            // One event comes before the first batch. Rounds may skip batches but not repeat them.
            #expect((2...4).contains(batches))
            for number in 4...6 {
                let body = #"{"user":"r\#(number)","item":"\#(film)","rating":4}"#
                #expect(try await server.send("POST", "/v1/ratings", body).status == 201)
                heard = await page.hear(until: { $0.contains("\"liveRatings\":\(number),") })
                #expect(count(heard, of: "event: health") == 0)
            }
            try await server.close()
        }

        /// Forgetting a user is an event, too.
        @Test func forgettingIsHeard() async throws {
            let server = try await RunningServer()
            let film = RunningServer.model.itemIDs[0]
            _ = try await server.send("POST", "/v1/ratings", #"{"user":"gone","item":"\#(film)","rating":4}"#)
            let page = try await listen(server)
            #expect(await page.hear(until: { $0.contains("event: model") }).contains("\"liveRatings\":1,"))
            #expect(try await server.send("DELETE", "/v1/users/gone").status == 204)
            #expect(await page.hear(until: { $0.contains("event: model") }).contains("\"liveRatings\":0,"))
            try await server.close()
        }

        /// A page that stops reading loses its place to another.
        @Test func whoDoesNotReadIsCutOff() async throws {
            var settings = ServeSettings()
            (settings.eventClientsMax, settings.stuckTimeMax) = (1, .milliseconds(300))
            settings.eventPause = .milliseconds(1)
            let server = try await RunningServer(settings, board: largeTables)
            let page = try await stuckPage(server)
            while try await server.get("/metrics").text.contains("swiftwater_event_clients 1\n") {}
            let other = try await listen(server)
            #expect(await other.hear(until: { $0.contains("event: model") }).hasPrefix("HTTP/1.1 200"))
            #expect(await page.hear().hasSuffix("}\n\n") == false)
            try await server.close()
        }

        /// A page that does not read does not delay the server's stop.
        @Test func theServerStopsWithinBoundsWhoeverDoesNotRead() async throws {
            var settings = ServeSettings()
            (settings.stuckTimeMax, settings.eventPause) = (.seconds(3600), .milliseconds(1))
            let server = try await RunningServer(settings, board: largeTables)
            let page = try await stuckPage(server)
            #expect(try await server.get("/metrics").text.contains("swiftwater_event_clients 1\n"))
            let begin = ContinuousClock.now
            try await server.close()
            #expect(ContinuousClock.now - begin < .seconds(5 * Sanitizer.slowdown))
            withExtendedLifetime(page) {}
        }

        private var largeTables: TrendBoardSettings {
            var board = TrendBoardSettings()
            (board.windows, board.slide) = ([.seconds(2)], .seconds(1))
            board.trending.limit = 1000
            return board
        }

        /// Returns a page that reads nothing while the server sends tables of 1,000 rows, until it can send no more.
        private func stuckPage(_ server: RunningServer) async throws -> RawConnection {
            let page = try RawConnection(port: server.port, receiveBuffer: 4096)
            await page.say("GET /v1/events?limit=1000 HTTP/1.1\r\nhost: localhost\r\n\r\n")
            for batch in 0..<50 {
                let posts = (0..<1000).map { "#tag\($0)\(String(repeating: "x", count: 100)) \(batch)\n" }.joined()
                #expect(try await server.send("POST", "/v1/posts", posts, type: "text/plain").status == 202)
                try server.step()
            }
            return page
        }
    }
#endif
