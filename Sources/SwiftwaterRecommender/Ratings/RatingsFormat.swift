import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import SwiftwaterPlatform

/// The format of a ratings file. The defaults are MovieLens's.
public struct RatingsFormat: Sendable {
    /// The name of the column of user ids.
    public var userColumn = "userId"
    /// The name of the column of item ids.
    public var itemColumn = "movieId"
    /// The name of the column of ratings.
    public var ratingColumn = "rating"
    /// Whether to read pairs to predict: ratings are ignored and count as 0, and a pair may occur more than once.
    public var readsPairs = false
    /// Whether to keep all rows for the same user and item, instead of only the last.
    public var keepsDuplicates = false
    /// Whether to cache the ratings in a compact file beside the original (`ratings.csv.swratings`), which is read the
    /// next time unless the original has changed. Not for standard input.
    public var keepsCache = false
    /// The name of the column of timestamps, which may be missing.
    public var timestampColumn = "timestamp"
    /// The field separator, one byte.
    public var separator: Character = ","
    /// Whether to refuse ids that are not 64-bit integers. Otherwise such an id makes its column a column of string
    /// ids.
    public var requiresIntegerIDs = false
    /// Whether to stop at the first malformed row instead of skipping it.
    public var isStrict = false
    /// The number of threads. The result does not depend on it.
    public var threads = WorkerPool.coreCount

    /// Creates the format of MovieLens files.
    public init() {}
}
