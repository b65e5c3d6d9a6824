import Swiftwater

/// Writes lists of recommendations to a sink, in batches of one run. A row in another table ends the run, so that
/// readers can take the newest one that is whole.
final class RecommendationSink {
    private static let batchRowsMax = 50_000

    private let sink: any TableSink
    private let output: String
    private let runs: String
    private let columns: [String]
    /// The time of the run, in milliseconds since 1970, which is also that of its first batch.
    private let run: Int64
    private var batches: Int64 = 0
    private var pending: [[SinkValue]] = []
    private var rows = 0

    /// Opens a sink, and its tables.
    init(_ argument: SinkArgument, _ side: RecommendationFormat.Side, clock: any StreamClock = SystemClock()) throws {
        sink = try argument.open()
        (output, runs) =
            side == .users
            ? ("recommendations", "recommendation_runs")
            : ("recommendations_for_items", "recommendation_runs_for_items")
        columns = (side == .users ? ["user", "rank", "item"] : ["item", "rank", "user"]) + ["score", "source", "run"]
        try sink.open(output: output, columns: columns)
        try sink.open(output: runs, columns: Self.runColumns)
        let last = [try sink.lastCommitted(output: output), try sink.lastCommitted(output: runs)].compactMap(\.self)
            .max()
        run = max(clock.instant().wholeMilliseconds, (last?.milliseconds ?? -1) + 1)
    }

    private static let runColumns = ["run", "rows", "batches"]

    /// Adds a list.
    func put(
        _ first: String, _ list: [Scored], _ ids: IdentifierTable, _ source: Recommendation.Source
    ) throws {
        for (place, scored) in list.enumerated() {
            pending.append([
                .text(first), .integer(place + 1), .text(ids[scored.index]), .real(Double("\(scored.score)")!),
                .text(source.rawValue), .integer(Int(run)),
            ])
        }
        rows += list.count
        if pending.count >= Self.batchRowsMax { try commit() }
    }

    private func commit() throws {
        try sink.commit(
            output: output,
            SinkBatch(time: BatchTime(milliseconds: run + batches), columns: columns, rows: pending))
        batches += 1
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes what waits, and the row that ends the run.
    func finish() throws {
        if !pending.isEmpty { try commit() }
        let row: [SinkValue] = [.integer(Int(run)), .integer(rows), .integer(Int(batches))]
        try sink.commit(
            output: runs, SinkBatch(time: BatchTime(milliseconds: run), columns: Self.runColumns, rows: [row]))
    }
}
