#if Server
    import Logging
    import Swiftwater
    import SwiftwaterServer

    #if SparkConnect
        import SwiftwaterSpark
    #endif

    extension ServeCommand {
        /// Prepares the page's trends, which a Spark cluster counts.
        func clusterTrends(_ settings: ServeSettings, _ logger: Logger) throws -> TrendService {
            var board = boardSettings()
            board.orders = [.count, .authors]
            let context = StreamingContext(
                Context(master: .local(threads: 1), appName: name, logger: logger), batchInterval: batch.duration)
            if let state { try Directory.create(state, isPrivate: true) }
            return try TrendService(
                tablesFromElsewhere: board, context, serve: settings, historyPath: state.map { $0 + "/windows.db" },
                metrics: MetricsRegistry())
        }

        /// Shows the tables of the cluster until the task is cancelled. If Spark is restarted, the queries go on from
        /// their checkpoints.
        func followCluster(_ service: TrendService, _ console: Console) async throws {
            #if SparkConnect
                let posts = try source[0].source.sparkPosts()
                let jobs = try boardSettings().windows.map { window in
                    try (window: window, trends: SparkTrends(clusterSettings(window), of: posts))
                }
                let shown = Monitor<[Duration: BatchTime]>([:])
                let last = try service.lastWindow()
                while true {
                    let session = try await SparkSession(master)
                    do {
                        try await withThrowingTaskGroup { group in
                            for (number, job) in jobs.enumerated() {
                                group.addTask {
                                    let stream = try await job.trends.start(
                                        in: session, every: batch.duration, name: "swiftwater_serve_\(number)",
                                        checkpoint: clusterCheckpoint.map { "\($0)/\(job.window.wholeMilliseconds)" },
                                        after: shown.read { $0[job.window] } ?? last)
                                    try await show(
                                        stream, of: job.window, isFirst: number == 0, shown, service, console)
                                }
                            }
                            // A query that ends without an error was stopped by someone.
                            try await group.next()
                            throw SwiftwaterError(
                                .taskFailed, "a query of the page's trends was stopped on the cluster",
                                remedy: "start serve again")
                        }
                    } catch let error as SwiftwaterError
                        where error.code == .invalidState && clusterCheckpoint != nil && !Task.isCancelled
                    {
                        await session.leave()
                        console.remark("Spark was restarted: the trends go on from \(clusterCheckpoint!)")
                    } catch {
                        // The task may be cancelled, and the session has to be closed all the same.
                        await Task { await session.close() }.value
                        if Task.isCancelled { throw CancellationError() }
                        throw error
                    }
                }
            #endif
        }

        #if SparkConnect
            private func clusterSettings(_ window: Duration) -> TrendingSettings {
                var settings = boardSettings().trending
                (settings.window, settings.slide) = (window, slide?.duration ?? batch.duration)
                (settings.order, settings.additionalOrders) = (.count, [.authors])
                settings.recordsEvidence = true
                settings.limit = ServeSettings().rowsMax
                return settings
            }

            private func show(
                _ stream: SparkTrendStream, of window: Duration, isFirst: Bool, _ shown: Monitor<[Duration: BatchTime]>,
                _ service: TrendService, _ console: Console
            ) async throws {
                let seen = Monitor((rows: 0, unreadable: 0))
                stream.onProgress { stream in
                    // All windows read the same posts.
                    guard isFirst else { return }
                    let (rows, unreadable) = (stream.inputRows, stream.unreadableLines)
                    let before = seen.update { seen in
                        defer { seen = (rows, unreadable) }
                        return seen
                    }
                    service.notePosts(rows - before.rows)
                    if unreadable > before.unreadable { SparkQuery.report(unreadable, console) }
                }
                while let table = try await stream.next() {
                    try service.show(table)
                    shown.update { $0[window] = table.end }
                }
            }
        #endif
    }
#endif
