#if Server
    import Hummingbird
    import SwiftwaterCore

    /// Routes that take posts and ratings from senders of webhooks, who sign what they send instead of showing a token.
    struct WebhookRoutes {
        /// The paths, which need no token.
        static let paths = ["/v1/webhooks/posts", "/v1/webhooks/ratings"]

        let trends: TrendRoutes
        var recommendations: RecommendationRoutes?
        let settings: ServeSettings

        init(trends: TrendRoutes, settings: ServeSettings) { (self.trends, self.settings) = (trends, settings) }

        func add(to endpoints: Endpoints) {
            endpoints.post(Self.paths[0]) { request, _ in
                var request = request
                let id = try await verify(&request)
                return try await trends.posts(request, once: id)
            }
            if let recommendations {
                endpoints.post(Self.paths[1]) { request, _ in
                    var request = request
                    _ = try await verify(&request)
                    return try await recommendations.rate(request)
                }
            }
        }

        /// Checks the signature of a request's body, and puts the body back. Returns the message's id, if it has one.
        private func verify(_ request: inout Request) async throws -> String? {
            guard let secret = settings.webhookSecret else {
                throw Problem(.notFound, "webhooks are not taken here: the server has no webhook secret")
            }
            let body = try await request.rawBytes(upTo: settings.bodyMaxBytes)
            let id = try WebhookSignature(secret).check(request.headers, body, at: settings.clock.instant())
            request.body = .init(buffer: body)
            return id
        }
    }
#endif
