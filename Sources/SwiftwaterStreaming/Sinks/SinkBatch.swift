import SwiftwaterCore
import SwiftwaterFormats

/// The rows of one batch, in order.
public struct SinkBatch: Sendable {
    /// The batch time.
    public let time: BatchTime
    /// The names of the columns.
    public let columns: [String]
    /// The rows, each with one value per column.
    public let rows: [[SinkValue]]

    /// Creates a batch of rows.
    public init(time: BatchTime, columns: [String], rows: [[SinkValue]]) {
        self.time = time
        self.columns = columns
        self.rows = rows
    }
}
