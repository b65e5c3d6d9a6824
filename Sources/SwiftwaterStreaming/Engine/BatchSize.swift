import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// The size of a batch.
public struct BatchSize: Sendable, Equatable {
    /// The number of lines, if the source knows it before they are read.
    public var records = 0
    /// The number of bytes.
    public var bytes = 0
    /// Creates the size of an empty batch.
    public init() {}
}
