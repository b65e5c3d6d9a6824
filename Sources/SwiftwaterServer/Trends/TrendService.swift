#if Server
    import Logging
    import SwiftwaterCore
    import SwiftwaterStreaming
    import SwiftwaterTrends

    /// The streaming job behind the page: posts from any sources and from `POST /v1/posts`, counted over each window.
    public final class TrendService: Sendable {
        let board: TrendBoard
        let hub: EventHub
        let intake = PostIntake()
        let history: WindowHistory
        let metrics: ServerMetrics
        /// The context of the job, which the caller starts and stops.
        public let context: StreamingContext

        /// Adds the job to a context.
        ///
        /// - Parameters:
        ///   - context: not started yet, and with its checkpoint settings if it has any.
        ///   - sources: makes the streams of posts.
        public init(
            _ context: StreamingContext, _ settings: TrendBoardSettings, serve: ServeSettings, historyPath: String?,
            metrics registry: MetricsRegistry, filter: TrendFilter? = nil,
            sources: (StreamingContext) throws -> [DStream<Text>]
        ) throws {
            self.context = context
            hub = EventHub(limit: serve.eventClientsMax, pause: serve.eventPause)
            board = TrendBoard(settings, hub: hub)
            metrics = ServerMetrics(registry)
            history = try WindowHistory(
                path: historyPath, maxAge: serve.historyMaxAge, maxBytes: serve.historyMaxBytes)
            let pushed = context.receiverStream(intake, name: "http").named("http")
            let posts = try sources(context).reduce(pushed) { $0.union($1) }
            for window in settings.windows { count(posts, settings, window, filter) }
            metrics.gauge("swiftwater_batch_interval_seconds", context.batchInterval.inSeconds)
            let interval = context.batchInterval
            context.onBatchCompleted { [board, metrics] batch in
                metrics.count(batch)
                board.note(batch, interval: interval)
            }
        }

        /// Counts posts over one window: one state provides the tables of all orders.
        private func count(
            _ posts: DStream<Text>, _ settings: TrendBoardSettings, _ window: Duration, _ filter: TrendFilter?
        ) {
            var trending = settings.trending
            (trending.window, trending.slide) = (window, settings.slide)
            (trending.order, trending.additionalOrders) = (.count, [.authors, .burst])
            let name = "trends " + TrendRoutes.label(window)
            let isKept = window == settings.windows.first
            // All windows read the same posts, so one of them warns.
            trending.logsUnreadablePosts = trending.logsUnreadablePosts && isKept
            posts.trending(trending, filter: filter).named(name).forEachBatch(name: "page " + name) {
                [board, history] rdd, _ in
                for table in try rdd.collect() {
                    board.show(table, .init(window: window, order: table.order))
                    if isKept, table.order == .count, table.posts > 0 { try history.add(table) }
                }
            }
        }
    }
#endif
