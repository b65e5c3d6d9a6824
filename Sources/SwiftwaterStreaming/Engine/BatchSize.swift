import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// The size of a batch.
public struct BatchSize: Sendable, Equatable {
    /// The number of lines; 0 from a source that does not know it before they are read.
    public var records: Int
    /// The number of bytes.
    public var bytes: Int

    /// Creates a size; an empty batch by default.
    public init(records: Int = 0, bytes: Int = 0) {
        self.records = records
        self.bytes = bytes
    }
}
