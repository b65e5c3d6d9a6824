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
        /// The lines of ratings in batches that are not completed, which are not posts.
        let ratingLines = Monitor<[BatchTime: Int]>([:])
        /// Where authors are looked up; nil if they are not.
        let authors: CachedTable?
        /// The number of posts that were counted elsewhere; nil if this job counts them.
        private let remotePosts: Monitor<Int>?
        /// Whether posts are counted here, and not elsewhere.
        var countsPosts: Bool { remotePosts == nil }

        /// Adds the job to a context.
        ///
        /// - Parameters:
        ///   - context: not started yet, and with its checkpoint settings if it has any.
        ///   - filter: lists of keys to leave out, or of the only keys to list.
        ///   - enrichment: values of authors, which rows of tables report.
        ///   - sources: makes the streams of posts.
        public init(
            _ context: StreamingContext, _ settings: TrendBoardSettings, serve: ServeSettings, historyPath: String?,
            metrics registry: MetricsRegistry, filter: TrendFilter? = nil, enrichment: TrendEnrichment? = nil,
            sources: (StreamingContext) throws -> [DStream<Text>]
        ) throws {
            self.context = context
            hub = EventHub(limit: serve.eventClientsMax, pause: serve.eventPause)
            board = TrendBoard(settings, hub: hub)
            metrics = ServerMetrics(registry)
            history = try WindowHistory(
                path: historyPath, maxAge: serve.historyMaxAge, maxBytes: serve.historyMaxBytes,
                setsAsideDamage: serve.setsAsideDamagedHistory,
                logger: context.engine.logger)
            (remotePosts, authors) = (nil, enrichment?.table)
            let pushed = context.receiverStream(intake, name: "http").named("http")
            let posts = try sources(context).reduce(pushed) { $0.union($1) }
            for window in settings.windows { count(posts, settings, window, filter, enrichment) }
            watch()
        }

        /// Prepares a service whose tables come from elsewhere, by `show(_:)`.
        ///
        /// - Parameter context: not started yet; it only keeps the time.
        public init(
            tablesFromElsewhere settings: TrendBoardSettings, _ context: StreamingContext, serve: ServeSettings,
            historyPath: String?, metrics registry: MetricsRegistry
        ) throws {
            self.context = context
            hub = EventHub(limit: serve.eventClientsMax, pause: serve.eventPause)
            board = TrendBoard(settings, hub: hub)
            metrics = ServerMetrics(registry)
            history = try WindowHistory(
                path: historyPath, maxAge: serve.historyMaxAge, maxBytes: serve.historyMaxBytes,
                setsAsideDamage: serve.setsAsideDamagedHistory,
                logger: context.engine.logger)
            (remotePosts, authors) = (Monitor(0), nil)
            context.receiverStream(intake, name: "http").forEachBatch(name: "time") { _, _ in }
            watch()
        }

        /// Shows a table, and keeps it in the history if it is one of the first window.
        public func show(_ table: TrendingTable) throws {
            board.show(table, .init(window: table.window, order: table.order))
            let isKept = table.window == board.settings.windows.first
            if isKept, table.order == .count, table.posts > 0 { history.add(table) }
        }

        /// The end of the last window of the history.
        public func lastWindow() throws -> BatchTime? { try history.lastEnd() }

        /// Counts posts that were read elsewhere.
        public func notePosts(_ count: Int) { remotePosts?.update { $0 += count } }

        private func watch() {
            metrics.gauge("swiftwater_batch_interval_seconds", context.batchInterval.inSeconds)
            let interval = context.batchInterval
            context.onBatchCompleted { [board, metrics, remotePosts, ratingLines] batch in
                var batch = batch
                batch.size.records -= ratingLines.update { $0.removeValue(forKey: batch.time) } ?? 0
                if let remotePosts {
                    batch.size.records = remotePosts.update { posts in
                        defer { posts = 0 }
                        return posts
                    }
                }
                metrics.count(batch)
                board.note(batch, interval: interval)
            }
        }

        /// Counts posts over one window: one state provides the tables of all orders.
        private func count(
            _ posts: DStream<Text>, _ settings: TrendBoardSettings, _ window: Duration, _ filter: TrendFilter?,
            _ enrichment: TrendEnrichment?
        ) {
            var trending = settings.trending
            (trending.window, trending.slide) = (window, settings.slide)
            trending.order = settings.orders.first ?? .count
            trending.additionalOrders = Array(settings.orders.dropFirst())
            let name = "trends " + TrendRoutes.label(window)
            // All windows read the same posts, so one of them warns.
            trending.logsUnreadablePosts = trending.logsUnreadablePosts && window == settings.windows.first
            posts.trending(trending, filter: filter, enrichment: enrichment).named(name).forEachBatch(
                name: "page " + name
            ) {
                [unowned self] rdd, _ in
                for table in try rdd.collect() { try show(table) }
            }
        }
    }
#endif
