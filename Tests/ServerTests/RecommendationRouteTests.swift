#if Server
    import Foundation
    import Swiftwater
    import SwiftwaterSamples
    import SwiftwaterServer
    import TestSupport
    import Testing

    @Suite struct RecommendationRouteTests {
        private func items(_ answer: RunningServer.Answer) throws -> [String] {
            try answer.json["items"]?.array?.compactMap { $0["item"]?.string } ?? []
        }

        @Test func aRatingChangesTheNextAnswer() async throws {
            let server = try await RunningServer()
            let before = try await server.get("/v1/users/5/recommendations")
            #expect(try before.json["source"]?.string == "model")
            let model = RunningServer.model
            let index = try #require(model.userIDs.index(of: "5"))
            let expected = model.recommendItems(forUserIndex: index, limit: 10).map { model.itemIDs[$0.index] }
            #expect(try items(before) == expected)

            let film = expected[0]
            let rated = try await server.send("POST", "/v1/ratings", #"{"user":"5","item":"\#(film)","rating":0.5}"#)
            #expect(rated.status == 201)
            let after = try await server.get("/v1/users/5/recommendations")
            #expect(try after.json["source"]?.string == "fold-in")
            #expect(!(try items(after)).contains(film))
            #expect(try items(await server.get("/v1/users/5/recommendations?include_seen=true&n=1000")).contains(film))
            let fewer = try await server.get("/v1/users/5/recommendations?n=3&exclude=\(expected[1]),\(expected[2])")
            #expect(!(try items(fewer)).contains(expected[1]))
            #expect(try items(fewer).count == 3)

            // The contributions add up to the score.
            let best = try #require(try items(after).first)
            let why = try await server.get("/v1/users/5/because/\(best)?n=1000").json
            let shares = why["because"]?.array?.compactMap { $0["share"]?.double }.reduce(0, +) ?? 0
            let score = try #require(why["score"]?.double)
            #expect(abs(shares + (why["base"]?.double ?? 0) - score) < 1e-3)
            let listed = try await server.get("/v1/users/5/ratings?limit=1000").json
            #expect(why["because"]?.array?.count == listed["ratings"]?.array?.count)
            try await server.close()
        }

        /// What the model does not know is named, popular items have numbers of ratings, and a number is not an id.
        @Test func answersSayWhatTheyAre() async throws {
            let server = try await RunningServer()
            let film = RunningServer.model.itemIDs[0]
            let rated = try await server.send(
                "POST", "/v1/ratings",
                #"{"ratings":[{"user":"new","item":"no such film","rating":3},{"user":"new","item":"\#(film)","rating":3}]}"#
            )
            #expect(try rated.json["unknownItems"]?.integer == 1)
            #expect(try rated.json["unknown"] == .array([.string("no such film")]))
            let known = try await server.send("POST", "/v1/ratings", #"{"user":"new","item":"\#(film)","rating":4}"#)
            #expect(try known.json["unknown"] == nil)
            let popular = try await server.get("/v1/users/nobody/recommendations?n=3").json
            let items = try #require(popular["items"]?.array)
            #expect(items.count == 3 && items.allSatisfy { ($0["ratings"]?.integer ?? 0) > 0 && $0["score"] == nil })
            let all = try await server.get("/v1/popular?n=3").json
            #expect(all["items"]?.array?.allSatisfy { $0["ratings"]?.integer != nil } == true)
            let number = try await server.send("POST", "/v1/ratings", #"{"user":42,"item":"1","rating":3}"#)
            #expect(number.status == 400 && number.text.contains(#"write \"42\""#), "\(number.text)")
            let untyped = try await server.send(
                "POST", "/v1/posts", "#lakes", type: "application/x-www-form-urlencoded")
            #expect(untyped.status == 415 && untyped.text.contains("curl -H 'content-type: text/plain'"))
            try await server.close()
        }

        @Test func aPersonIsForgotten() async throws {
            let server = try await RunningServer()
            _ = try await server.send("POST", "/v1/ratings", #"{"user":"5","item":"1","rating":5}"#)
            #expect(try await server.send("DELETE", "/v1/users/5").status == 204)
            #expect(try await server.get("/v1/users/5/recommendations").json["source"]?.string == "popular")
            #expect(try await server.get("/v1/users/5/ratings").json["total"]?.integer == 0)
            #expect(try await server.get("/v1/users/5/because/1").status == 404)
            try await server.close()
        }

        @Test func strangersAndItemsAreAnswered() async throws {
            let server = try await RunningServer()
            let film = RunningServer.model.itemIDs[0]
            let body = #"{"ratings":[{"item":"\#(film)","rating":5}]}"#
            let stranger = try await server.send("POST", "/v1/recommendations?n=4", body)
            #expect(try stranger.json["source"]?.string == "fold-in")
            #expect(try items(stranger).count == 4)
            #expect(
                try await server.send("POST", "/v1/recommendations", #"{"ratings":[]}"#).json["source"]?.string
                    == "popular")
            #expect(try items(await server.get("/v1/items/\(film)/similar?n=5")).count == 5)
            #expect(try await server.get("/v1/items/none/similar").status == 404)
            #expect(try items(await server.get("/v1/popular?n=7")).count == 7)
            _ = try await server.send("POST", "/v1/ratings", #"{"user":"z","item":"\#(film)","rating":5}"#)
            #expect(try items(await server.get("/v1/popular?period=now")) == [film])
            let title = RunningServer.data.catalogue.title(film).prefix(6).addingPercentEncoding(
                withAllowedCharacters: .alphanumerics)!
            #expect(!(try items(await server.get("/v1/items?q=\(title)"))).isEmpty)
            try await server.close()
        }

        /// Items that arrive with ratings are found once a model knows them.
        @Test func newItemsAreFoundAfterATraining() async throws {
            let server = try await RunningServer()
            #expect(try items(await server.get("/v1/items?q=brand-new")).isEmpty)
            _ = try await server.send("POST", "/v1/ratings", #"{"user":"z","item":"brand-new","rating":5}"#)
            #expect(try items(await server.get("/v1/items?q=brand-new")).isEmpty)
            _ = try server.live?.retrainBlocking(threads: 1)
            #expect(try items(await server.get("/v1/items?q=brand-new")) == ["brand-new"])
            try await server.close()
        }

        @Test(arguments: [
            #"{"user":"5","item":"1"}"#, #"{"user":"5","item":"1","rating":"4"}"#,
            #"{"user":"","item":"1","rating":4}"#,
            #"{"user":"5","item":"1","rating":1e300}"#, #"{"user":"5","item":"1","rating":4,"starz":1}"#, "[]", "{", "",
            #"{"user":"5","user":"6","item":"1","rating":4}"#, #"{"user":"..","item":"1","rating":4}"#,
            #"{"user":"a\ud800","item":"1","rating":4}"#, #"{"ratings":[]}"#,
            #"{"ratings":[{"user":"5","item":"1","rating":4},{"user":"5"}]}"#,
        ])
        func badRatingsAreRefusedWhole(body: String) async throws {
            let server = try await RunningServer()
            let answer = try await server.send("POST", "/v1/ratings", body)
            #expect(answer.status == 400)
            #expect(server.live?.ratingCount == 0)
            try await server.close()
        }

        /// The range of valid ratings is the model's: another model may have another scale.
        @Test func theRangeIsTheModels() async throws {
            let server = try await RunningServer()
            let rating = #"{"user":"5","item":"1","rating":80}"#
            #expect(try await server.send("POST", "/v1/ratings", rating).status == 400)
            let percent = Ratings((1...40).map { (user: Int64($0 % 7), item: Int64($0 % 9), rating: Float($0)) })
            try server.live?.replaceBlocking(model: try ALS().fit(percent))
            #expect(try await server.send("POST", "/v1/ratings", rating).status == 400)
            #expect(
                try await server.send("POST", "/v1/ratings", #"{"user":"5","item":"1","rating":40}"#).status == 201)
            let document = try await server.get("/openapi.json").text
            #expect(document.contains("\"maximum\":40.0"))
            try await server.close()
        }

        /// All bytes of an id count, in a path as well: a byte order mark is part of it, and no other user is
        /// forgotten.
        @Test func aMarkIsPartOfAnId() async throws {
            let server = try await RunningServer()
            let item = RunningServer.model.itemIDs[0]
            for user in ["\u{FEFF}alice", "alice", "al+ice"] {
                let body = "{\"user\":\"\(user)\",\"item\":\"\(item)\",\"rating\":4}"
                #expect(try await server.send("POST", "/v1/ratings", body).status == 201)
            }
            #expect(try await server.get("/v1/users/al+ice/ratings").json["total"]?.integer == 1)
            #expect(try await server.send("DELETE", "/v1/users/%EF%BB%BFalice").status == 204)
            #expect(try await server.get("/v1/users/%ef%bb%bfalice/ratings").json["total"]?.integer == 0)
            #expect(try await server.get("/v1/users/alice/ratings").json["total"]?.integer == 1)
            try await server.close()
        }

        /// A damaged model file is reported to the client that asked for the reload, and the current model stays.
        @Test func aDamagedModelIsRefused() async throws {
            let server = try await RunningServer(source: {
                throw SwiftwaterError(.corrupted, "the checksum does not fit", remedy: "train again")
            })
            let answer = try await server.send("POST", "/v1/model", #"{"action":"reload"}"#)
            #expect(answer.status == 409 && answer.text.contains("the checksum does not fit"))
            #expect(server.live?.generation == 1)
            try await server.close()
        }

        /// Ids are case-sensitive.
        @Test func itemsAreFoundByTheirIds() async throws {
            let server = try await RunningServer()
            let ratings = Ratings([(user: "u", item: "ABC", rating: 3), (user: "v", item: "d", rating: 4)])
            try server.live?.replaceBlocking(model: try ALS().fit(ratings))
            #expect(try items(await server.get("/v1/items?q=ABC")) == ["ABC"])
            try await server.close()
        }

        @Test func theModelIsRetrained() async throws {
            let server = try await RunningServer()
            _ = try await server.send("POST", "/v1/ratings", #"{"user":"someone","item":"a new film","rating":5}"#)
            let begun = try await server.send("POST", "/v1/model", #"{"action":"retrain"}"#)
            #expect(begun.status == 202 && begun.text.contains("\"isTraining\":true"))
            while try await server.get("/v1/model").json["isTraining"]?.bool == true {}
            let model = try await server.get("/v1/model").json
            #expect(model["generation"]?.integer == 2)
            #expect(model["lastTraining"]?["curve"]?.array?.count == 10)
            #expect(try items(await server.get("/v1/items/a%20new%20film/similar")).count == 10)
            #expect(try await server.send("POST", "/v1/model", #"{"action":"reload"}"#).status == 200)
            #expect(try await server.get("/v1/items/a%20new%20film/similar").status == 404)
            #expect(try await server.send("POST", "/v1/model", #"{"action":"forget"}"#).status == 400)
            try await server.close()
        }
    }
#endif
