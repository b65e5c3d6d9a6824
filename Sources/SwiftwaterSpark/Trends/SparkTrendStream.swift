#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterTrends
    import Synchronization

    /// Trends that a streaming query of a Spark cluster computes. The tables come in the order of their windows.
    public final class SparkTrendStream: Sendable {
        private let trends: SparkTrends
        /// The streaming query.
        public let stream: SparkStream
        private let session: SparkSession
        private let folder: String?
        private struct State {
            var last: BatchTime?
            var waiting: [TrendingTable] = []
            var batch = -1
            var lateRows = 0
            var inputRows = 0
            var unreadable = 0
            var onProgress: @Sendable (SparkTrendStream) -> Void = { _ in }
        }
        private let state: Mutex<State>
        /// The time between two looks for tables.
        private static let pause = Duration.milliseconds(500)

        init(
            _ trends: SparkTrends, _ stream: SparkStream, _ session: SparkSession, checkpoint folder: String?,
            after last: BatchTime?
        ) {
            (self.trends, self.stream, self.session, self.folder) = (trends, stream, session, folder)
            state = Mutex(State(last: last))
        }

        /// The number of rows that Spark has read since the stream was joined.
        public var inputRows: Int { state.withLock(\.inputRows) }
        /// The number of rows that came too late for their windows; Spark counts them after it has combined rows of the
        /// same window and key.
        public var lateRows: Int { state.withLock(\.lateRows) }
        /// The number of lines that were not posts, or had no time, since the stream was joined.
        public var unreadableLines: Int { state.withLock(\.unreadable) }

        /// Sets what is called after each batch of Spark, when the numbers of rows and lines have changed.
        public func onProgress(_ body: @escaping @Sendable (SparkTrendStream) -> Void) {
            state.withLock { $0.onProgress = body }
        }

        /// Waits for the next table. Returns nil when the query was stopped.
        ///
        /// - Throws: the error that ended the query; errors of the connection.
        public func next() async throws -> TrendingTable? {
            while true {
                if let table = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) { return table }
                // The query's end is asked for first, so that no table of its last batch is missed.
                let isActive = try await stream.isActive()
                try await look()
                if state.withLock({ $0.waiting.isEmpty }) {
                    guard isActive else {
                        if let failure = try await stream.failure() { throw failure }
                        return nil
                    }
                    try await Task.sleep(for: Self.pause)
                }
            }
        }

        private func look() async throws {
            let before = state.withLock(\.batch)
            for progress in try await stream.progress() {
                state.withLock { state in
                    guard progress.batch > state.batch else { return }
                    state.batch = progress.batch
                    state.inputRows += progress.inputRows
                    state.lateRows += progress.lateRows
                    state.unreadable += progress.observed[SparkTrendsSQL.observation]?["unreadable"] ?? 0
                }
            }
            let (batch, tell) = state.withLock { ($0.batch, $0.onProgress) }
            if batch > before { tell(self) }
            let (last, late) = state.withLock { ($0.last, $0.lateRows) }
            let found = try await trends.top(counts, after: last, late: late)
            state.withLock { state in
                state.waiting += found
                state.last = found.map(\.end).max() ?? last
            }
        }

        /// What the query has written so far.
        private var counts: SparkTable {
            guard let folder else { return session.sql("SELECT * FROM `\(stream.name)`") }
            let evidence = trends.settings.recordsEvidence ? ", authors LONG, first TIMESTAMP" : ""
            return session.read("parquet", folder, schema: "end TIMESTAMP, key STRING, n LONG" + evidence)
        }
    }
#endif
