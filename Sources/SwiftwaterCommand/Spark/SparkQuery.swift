#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    /// A streaming query of `trends` on a Spark cluster, from its start to its end.
    struct SparkQuery: Sendable {
        let command: TrendsCommand
        let trends: SparkTrends
        let output: SparkTableOutput
        let console: Console
        /// The end of the last table that was shown, so that none comes again after a restart.
        private let shown = Monitor<BatchTime?>(nil)

        init(command: TrendsCommand, trends: SparkTrends, output: SparkTableOutput, console: Console) {
            (self.command, self.trends, self.output, self.console) = (command, trends, output, console)
        }

        /// Shows tables until the query ends or the task is cancelled.
        func run() async throws {
            while true {
                let session = try await SparkSession(command.sessionAddress())
                do {
                    try await show(session)
                    return await end(session, leaves: command.query != nil)
                } catch let error as SwiftwaterError where isRestart(error) && !Task.isCancelled {
                    await session.leave()
                    console.remark("Spark was restarted: the query goes on from \(command.durability.checkpoint!)")
                } catch {
                    await end(session, leaves: command.query != nil)
                    if command.query != nil, Task.isCancelled { sayThatItGoesOn() }
                    throw error
                }
            }
        }

        /// Whether Spark lost the query, and its checkpoint has what is needed to go on.
        private func isRestart(_ error: SwiftwaterError) -> Bool {
            command.durability.checkpoint != nil && error.code == .invalidState
        }

        private func show(_ session: SparkSession) async throws {
            let running = try await trends.start(
                in: session, every: command.batch.duration, name: command.query ?? "swiftwater_trends",
                checkpoint: command.durability.checkpoint, after: try shown.read { $0 } ?? output.last())
            let said = Monitor(0)
            running.onProgress { [console] stream in
                let count = stream.unreadableLines
                let isMore = said.update { said in
                    defer { said = count }
                    return count > said
                }
                if isMore { Self.report(count, console) }
            }
            while let table = try await running.next() {
                try output.write(table)
                shown.update { $0 = table.end }
            }
        }

        static func report(_ unreadable: Int, _ console: Console) {
            guard unreadable > 0 else { return }
            console.remark(
                "\(Format.count(unreadable)) lines so far are not posts with a time, and did not count; on a cluster, "
                    + "posts are plain lines or lines of relay --format posts")
        }

        /// Closes the session and its query, or leaves the session of a named query: Spark does not open one again that
        /// was closed.
        private func end(_ session: SparkSession, leaves: Bool) async {
            // The task may be cancelled, and what follows has to be done all the same.
            await Task { if leaves { await session.leave() } else { await session.close() } }.value
        }

        private func sayThatItGoesOn() {
            console.endProgress()
            console.remark(
                "the query '\(command.query!)' goes on; the same command shows it again, and --stop-query stops it")
        }
    }

    /// Where the tables of a cluster go: to standard output, and to sinks, each table once.
    struct SparkTableOutput: Sendable {
        private let places: [(sink: any TableSink, name: String)]
        private let sinkTop: Int
        private let view: TrendingView

        init(_ sinks: [SinkArgument], sinkTop: Int, _ view: TrendingView) throws {
            places = try sinks.enumerated().map { number, argument in
                (try argument.open(), "trending" + (number == 0 ? "" : "-\(number + 1)"))
            }
            (self.sinkTop, self.view) = (sinkTop, view)
            for place in places { try place.sink.open(output: place.name, columns: TrendingRow.sinkColumns) }
        }

        /// The end of the last window that all sinks have; nil without sinks.
        func last() throws -> BatchTime? {
            guard !places.isEmpty else { return nil }
            let ends = try places.map { try $0.sink.lastCommitted(output: $0.name) }
            return ends.contains(nil) ? nil : ends.compactMap { $0 }.min()
        }

        func write(_ table: TrendingTable) throws {
            for place in places where try !place.sink.isCommitted(output: place.name, table.end) {
                let rows = sinkTop == 0 ? table.rows[...] : table.rows.prefix(sinkTop)
                try place.sink.commit(
                    output: place.name,
                    SinkBatch(
                        time: table.end, columns: TrendingRow.sinkColumns, rows: rows.map { $0.sinkValues(of: table) }))
            }
            try StandardStream.output.write(view.text(table))
        }
    }
#endif
