import SwiftwaterCore

/// A value in a row of a sink.
public enum SinkValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(Text)

    public static func integer(_ value: Int) -> SinkValue { .integer(Int64(value)) }
    public static func text(_ value: String) -> SinkValue { .text(Text(value)) }
}

/// The rows of one batch, in order.
public struct SinkBatch: Sendable {
    public let time: BatchTime
    public let columns: [String]
    public let rows: [[SinkValue]]

    public init(time: BatchTime, columns: [String], rows: [[SinkValue]]) {
        self.time = time
        self.columns = columns
        self.rows = rows
    }
}

/// Where results go, batch by batch.
///
/// What a sink must promise, and `SwiftwaterTesting` checks:
/// 1. A batch appears whole, under its time, or not at all, whatever happens meanwhile.
/// 2. When `commit` has returned, the batch stays, whatever happens afterwards.
/// 3. `isCommitted` knows, in this process or a later one, whether a batch is there; committing one again changes nothing.
/// 4. Several outputs may share a place: names keep them apart.
public protocol TableSink: Sendable {
    /// Called before the stream starts.
    func open(output: String, columns: [String]) throws
    func commit(output: String, _ batch: SinkBatch) throws
    func isCommitted(output: String, _ time: BatchTime) throws -> Bool
    /// The latest batch that is there, or nil.
    func lastCommitted(output: String) throws -> BatchTime?
}

struct SinkOutput: CommittingOutput {
    let sink: any TableSink
    let name: String
    func isCommitted(_ time: BatchTime) throws -> Bool { try sink.isCommitted(output: name, time) }
    func lastCommitted() throws -> BatchTime? { try sink.lastCommitted(output: name) }
}

extension DStream {
    /// Writes every batch to a sink, under its time, exactly once: after a restart from a checkpoint, batches that the sink has
    /// are left out.
    ///
    /// ```swift
    /// counts.save(to: FileSink(directory: "out", format: .csv), name: "counts", columns: ["tag", "count"]) {
    ///     [.text($0.0), .integer($0.1)]
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - limit: only the first so many elements of each batch; all unless given.
    ///   - row: the values of an element, one for each column.
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

    /// Writes the elements of every batch as lines to `directory/NAME-TIME.txt`; pairs as `(key,value)`. A batch appears whole or
    /// not at all, and once.
    public func saveAsTextFiles(_ directory: String, name: String = "lines") {
        save(
            to: FileSink(directory: directory, format: .text, files: context.settings.files), name: name,
            columns: ["line"]
        ) {
            [.text(String(RowText.line($0).dropLast()))]
        }
    }
}
