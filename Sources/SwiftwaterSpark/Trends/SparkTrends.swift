#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterTrends

    /// Trends of posts on a Spark cluster, as `DStream.trending` computes them here.
    ///
    ///     let settings = TrendingSettings(window: .seconds(20))
    ///     let trends = try SparkTrends(settings, of: .files(directory: "hdfs://namenode/posts"))
    ///     let running = try await trends.start(in: spark, every: .seconds(10))
    ///     while let table = try await running.next() { print(table.end, table.rows.map(\.key)) }
    ///
    /// Windows, counts and order are those of `DStream.trending`. The authors of a stream are estimated. Deleted posts
    /// stay counted, windows without posts have no table, and tags in a few odd texts differ (docs/CLUSTER.md).
    public struct SparkTrends: Sendable {
        let settings: TrendingSettings
        let posts: SparkPosts
        private let sql: SparkTrendsSQL

        /// Prepares trends.
        ///
        /// - Throws: `unsupported` for settings that Spark cannot honor.
        public init(_ settings: TrendingSettings, of posts: SparkPosts) throws {
            for (isUsed, what) in [
                (settings.orders.contains(.burst), "the order by burst"),
                (settings.keys != .hashtags && settings.keys != .hashWords, "counting \(settings.keys.rawValue)"),
                (settings.countsAuthorsOnce, "counting an author once"),
                (settings.outliers > 0, "an allowance for outliers"),
                (posts.isArchive && !settings.usesEventTime, "reading files to their end without event time"),
            ] where isUsed {
                throw SwiftwaterError(
                    .unsupported, "\(what) does not work on a Spark cluster", remedy: "run it here, or leave it out")
            }
            (self.settings, self.posts) = (settings, posts)
            sql = SparkTrendsSQL(settings: settings, posts: posts)
        }

        /// The queries that run on the cluster, with what each does.
        public var queries: [(what: String, sql: String)] {
            [
                ("posts: time, author, text and tags", sql.readSQL),
                ("counts by window and key", sql.countSQL),
            ]
                + settings.orders.map {
                    ("the first rows of each window, by \($0.rawValue)", sql.topSQL(after: 0, by: $0))
                }
        }

        /// Returns the tables of posts that are all there, for each order by the ends of their windows, and the number
        /// of lines that are not posts, or have no time.
        public func tables(
            in session: SparkSession
        ) async throws -> (tables: [TrendingTable], unreadableLines: Int) {
            var (all, unreadable) = ([TrendingTable](), 0)
            for order in settings.orders {
                let found = try await topTable(counts(in: session), after: nil, by: order).observedRows()
                all += try tables(found.rows, late: 0, by: order)
                unreadable = found.observed[SparkTrendsSQL.observation]?["unreadable"] ?? 0
            }
            return (all, unreadable)
        }

        /// Starts a streaming query, or joins the one that runs under this name.
        ///
        /// - Parameters:
        ///   - interval: the time between batches.
        ///   - name: the query's name in the session.
        ///   - checkpoint: a folder of the cluster in which the query keeps its progress and its tables. Without it,
        ///     the tables are in the memory of Spark's driver, which grows with each window.
        ///   - last: the end of the last table that the caller has.
        ///   - session: the session on the cluster.
        public func start(
            in session: SparkSession, every interval: Duration, name: String, checkpoint: String? = nil,
            after last: BatchTime? = nil
        ) async throws -> SparkTrendStream {
            var stream = try await session.stream(named: name)
            if stream == nil {
                let counts = counts(in: session)
                stream =
                    if let checkpoint {
                        try await counts.startStream(
                            "parquet", name: name, to: Self.tables(checkpoint), every: interval,
                            checkpoint: checkpoint + "/query")
                    } else {
                        try await counts.startStream("memory", name: name, every: interval)
                    }
            }
            return SparkTrendStream(self, stream!, session, checkpoint: checkpoint.map(Self.tables), after: last)
        }

        private static func tables(_ checkpoint: String) -> String { checkpoint + "/tables" }

        /// Returns the counts as Spark's plan, without running it.
        public func explanation(in session: SparkSession) async throws -> String {
            try await counts(in: session).explanation()
        }

        private func counts(in session: SparkSession) -> SparkTable {
            var read = session.sql(sql.readSQL, tables: ["source": posts.source(session)])
            read = read.observing(SparkTrendsSQL.observation, SparkTrendsSQL.metrics)
            if !posts.isArchive { read = read.withWatermark("time", delay: settings.lateness) }
            return session.sql(sql.countSQL, tables: ["posts": read])
        }

        /// Returns the tables of the windows that ended after a time, for each order.
        func top(_ counts: SparkTable, after last: BatchTime?, late: Int) async throws -> [TrendingTable] {
            var all: [TrendingTable] = []
            for order in settings.orders {
                let rows = try await topTable(counts, after: last, by: order).rows()
                let found = try tables(rows, late: late, by: order)
                // Windows that ended since the first look are left for the next one.
                all += order == settings.order ? found : found.filter { table in all.contains { $0.end == table.end } }
            }
            return all
        }

        private func topTable(
            _ counts: SparkTable, after last: BatchTime?, by order: TrendingSettings.Order
        ) -> SparkTable {
            let query = sql.topSQL(after: last.map { $0.milliseconds * 1000 } ?? .min, by: order)
            return counts.session.sql(query, tables: ["counts": counts])
        }

        private func tables(_ rows: [SparkRow], late: Int, by order: TrendingSettings.Order) throws -> [TrendingTable] {
            try rows.chunked(byEnd: { $0[0] }).map { window in table(try window.map { try Row($0) }, late, order) }
        }

        private func table(_ rows: [Row], _ late: Int, _ order: TrendingSettings.Order) -> TrendingTable {
            let keys = rows.filter { !$0.key.isEmpty }
            return TrendingTable(
                end: rows[0].end, window: settings.window, order: order,
                posts: rows.first { $0.key.isEmpty }?.count ?? 0, keys: rows[0].keys, late: late,
                rows: keys.enumerated().map { place, row in
                    TrendingRow(
                        rank: place + 1, key: Text(row.key), count: row.count,
                        score: Double(order == .authors ? row.authors ?? 0 : row.count), authors: row.authors,
                        firstSeen: row.first)
                })
        }

        private struct Row {
            let end: BatchTime
            let key: String
            let count: Int
            let authors: Int?
            let first: BatchTime?
            let keys: Int

            init(_ row: SparkRow) throws {
                guard case .timestamp(let end) = row[0], let key = row[1].text, let count = row[2].integer else {
                    throw SwiftwaterError(.corrupted, "Spark's counts have other columns than were asked for")
                }
                (self.end, self.key, self.count) = (BatchTime(milliseconds: end / 1000), key, Int(count))
                authors = row[3].integer.map { Int($0) }
                first =
                    if case .timestamp(let time) = row[4] { BatchTime(milliseconds: time / 1000) } else { nil }
                keys = Int(row[5].integer ?? 0)
            }
        }
    }

    extension Array {
        /// The runs of elements with equal values.
        fileprivate func chunked(byEnd value: (Element) -> SparkValue) -> [ArraySlice<Element>] {
            var (chunks, start) = ([ArraySlice<Element>](), 0)
            for index in indices where index > start && value(self[index]) != value(self[start]) {
                chunks.append(self[start..<index])
                start = index
            }
            return isEmpty ? [] : chunks + [self[start...]]
        }
    }

    extension TrendingSettings {
        /// All orders, the main one first.
        fileprivate var orders: [Order] { [order] + additionalOrders }
    }
#endif
