import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import SwiftwaterPlatform

/// The format of a ratings file. The defaults are MovieLens's.
public struct RatingsFormat: Sendable {
    /// The name of the column of user ids.
    public var userColumn: String
    /// The name of the column of item ids.
    public var itemColumn: String
    /// The name of the column of ratings.
    public var ratingColumn: String
    /// Whether to read pairs to predict: ratings are ignored and count as 0, and a pair may occur more than once.
    public var readsPairs: Bool
    /// Whether to keep all rows for the same user and item, instead of only the last.
    public var keepsDuplicates: Bool
    /// Whether to cache the ratings in a compact file beside the original (`ratings.csv.swratings`), which is read the
    /// next time unless the original has changed. Not for standard input.
    public var keepsCache: Bool
    /// The name of the column of timestamps, which may be missing.
    public var timestampColumn: String
    /// The field separator, one byte.
    public var separator: Character
    /// Whether to refuse ids that are not 64-bit integers. Otherwise such an id makes its column a column of string
    /// ids.
    public var requiresIntegerIDs: Bool
    /// Whether to stop at the first malformed row instead of skipping it.
    public var isStrict: Bool
    /// The number of threads. The result does not depend on it.
    public var threads: Int

    /// Creates settings; what is left out has its default.
    public init(
        userColumn: String = "userId", itemColumn: String = "movieId", ratingColumn: String = "rating",
        readsPairs: Bool = false, keepsDuplicates: Bool = false, keepsCache: Bool = false,
        timestampColumn: String = "timestamp", separator: Character = ",", requiresIntegerIDs: Bool = false,
        isStrict: Bool = false, threads: Int? = nil
    ) {
        self.userColumn = userColumn
        self.itemColumn = itemColumn
        self.ratingColumn = ratingColumn
        self.readsPairs = readsPairs
        self.keepsDuplicates = keepsDuplicates
        self.keepsCache = keepsCache
        self.timestampColumn = timestampColumn
        self.separator = separator
        self.requiresIntegerIDs = requiresIntegerIDs
        self.isStrict = isStrict
        self.threads = threads ?? WorkerPool.coreCount
    }
}
