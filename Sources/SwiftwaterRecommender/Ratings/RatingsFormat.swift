import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import SwiftwaterPlatform

/// The format of a ratings file. The defaults are MovieLens's.
public struct RatingsFormat: Sendable {
    /// The name of the column of user ids; in any case, or its number from 1. The same holds for the other columns.
    /// Without a header, the defaults are columns 1 to 4.
    public var userColumn: String
    /// The name of the column of item ids.
    public var itemColumn: String
    /// The name of the column of ratings.
    public var ratingColumn: String
    /// Whether to read pairs to predict: ratings are ignored and count as 0, and a pair may occur more than once.
    public var readsPairs: Bool
    /// Whether to keep all rows for the same user and item, instead of only the last.
    public var keepsDuplicates: Bool
    /// Whether rows for the same user and item add up, as counts of events do. Spark trains on each of them, which for
    /// implicit feedback is nearly the same.
    public var sumsDuplicates: Bool
    /// Whether to cache the ratings in a compact file beside the original (`ratings.csv.swratings`), which is read the
    /// next time unless the original has changed. Not for standard input.
    public var keepsCache: Bool
    /// The name of the column of timestamps, which may be missing.
    public var timestampColumn: String
    /// The field separator: ASCII, of one or more characters.
    public var separator: String
    /// Whether the first line names the columns.
    public var hasHeader: Bool
    /// Whether ratings may be written with a decimal comma. If not, the first such rating is an error.
    public var hasDecimalComma: Bool
    /// The encoding of the file.
    public var encoding: TextEncoding
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
        readsPairs: Bool = false, keepsDuplicates: Bool = false, sumsDuplicates: Bool = false,
        keepsCache: Bool = false,
        timestampColumn: String = "timestamp", separator: String = ",", hasHeader: Bool = true,
        hasDecimalComma: Bool = false, encoding: TextEncoding = .utf8, requiresIntegerIDs: Bool = false,
        isStrict: Bool = false, threads: Int? = nil
    ) {
        self.userColumn = userColumn
        self.itemColumn = itemColumn
        self.ratingColumn = ratingColumn
        self.readsPairs = readsPairs
        self.keepsDuplicates = keepsDuplicates
        self.sumsDuplicates = sumsDuplicates
        self.keepsCache = keepsCache
        self.timestampColumn = timestampColumn
        self.separator = separator
        self.hasHeader = hasHeader
        self.hasDecimalComma = hasDecimalComma
        self.encoding = encoding
        self.requiresIntegerIDs = requiresIntegerIDs
        self.isStrict = isStrict
        self.threads = threads ?? WorkerPool.coreCount
    }

    static let usual = RatingsFormat(threads: 1)

    /// The format of MovieLens 100K's `u.data`: tabs, no header.
    public static var movieLens100K: RatingsFormat { RatingsFormat(separator: "\t", hasHeader: false) }
    /// The format of MovieLens 1M's and 10M's `ratings.dat`, and of Spark's sample: `::`, no header.
    public static var movieLens1M: RatingsFormat { RatingsFormat(separator: "::", hasHeader: false) }
}
