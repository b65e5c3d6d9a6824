#if Server
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterStreaming

    /// Server-sent events for the page: the table of a window and order, the health of batches, and the model, each when it changed.
    struct EventRoutes {
        let trends: TrendRoutes
        let recommendations: RecommendationService?
        let settings: ServeSettings
        private let news: RoundNews
        private var service: TrendService { trends.service }

        init(trends: TrendRoutes, recommendations: RecommendationService?, settings: ServeSettings) {
            (self.trends, self.recommendations, self.settings) = (trends, recommendations, settings)
            news = RoundNews(board: trends.service.board, recommendations, application: settings.applicationName)
        }

        func add(to endpoints: Endpoints) {
            endpoints.get("/v1/events") { request, _ in try events(request) }
        }

        private func events(_ request: Request) throws -> Response {
            let key = try trends.key(request)
            let limit = try request.number("limit", default: 20, in: 1...settings.rowsMax)
            if request.method == .head { return Response(status: .ok, headers: Self.headers) }
            guard !service.hub.isFull else {
                throw Problem(.serviceUnavailable, "\(settings.eventClientsMax) pages listen already")
            }
            let body = ResponseBody { writer in
                // Here, where the head has been sent: a client that has gone by then takes no place.
                guard let (id, signals) = service.hub.join() else { return try await writer.finish(nil) }
                defer { service.hub.leave(id) }
                var last = Sent()
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                for await round in signals {
                    let text = text(key, limit, news.of(round), &last)
                    if !text.isEmpty {
                        try await service.hub.writing(id) { try await writer.write(ByteBuffer(string: text)) }
                    }
                }
                try await writer.finish(nil)
            }
            return Response(status: .ok, headers: Self.headers, body: body)
        }

        private static let headers: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", HTTPField.Name("x-accel-buffering")!: "no",
        ]

        private struct Sent {
            var end: BatchTime?
            var health: (batch: BatchTime?, isSent: Bool) = (nil, false)
            var model = ""
            var time = ContinuousClock.now
        }

        /// What is new for a page.
        private func text(_ key: TrendBoard.Key, _ limit: Int, _ news: RoundNews.News, _ last: inout Sent) -> String {
            var text = ""
            if let entry = service.board.entry(key), entry.end != last.end {
                last.end = entry.end
                text += "event: trends\nid: \(entry.end.milliseconds)\ndata: \(entry.json(offset: 0, limit: limit))\n\n"
            }
            if !last.health.isSent || news.batch != last.health.batch {
                last.health = (news.batch, true)
                text += "event: health\ndata: \(news.health)\n\n"
            }
            if let model = news.model, model != last.model {
                last.model = model
                text += "event: model\ndata: \(model)\n\n"
            }
            if text.isEmpty, ContinuousClock.now - last.time >= settings.heartbeat { text = ":\n\n" }
            if !text.isEmpty { last.time = .now }
            return text
        }
    }

    /// What all pages are told alike, made once in a round.
    private final class RoundNews: Sendable {
        struct News: Sendable {
            let round: Int
            /// Of the batch; how old its checkpoint is, which changes all the time, is no news of its own.
            let batch: BatchTime?
            let health: String
            let model: String?
        }

        private let board: TrendBoard
        private let recommendations: RecommendationService?
        private let application: String
        private let newest = Monitor<News?>(nil)

        init(board: TrendBoard, _ recommendations: RecommendationService?, application: String) {
            (self.board, self.recommendations, self.application) = (board, recommendations, application)
        }

        /// As of a round, or of a later one that has begun.
        func of(_ round: Int) -> News {
            newest.update { newest in
                if let newest, newest.round >= round { return newest }
                let now = SystemClock().instant().wholeMilliseconds
                let health = board.health
                let news = News(
                    round: round, batch: health.batch?.time, health: health.json(application: application, now: now),
                    model: recommendations?.modelJSON)
                newest = news
                return news
            }
        }
    }
#endif
