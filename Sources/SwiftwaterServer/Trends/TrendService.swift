#if Server
    import Logging
    import SwiftwaterCore
    import SwiftwaterStreaming
    import SwiftwaterTrends

    /// The streaming job behind the page: posts of any sources and of `POST /v1/posts`, counted over each window in each order.
    public final class TrendService: Sendable {
        let board: TrendBoard
        let hub: EventHub
        let intake = PostIntake()
        let history: WindowHistory
        let metrics: ServerMetrics
        public let context: StreamingContext

        /// - Parameters:
        ///   - context: with its checkpoint settings, where it has some; not started.
        ///   - isDurable: whether it has.
        ///   - sources: makes the streams of posts.
        public init(
            _ context: StreamingContext, _ settings: TrendBoardSettings, serve: ServeSettings, historyPath: String?,
            isDurable: Bool, metrics registry: MetricsRegistry, filter: TrendFilter? = nil,
            sources: (StreamingContext) throws -> [DStream<Text>]
        ) throws {
            self.context = context
            hub = EventHub(limit: serve.eventClientsMax)
            board = TrendBoard(settings, hub: hub)
            metrics = ServerMetrics(registry)
            history = try WindowHistory(
                path: historyPath, maxAge: serve.historyMaxAge, maxBytes: serve.historyMaxBytes)
            let pushed = context.receiverStream(intake, name: "http").named("http")
            let posts = try sources(context).reduce(pushed) { $0.union($1) }
            for window in settings.windows {
                for order in TrendingSettings.Order.allCases { count(posts, settings, window, order, filter) }
            }
            metrics.gauge("swiftwater_batch_interval_seconds", context.batchInterval.inSeconds)
            let interval = context.batchInterval
            context.onBatchCompleted { [board, metrics] batch in
                metrics.count(batch)
                board.note(batch, interval: interval, isDurable: isDurable)
            }
        }

        private func count(
            _ posts: DStream<Text>, _ settings: TrendBoardSettings, _ window: Duration, _ order: TrendingSettings.Order,
            _ filter: TrendFilter?
        ) {
            var trending = settings.trending
            (trending.window, trending.slide, trending.order) = (window, settings.slide, order)
            // What is expected of a window is learnt from before it; a burst that nobody saw coming is shown for its size.
            let key = TrendBoard.Key(window: window, order: order)
            let name = "\(order.rawValue) \(TrendRoutes.label(window))"
            let isKept = order == .count && window == settings.windows.first
            posts.trending(trending, filter: filter).named(name).forEachBatch(name: "page " + name) {
                [board, history] rdd, _ in
                for table in try rdd.collect() {
                    board.show(table, key)
                    if isKept, table.posts > 0 { try history.add(table) }
                }
            }
        }
    }
#endif
