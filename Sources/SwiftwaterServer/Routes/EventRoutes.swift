#if Server
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterStreaming

    /// Server-sent events for the page: the table of one window and order, the health of batches, and the model, each
    /// sent when it changes.
    struct EventRoutes {
        let trends: TrendRoutes
        let recommendations: RecommendationService?
        let settings: ServeSettings
        private let news: RoundNews
        private var service: TrendService { trends.service }

        init(trends: TrendRoutes, recommendations: RecommendationService?, settings: ServeSettings) {
            (self.trends, self.recommendations, self.settings) = (trends, recommendations, settings)
            news = RoundNews(trends.service, recommendations, settings)
        }

        func add(to endpoints: Endpoints) {
            endpoints.get("/v1/events", query: ["window", "order", "limit"]) { request, _ in try events(request) }
        }

        private func events(_ request: Request) throws -> Response {
            let key = try trends.key(request)
            let limit = try request.number("limit", default: 20, in: 1...settings.rowsMax)
            if request.method == .head { return Response(status: .ok, headers: Self.headers) }
            guard !service.hub.isFull else {
                throw Problem(.serviceUnavailable, "all \(settings.eventClientsMax) event streams are in use")
            }
            let body = ResponseBody { writer in
                // Joins only after the head has been sent, so that a client that is already gone takes no slot.
                guard let (id, signals) = service.hub.join() else { return try await writer.finish(nil) }
                defer { service.hub.leave(id) }
                var last = Sent(time: settings.clock.elapsed())
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
            var time: Duration
        }

        /// Returns the events that are new to a page, a heartbeat when one is due, or an empty string.
        private func text(_ key: TrendBoard.Key, _ limit: Int, _ news: RoundNews.News, _ last: inout Sent) -> String {
            var text = ""
            if let entry = service.board.entry(key), let end = entry.end, end != last.end {
                last.end = end
                text += "event: trends\nid: \(end.milliseconds)\ndata: \(entry.json(offset: 0, limit: limit))\n\n"
            }
            if !last.health.isSent || news.batch != last.health.batch {
                last.health = (news.batch, true)
                text += "event: health\ndata: \(news.health)\n\n"
            }
            if let model = news.model, model != last.model {
                last.model = model
                text += "event: model\ndata: \(model)\n\n"
            }
            if text.isEmpty, settings.clock.elapsed() - last.time >= settings.heartbeat { text = ":\n\n" }
            if !text.isEmpty { last.time = settings.clock.elapsed() }
            return text
        }
    }

    /// The data that is the same for all pages, built once per round.
    private final class RoundNews: Sendable {
        struct News: Sendable {
            let round: Int
            /// The last batch. `health` is sent when the batch changes, not whenever the age of the checkpoint does.
            let batch: BatchTime?
            let health: String
            let model: String?
        }

        private let service: TrendService
        private let recommendations: RecommendationService?
        private let application: String
        private let clock: any StreamClock
        private let newest = Monitor<News?>(nil)

        init(_ service: TrendService, _ recommendations: RecommendationService?, _ settings: ServeSettings) {
            (self.service, self.recommendations) = (service, recommendations)
            (application, clock) = (settings.applicationName, settings.clock)
        }

        /// Returns the data as of a round, or of a later one that has begun.
        func of(_ round: Int) -> News {
            newest.update { newest in
                if let newest, newest.round >= round { return newest }
                let now = clock.now().milliseconds
                let health = service.board.health
                let text = health.json(application: application, sources: SourceReport(service.context), now: now)
                let news = News(
                    round: round, batch: health.batch?.time, health: text, model: recommendations?.modelJSON)
                newest = news
                return news
            }
        }
    }
#endif
