import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import SwiftwaterPlatform

/// A report of reading ratings.
public struct RatingsReport: Sendable {
    /// The number of rows with data, good and bad.
    public var rows = 0
    /// The number of rows that were skipped.
    public var malformedRows = 0
    /// The errors of the first few of them, with file and line.
    public var samples: [SwiftwaterError] = []
    /// The number of rows superseded by a later row for the same user and item.
    public var duplicates = 0
    /// Whether the ratings came from the cache beside the file.
    public var cameFromCache = false
    /// Why the cache could not be used or written. The ratings are not affected.
    public var cacheProblem: SwiftwaterError?

    /// Creates an empty report.
    public init() {}
}
