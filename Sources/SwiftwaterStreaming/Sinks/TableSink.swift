import SwiftwaterCore
import SwiftwaterFormats

/// A destination for results, batch by batch.
///
/// A sink must guarantee the following, which `SwiftwaterTesting` checks:
/// 1. A batch appears whole, under its time, or not at all, whatever happens meanwhile.
/// 2. Once `commit` has returned, the batch stays, whatever happens afterwards.
/// 3. `isCommitted` reports, in this process or a later one, whether a batch is there; committing one again changes
///    nothing.
/// 4. Several outputs may share a destination: names keep them apart.
public protocol TableSink: Sendable {
    /// Prepares the sink for an output. Called before the stream starts.
    func open(output: String, columns: [String]) throws
    /// Stores a batch of an output.
    func commit(output: String, _ batch: SinkBatch) throws
    /// Returns whether the sink has the batch at `time`.
    func isCommitted(output: String, _ time: BatchTime) throws -> Bool
    /// Returns the time of the latest batch that the sink has, or nil.
    func lastCommitted(output: String) throws -> BatchTime?
}

extension DStream {
    /// Writes every batch to a sink, under its time, exactly once. After a restart from a checkpoint, batches that the
    /// sink already has are skipped.
    ///
    /// ```swift
    /// counts.save(to: FileSink(directory: "out", format: .csv), name: "counts", columns: ["tag", "count"]) {
    ///     [.text($0.0), .integer($0.1)]
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - limit: the maximum number of elements written for each batch; all by default.
    ///   - row: returns the values of an element, one for each column.
    ///   - sink: the sink.
    ///   - name: the name of the output, which keeps it apart from others in the sink.
    ///   - columns: the names of the columns.
    public func save(
        to sink: any TableSink, name: String, columns: [String], limit: Int? = nil,
        row: @escaping @Sendable (Element) throws -> [SinkValue]
    ) {
        do { try sink.open(output: name, columns: columns) } catch {
            context.graph.add(
                (error as? SwiftwaterError)
                    ?? SwiftwaterError(.io, "\(error)", at: .init(streamOperator: name), cause: error))
        }
        output(name: name, kind: "save", sink: SinkOutput(sink: sink, name: name)) { rdd, time in
            let elements = try limit.map { try rdd.take($0) } ?? rdd.collect()
            let rows = try elements.map { element in
                let values = try row(element)
                guard values.count == columns.count else {
                    throw SwiftwaterError(
                        .invalidArgument, "a row of \(values.count) values for \(columns.count) columns",
                        at: .init(streamOperator: name))
                }
                return values
            }
            try sink.commit(output: name, SinkBatch(time: time, columns: columns, rows: rows))
        }
    }

    /// Writes the elements of every batch as lines to `directory/NAME-TIME.txt`; pairs as `(key,value)`. A batch
    /// appears whole or not at all, and once.
    public func saveAsTextFiles(_ directory: String, name: String = "lines") {
        save(
            to: FileSink(directory: directory, format: .text, files: context.settings.files), name: name,
            columns: ["line"]
        ) {
            [.text(String(RowText.line($0).dropLast()))]
        }
    }
}
