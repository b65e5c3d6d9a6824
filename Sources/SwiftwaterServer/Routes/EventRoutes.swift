#if Server
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore

    /// Server-sent events for the page: the table of a window and order, the health of batches, and the model, each when it changed.
    struct EventRoutes {
        let trends: TrendRoutes
        let recommendations: RecommendationService?
        let settings: ServeSettings
        private var service: TrendService { trends.service }

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
                for await _ in signals {
                    let text = news(key, limit, &last)
                    if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
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
            var health = ""
            var model = ""
            var time = ContinuousClock.now
        }

        /// What is new for a page.
        private func news(_ key: TrendBoard.Key, _ limit: Int, _ last: inout Sent) -> String {
            var text = ""
            if let entry = service.board.entry(key), entry.end != last.end {
                last.end = entry.end
                text += "event: trends\nid: \(entry.end.milliseconds)\ndata: \(entry.json(offset: 0, limit: limit))\n\n"
            }
            let now = SystemClock().instant().wholeMilliseconds
            let health = service.board.health.json(application: settings.applicationName, now: now)
            if health != last.health {
                last.health = health
                text += "event: health\ndata: \(health)\n\n"
            }
            if let model = recommendations?.modelJSON, model != last.model {
                last.model = model
                text += "event: model\ndata: \(model)\n\n"
            }
            if text.isEmpty, ContinuousClock.now - last.time >= settings.heartbeat { text = ":\n\n" }
            if !text.isEmpty { last.time = .now }
            return text
        }
    }
#endif
