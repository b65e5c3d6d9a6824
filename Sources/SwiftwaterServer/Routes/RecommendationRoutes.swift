#if Server
    import Foundation
    import HTTPTypes
    import Hummingbird
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterLive
    import SwiftwaterRecommender

    /// Routes for recommendations, ratings, and the model behind them.
    struct RecommendationRoutes {
        let service: RecommendationService
        let settings: ServeSettings
        let metrics: ServerMetrics
        let hub: EventHub
        private var live: LiveRecommender { service.live }

        init(_ service: RecommendationService, _ settings: ServeSettings, _ metrics: ServerMetrics, _ hub: EventHub) {
            (self.service, self.settings, self.metrics, self.hub) = (service, settings, metrics, hub)
        }

        /// The parameters of lists of recommendations.
        private static let queryNames = ["n", "include_seen", "exclude", "trending"]

        func add(to endpoints: Endpoints) {
            endpoints.get("/v1/users/:id/recommendations", query: Self.queryNames) { try list($0, $1) }
            endpoints.get("/v1/users/:id/ratings", query: ["offset", "limit"]) { try ratings($0, $1) }
            endpoints.get("/v1/users/:id/because/:item", query: ["n"]) { try because($0, $1) }
            endpoints.delete("/v1/users/:id") { _, context in try await forget(try context.text("id")) }
            endpoints.post("/v1/recommendations", query: Self.queryNames) { request, _ in try await anonymous(request) }
            endpoints.get("/v1/items", query: ["q", "n"]) { request, _ in try items(request) }
            endpoints.get("/v1/items/:id/similar", query: ["n"]) { try similar($0, $1) }
            endpoints.get("/v1/popular", query: ["n", "period"]) { request, _ in try popular(request) }
            endpoints.post("/v1/ratings") { request, _ in try await rate(request) }
            endpoints.get("/v1/model") { _, _ in Response.json(service.modelJSON + "\n") }
            endpoints.post("/v1/model") { request, _ in try await change(request) }
        }

        // MARK: Lists

        private func query(_ request: Request) throws -> LiveQuery {
            var query = LiveQuery(limit: try request.number("n", default: 10, in: 1...settings.rowsMax))
            query.includesSeen = try request.bool("include_seen")
            if let list = try request.parameter("exclude") {
                query.excluded = Set(list.split(separator: ",").map(String.init))
            }
            if let text = try request.parameter("trending") {
                guard let weight = Float(text), weight.isFinite, abs(weight) <= 1000 else {
                    throw Problem(
                        .badRequest,
                        "'trending' takes a number from -1000 to 1000: the score added to the most rated recent item")
                }
                query.popularityWeight = weight
            }
            return query
        }

        private func list(_ request: Request, _ context: ServerContext) throws -> Response {
            let user = try context.text("id")
            let answer = live.recommendations(user: user, try query(request))
            return response(answer, user: user)
        }

        private func response(_ answer: LiveRecommendation, user: String?) -> Response {
            .json { json in
                if let user { json.member("user", user) }
                json.member("source", answer.source.rawValue)
                json.member("generation", answer.generation)
                service.write(answer.items, areCounts: answer.source == .popular, to: &json)
            }
        }

        private func anonymous(_ request: Request) async throws -> Response {
            let query = try query(request)
            let body = try await request.json(upTo: settings.bodyMaxBytes)
            guard let list = try body.members("ratings", what: "the body")[0].array, list.count <= settings.ratingsMax
            else {
                throw Problem(.badRequest, "the body must be {\"ratings\": [...]}, with at most \(settings.ratingsMax)")
            }
            let rated = try list.enumerated().map { number, entry in
                let what = "ratings[\(number)]"
                let members = try entry.members("item", "rating", what: what)
                return RatedItem(item: try id(members[0], what), rating: try rating(members[1], what))
            }
            return response(try live.recommendations(ratings: rated, query), user: nil)
        }

        private func ratings(_ request: Request, _ context: ServerContext) throws -> Response {
            let user = try context.text("id")
            let offset = try request.number("offset", default: 0, in: 0...1_000_000)
            let limit = try request.number("limit", default: 100, in: 1...settings.rowsMax)
            let all = live.history(of: user)
            return .json { json in
                json.member("user", user)
                json.member("offset", offset)
                json.member("total", all.count)
                json.member("ratings", array: all.dropFirst(offset).prefix(limit)) { json, rated in
                    json.object {
                        service.writeHead(of: rated.item, to: &$0)
                        $0.member("rating", rated.rating)
                    }
                }
            }
        }

        private func because(_ request: Request, _ context: ServerContext) throws -> Response {
            let (user, item) = (try context.text("id"), try context.text("item"))
            let limit = try request.number("n", default: 5, in: 1...settings.rowsMax)
            do {
                let why = try live.explain(user: user, item: item)
                return .json { json in
                    json.member("user", user)
                    service.writeHead(of: item, to: &json)
                    json.member("score", why.score)
                    json.member("base", why.base)
                    json.member("because", array: why.reasons.prefix(limit)) { json, reason in
                        json.object {
                            service.writeHead(of: reason.item, to: &$0)
                            $0.member("rating", reason.rating)
                            $0.member("share", reason.share)
                        }
                    }
                }
            } catch let error as SwiftwaterError where error.code == .invalidArgument {
                throw Problem(.notFound, "\(error)")
            }
        }

        private func similar(_ request: Request, _ context: ServerContext) throws -> Response {
            let item = try context.text("id")
            let limit = try request.number("n", default: 10, in: 1...settings.rowsMax)
            guard let items = live.similar(to: item, limit: limit) else {
                throw Problem(.notFound, "the model does not know the item '\(item)'")
            }
            return .json { json in
                service.writeHead(of: item, to: &json)
                service.write(items, areCounts: false, to: &json)
            }
        }

        private func items(_ request: Request) throws -> Response {
            let text = try request.text("q", max: 200) ?? ""
            let limit = try request.number("n", default: 10, in: 1...100)
            return .json { json in
                json.member("items", array: service.find(text, limit: limit)) { json, item in
                    json.object { service.writeHead(of: item, to: &$0) }
                }
            }
        }

        private func popular(_ request: Request) throws -> Response {
            let limit = try request.number("n", default: 10, in: 1...settings.rowsMax)
            let period = try request.parameter("period") ?? "all"
            guard ["all", "now"].contains(period) else { throw Problem(.badRequest, "'period' takes all or now") }
            let items = live.popular(limit: limit, recent: period == "now")
            return .json { json in
                json.member("period", period)
                service.write(items, areCounts: period == "all", to: &json)
            }
        }

        // MARK: Changes

        /// Takes ratings.
        func rate(_ request: Request) async throws -> Response {
            let body = try await request.json(upTo: settings.bodyMaxBytes)
            let list: [JSONValue]
            let isList = body["ratings"] != nil
            if isList {
                guard let several = try body.members("ratings", what: "the body")[0].array else {
                    throw Problem(.badRequest, "'ratings' must be a list")
                }
                list = several
            } else {
                list = [body]
            }
            guard !list.isEmpty, list.count <= settings.ratingsMax else {
                throw Problem(.badRequest, "a request takes 1 to \(settings.ratingsMax) ratings")
            }
            let events = try list.enumerated().map { number, entry in
                let what = isList ? "ratings[\(number)]" : "the body"
                let members = try entry.members("user", "item", "rating", what: what)
                return RatingEvent(
                    user: try id(members[0], what), item: try id(members[1], what), rating: try rating(members[2], what)
                )
            }
            let begin = settings.clock.elapsed()
            let receipt = try await live.rate(events)
            metrics.count(ratings: events.count, settings.clock.elapsed() - begin)
            hub.broadcast()
            let model = live.model
            let unknown = receipt.unknownItems == 0 ? [] : events.map(\.item).filter { !model.knows(item: $0) }
            return .json(status: .created) { json in
                json.member("accepted", receipt.count)
                json.member("unknownItems", receipt.unknownItems)
                // They count from the next training on; or an id was misspelt.
                if !unknown.isEmpty { json.member("unknown", Array(unknown.prefix(10))) }
            }
        }

        private func id(_ value: JSONValue, _ what: String) throws -> String {
            guard let id = value.id else {
                if let number = value.integer {
                    throw Problem(.badRequest, "an id in \(what) is a number; ids are text: write \"\(number)\"")
                }
                throw Problem(.badRequest, "an id in \(what) takes \(String.identifierRule)")
            }
            return id
        }

        /// Returns a rating within the training's range: one far outside it would spoil the next model for everyone.
        private func rating(_ value: JSONValue, _ what: String) throws -> Float {
            let range = service.ratingRange
            guard let number = value.double, range.contains(number) else {
                let found = value.double.map { "\($0)" } ?? "not a number"
                throw Problem(
                    .badRequest,
                    "the rating in \(what) is \(found); this model takes \(range.lowerBound) to \(range.upperBound)")
            }
            return Float(number)
        }

        private func forget(_ user: String) async throws -> Response {
            let live = live
            try await onThread { try live.forgetBlocking(user: user) }
            hub.broadcast()
            return .noContent
        }

        private func change(_ request: Request) async throws -> Response {
            let body = try await request.json(upTo: settings.bodyMaxBytes)
            switch try body.members("action", what: "the body")[0].string {
            case "retrain":
                guard service.beginTraining({ [hub] in hub.broadcast() }) else {
                    throw Problem(.conflict, "a training is already running")
                }
                hub.broadcast()
                return .json(service.modelJSON + "\n", status: .accepted)
            case "reload":
                let service = service
                try await onThread { try service.reload() }
                hub.broadcast()
                return .json(service.modelJSON + "\n", status: .ok)
            default: throw Problem(.badRequest, "'action' takes retrain or reload")
            }
        }

        /// Runs blocking work on a separate thread, so that the threads that serve requests are not held up.
        private func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
            guard service.work.update({ if $0 < 32 { $0 += 1; return true } else { return false } }) else {
                throw Problem(.serviceUnavailable, "too many pending changes (32); retry later")
            }
            defer { service.work.update { $0 -= 1 } }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                SystemThread.start(named: "swiftwater-serve-work") { continuation.resume(with: Result { try body() }) }
            }
        }
    }
#endif
