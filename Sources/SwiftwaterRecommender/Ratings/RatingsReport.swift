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
    /// The number of rows whose time is missing or cannot be read, if there is a column of times. They count with the
    /// time 0.
    public var rowsWithoutTime = 0
    /// The error of the first of them whose time is not empty.
    public var timeSample: SwiftwaterError?
    /// Whether the ratings are what the file says, to the digit: every row is integers, a decimal that is a Float, and
    /// an integer, in their usual form.
    package var isVerbatim = false
    /// Whether some rating is written with a decimal point.
    package var hasDecimalPoint = false
    /// Whether the ratings came from the cache beside the file.
    public var cameFromCache = false
    /// Why the cache could not be used or written. The ratings are not affected.
    public var cacheProblem: SwiftwaterError?

    /// Creates an empty report.
    public init() {}
}
