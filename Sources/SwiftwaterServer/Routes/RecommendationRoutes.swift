#if Server
    import Foundation
    import HTTPTypes
    import Hummingbird
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterLive
    import SwiftwaterRecommender

    /// Recommendations, ratings, and the model behind them.
    struct RecommendationRoutes {
        let service: RecommendationService
        let settings: ServeSettings
        let metrics: ServerMetrics
        let hub: EventHub
        private var live: LiveRecommender { service.live }

        init(_ service: RecommendationService, _ settings: ServeSettings, _ metrics: ServerMetrics, _ hub: EventHub) {
            (self.service, self.settings, self.metrics, self.hub) = (service, settings, metrics, hub)
        }

        func add(to endpoints: Endpoints) {
            endpoints.get("/v1/users/:id/recommendations") { try list($0, $1) }
            endpoints.get("/v1/users/:id/ratings") { try ratings($0, $1) }
            endpoints.get("/v1/users/:id/because/:item") { try because($0, $1) }
            endpoints.delete("/v1/users/:id") { _, context in try await forget(try context.text("id")) }
            endpoints.post("/v1/recommendations") { request, _ in try await anonymous(request) }
            endpoints.get("/v1/items") { request, _ in try items(request) }
            endpoints.get("/v1/items/:id/similar") { try similar($0, $1) }
            endpoints.get("/v1/popular") { request, _ in try popular(request) }
            endpoints.post("/v1/ratings") { request, _ in try await rate(request) }
            endpoints.get("/v1/model") { _, _ in Response.json(service.modelJSON + "\n") }
            endpoints.post("/v1/model") { request, _ in try await change(request) }
        }

        // MARK: Lists

        private func query(_ request: Request) throws -> LiveQuery {
            var query = LiveQuery(limit: try request.number("n", default: 10, in: 1...settings.rowsMax))
            query.includesSeen = try request.truth("include_seen")
            if let list = try request.parameter("exclude") {
                query.excluded = Set(list.split(separator: ",").map(String.init))
            }
            if let text = try request.parameter("trending") {
                guard let weight = Float(text), weight.isFinite, abs(weight) <= 1000 else {
                    throw Problem(
                        .badRequest,
                        "'trending' takes a number from -1000 to 1000: what the most rated item of late gains")
                }
                query.trendWeight = weight
            }
            return query
        }

        private func list(_ request: Request, _ context: ServerContext) throws -> Response {
            let user = try context.text("id")
            let answer = live.recommendations(user: user, try query(request))
            return .json(json(answer, "\"user\":\(JSONValue.quoted(user)),"))
        }

        private func json(_ answer: LiveRecommendation, _ head: String) -> String {
            "{\(head)\"source\":\"\(answer.source.rawValue)\",\"generation\":\(answer.generation),"
                + "\"items\":[\(service.json(answer.items))]}\n"
        }

        private func anonymous(_ request: Request) async throws -> Response {
            let query = try query(request)
            let body = try await request.json(upTo: settings.bodyMaxBytes)
            guard let list = try body.members("ratings", what: "the body")[0].array, list.count <= settings.ratingsMax
            else {
                throw Problem(.badRequest, "the body must be {\"ratings\": [...]} with at most \(settings.ratingsMax)")
            }
            let rated = try list.enumerated().map { number, entry in
                let what = "rating \(number + 1)"
                let members = try entry.members("item", "rating", what: what)
                return (item: try id(members[0], what), rating: try rating(members[1], what))
            }
            return .json(json(try live.recommendations(ratings: rated, query), ""))
        }

        private func ratings(_ request: Request, _ context: ServerContext) throws -> Response {
            let user = try context.text("id")
            let offset = try request.number("offset", default: 0, in: 0...1_000_000)
            let limit = try request.number("limit", default: 100, in: 1...settings.rowsMax)
            let all = live.history(of: user)
            let rows = all.dropFirst(offset).prefix(limit).map {
                "{\(service.head(of: $0.item)),\"rating\":\($0.rating)}"
            }
            return .json(
                "{\"user\":\(JSONValue.quoted(user)),\"offset\":\(offset),\"total\":\(all.count),"
                    + "\"ratings\":[\(rows.joined(separator: ","))]}\n")
        }

        private func because(_ request: Request, _ context: ServerContext) throws -> Response {
            let (user, item) = (try context.text("id"), try context.text("item"))
            let limit = try request.number("n", default: 5, in: 1...settings.rowsMax)
            do {
                let why = try live.because(user: user, item: item)
                let rows = why.reasons.prefix(limit).map {
                    "{\(service.head(of: $0.item)),\"rating\":\($0.rating),\"share\":\($0.share)}"
                }
                return .json(
                    "{\"user\":\(JSONValue.quoted(user)),\(service.head(of: item)),\"score\":\(why.score),"
                        + "\"base\":\(why.base),\"because\":[\(rows.joined(separator: ","))]}\n")
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
            return .json("{\(service.head(of: item)),\"items\":[\(service.json(items))]}\n")
        }

        private func items(_ request: Request) throws -> Response {
            let text = try request.text("q", max: 200) ?? ""
            let limit = try request.number("n", default: 10, in: 1...100)
            let found = service.find(text, limit: limit).map { "{\(service.head(of: $0))}" }
            return .json("{\"items\":[\(found.joined(separator: ","))]}\n")
        }

        private func popular(_ request: Request) throws -> Response {
            let limit = try request.number("n", default: 10, in: 1...settings.rowsMax)
            let period = try request.parameter("period") ?? "all"
            guard ["all", "now"].contains(period) else { throw Problem(.badRequest, "'period' takes all or now") }
            let items = live.popular(limit: limit, ofLate: period == "now")
            return .json("{\"period\":\"\(period)\",\"items\":[\(service.json(items))]}\n")
        }

        // MARK: Changes

        private func rate(_ request: Request) async throws -> Response {
            let body = try await request.json(upTo: settings.bodyMaxBytes)
            let list: [JSONValue]
            if body["ratings"] != nil {
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
                let what = "rating \(number + 1)"
                let members = try entry.members("user", "item", "rating", what: what)
                return RatingEvent(
                    user: try id(members[0], what), item: try id(members[1], what), rating: try rating(members[2], what)
                )
            }
            let begin = ContinuousClock.now
            let receipt = try await live.rate(events)
            metrics.count(ratings: events.count, ContinuousClock.now - begin)
            hub.tell()
            return .json("{\"accepted\":\(receipt.count),\"unknownItems\":\(receipt.unknownItems)}\n", status: .created)
        }

        private func id(_ value: JSONValue, _ what: String) throws -> String {
            guard let id = value.id else {
                throw Problem(.badRequest, "an id of \(what) takes \(String.identifierRule)")
            }
            return id
        }

        /// Within the range of the training: one number far outside it would spoil the next model for everyone.
        private func rating(_ value: JSONValue, _ what: String) throws -> Float {
            let range = service.ratingRange
            guard let number = value.double, range.contains(number) else {
                throw Problem(
                    .badRequest, "\(what) is no number from \(range.lowerBound) to \(range.upperBound)")
            }
            return Float(number)
        }

        private func forget(_ user: String) async throws -> Response {
            let live = live
            try await onThread { try live.forget(user: user) }
            hub.tell()
            return .noContent
        }

        private func change(_ request: Request) async throws -> Response {
            let body = try await request.json(upTo: settings.bodyMaxBytes)
            switch try body.members("action", what: "the body")[0].string {
            case "retrain":
                guard service.beginTraining({ [hub] in hub.tell() }) else {
                    throw Problem(.conflict, "a training runs already")
                }
                hub.tell()
                return .json(service.modelJSON + "\n", status: .accepted)
            case "reload":
                let service = service
                try await onThread { try service.reload() }
                hub.tell()
                return .json(service.modelJSON + "\n", status: .ok)
            default: throw Problem(.badRequest, "'action' takes retrain or reload")
            }
        }

        /// What blocks runs on a thread of its own: those that serve go on.
        private func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
            guard service.work.update({ if $0 < 32 { $0 += 1; return true } else { return false } }) else {
                throw Problem(.serviceUnavailable, "32 such changes wait for each other; ask later")
            }
            defer { service.work.update { $0 -= 1 } }
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                startThread(named: "swiftwater-serve-work") { continuation.resume(with: Result { try body() }) }
            }
        }
    }
#endif
