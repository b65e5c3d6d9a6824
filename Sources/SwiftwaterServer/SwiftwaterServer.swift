#if Server
    import Hummingbird
    import HummingbirdCore
    import Logging
    import NIOCore
    import ServiceLifecycle
    import SwiftwaterConnectors
    import SwiftwaterCore

    /// The HTTP server: the page, the API and the metrics of a trend service and, optionally, a recommendation service.
    ///
    /// ```swift
    /// let server = SwiftwaterServer(settings, trends: trends, recommendations: films, logger: logger)
    /// try await server.run { port in print("http://127.0.0.1:\(port)") }
    /// ```
    ///
    /// It is a ServiceLifecycle `Service`. A graceful shutdown accepts no new requests, finishes those that are
    /// running, and ends event streams. The caller starts and stops the streaming context and the recommender.
    public struct SwiftwaterServer: Service {
        private let settings: ServeSettings
        private let trends: TrendService
        private let recommendations: RecommendationService?
        private let logger: Logger

        /// Creates a server, which does not listen yet.
        ///
        /// - Throws: `invalidArgument` if the settings are unsafe.
        public init(
            _ settings: ServeSettings, trends: TrendService, recommendations: RecommendationService? = nil,
            logger: Logger
        ) throws {
            try settings.validate()
            (self.settings, self.trends, self.recommendations, self.logger) = (
                settings, trends, recommendations, logger
            )
        }

        /// Serves until the task is cancelled or the service group shuts down.
        public func run() async throws { try await run { _ in } }

        /// Serves until the task is cancelled or the service group shuts down.
        ///
        /// - Parameter onRunning: called with the port once the server listens.
        /// - Throws: `network` if the server cannot listen on the address.
        public func run(onRunning: @escaping @Sendable (Int) async -> Void) async throws {
            let application = Application(
                responder: router.buildResponder(), server: .http1(configuration: channel),
                configuration: ApplicationConfiguration(
                    address: .hostname(settings.host, port: settings.port), backlog: 1024,
                    availableConnectionsDelegate: MaximumAvailableConnections(connectionsMax)),
                services: [EventKeeper(hub: trends.hub, settings: settings)],
                onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? 0) }, logger: logger)
            do {
                // Event streams do not end by themselves, and the application waits for them.
                try await withGracefulShutdownHandler {
                    try await application.run()
                } onGracefulShutdown: { [hub = trends.hub] in
                    hub.close()
                }
            } catch let error as IOError {
                throw ConnectionFailure.listening(settings.host, settings.port, error)
            } catch let error as SocketAddressError.UnknownHost {
                throw ConnectionFailure.listening(settings.host, settings.port, error)
            }
        }

        /// Serves until `stops` yields an element; then accepts no new requests, finishes those that are running, and
        /// returns.
        public func runUntil(
            _ stops: AsyncStream<Void>, onRunning: @escaping @Sendable (Int) async -> Void
        ) async throws {
            let service = Running(server: self, onRunning: onRunning)
            var configuration = ServiceGroupConfiguration(services: [.init(service: service)], logger: logger)
            // Clients that still have not read their response by then are cut off.
            configuration.maximumGracefulShutdownDuration = .seconds(10)
            let group = ServiceGroup(configuration: configuration)
            let stopper = Task {
                for await _ in stops { break }
                await group.triggerGracefulShutdown()
            }
            defer { stopper.cancel() }
            try await group.run()
        }

        private struct Running: Service {
            let server: SwiftwaterServer
            let onRunning: @Sendable (Int) async -> Void
            func run() async throws { try await server.run(onRunning: onRunning) }
        }

        /// The connection limit: the setting, or less if the process may not open that many files beside its own.
        private var connectionsMax: Int {
            guard let limit = OpenFiles.limit, limit - OpenFiles.ownCount < settings.connectionsMax else {
                return settings.connectionsMax
            }
            let count = max(1, limit - OpenFiles.ownCount)
            logger.warning(
                """
                at most \(count) connections instead of \(settings.connectionsMax): the process may have \(limit) open \
                files; raise the limit (ulimit -n, or LimitNOFILE= in systemd)
                """)
            return count
        }

        /// The most connections of one client. A proxy has all clients' connections.
        private var clientShare: Int {
            let most = connectionsMax
            return settings.isBehindProxy ? most : max(1, min(most - most / 8, settings.clientConnectionsMax ?? .max))
        }

        private var channel: HTTP1Channel.Configuration {
            // Made once: the configuration makes its handlers for each connection.
            let connections = ClientConnections(limit: clientShare)
            let settings = settings
            return HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionRulesInstaller(settings, connections)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: settings.headersMaxBytes, maxHeaderListSize: settings.headersMaxBytes,
                    maxHeaderFieldCount: 100))
        }

        private var router: Router<ServerContext> {
            let router = Router(context: ServerContext.self)
            let (clients, methods) = (ClientLimits(settings), KnownMethods())
            router.middlewares.add(
                GuardMiddleware(
                    settings: settings, clients: clients, metrics: trends.metrics, logger: logger, methods: methods,
                    repeated: RepeatedMessages(clock: settings.clock)))
            let endpoints = Endpoints(router)
            SystemRoutes(trends, recommendations, settings, trends.metrics).add(to: endpoints)
            let trendRoutes = TrendRoutes(service: trends, settings: settings)
            var webhooks = WebhookRoutes(trends: trendRoutes, settings: settings)
            trendRoutes.add(to: endpoints)
            EventRoutes(trends: trendRoutes, recommendations: recommendations, settings: settings).add(to: endpoints)
            if let recommendations {
                let routes = RecommendationRoutes(recommendations, settings, trends.metrics, trends.hub)
                routes.add(to: endpoints)
                webhooks.recommendations = routes
            }
            webhooks.add(to: endpoints)
            endpoints.finish()
            let table = endpoints.table
            methods.table.update { $0 = table }
            return router
        }
    }

    /// Sends updates to event streams, and wakes them for their heartbeats.
    private struct EventKeeper: Service {
        let hub: EventHub
        let settings: ServeSettings

        func run() async throws {
            // A service that returned before the others would end them, too.
            try? await cancelWhenGracefulShutdown {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await hub.run() }
                    group.addTask {
                        while true {
                            try await Task.sleep(for: settings.heartbeat / 2)
                            hub.broadcast()
                        }
                    }
                    try await group.next()
                }
            }
        }
    }
#endif
