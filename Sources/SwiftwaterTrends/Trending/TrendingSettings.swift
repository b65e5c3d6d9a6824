import SwiftwaterCore

/// What makes a trend, and of what: settings of `DStream.trending`, shared by the library, the command line and the tests.
public struct TrendingSettings: Sendable {
    /// What is counted.
    public enum Keys: String, Sendable, CaseIterable {
        /// Words that begin with `#`, split on spaces.
        case words
        /// Tags by the public rules; the service's own list of a post's tags where it gives one.
        case hashtags
        /// `$` and one to six letters, perhaps with a dot or underscore and one or two more: `$BTC`, `$BRK.A`.
        case cashtags
        /// `@` and a name of letters, digits and underscores, perhaps with a domain.
        case mentions
        /// Links, without scheme, `www.`, fragment and slash at the end.
        case links
        /// Words of three letters or digits or more.
        case plainWords = "plain-words"
    }

    /// What decides the order.
    public enum Order: String, Sendable, CaseIterable {
        /// How often a key occurs in the window.
        case count
        /// How many authors used it.
        case authors
        /// How far the count lies above what was to be expected (`Score`).
        case burst
    }

    /// How a burst is measured. W is the count of the window, E the one to be expected of it.
    public enum Score: String, Sendable, CaseIterable {
        /// (W - E) / sqrt(max(E, variance) + 4): how many standard deviations above the expected. The 4 keeps rare keys quiet.
        case deviation = "z"
        /// (W - E)^2 / max(E, 1) where W > E, and 0 elsewhere: the form of Mastodon's `Trends::Tags`, which falls by half in each
        /// `halfLife` from its peak.
        case chiSquare = "chi-square"
    }

    public var window: Duration = .seconds(20)
    /// How often there is a table; a divisor of the window, and a multiple of the batch interval unless event time is used. The window
    /// unless set.
    public var slide: Duration?
    public var keys = Keys.hashtags
    public var order = Order.count
    /// Orders of which there is a table as well, for each window, from the same counts.
    public var furtherOrders: [Order] = []
    public var score = Score.deviation
    /// Windows of the time that posts carry, from multiples of the slide: a replayed archive gives the same windows at any speed. Otherwise
    /// of the time at which they came.
    public var usesEventTime = false
    /// How long a window stays open after a post beyond its end was seen. With event time.
    public var lateness: Duration = .zero
    /// Over how much time the expected rate is an average: weights fall to 1/e in so long.
    public var baseline: Duration = .seconds(24 * 3600)
    /// Rarer keys do not trend.
    public var minimumSupport = 1
    /// See `Score.chiSquare`.
    public var halfLife: Duration = .seconds(2 * 3600)
    /// An author counts once for each key and window: the count is that of the authors.
    public var countsAuthorsOnce = false
    /// Takes posts back that the service says were deleted. Keeps 24 bytes for each key of each post in the window.
    public var honoursDeletions = true
    /// Keeps what rows say beside counts: authors, spellings, samples, copies; and deletions are honoured only so. Without it a post costs about
    /// half as much.
    public var keepsReasons = true
    /// Warns, once a batch, of posts that cannot be read. For all but one of several steps over the same posts this may be false.
    public var warnsOfUnreadable = true
    /// How many rows a table has; 0 for all.
    public var limit = 100
    /// Above so many keys in a slide, rare ones are given up and counts have bounds (`TrendingRow.countMost`).
    public var keysMax = 1_000_000
    /// How many sample posts a row has.
    public var samples = 3
    /// How many slides a row's history has.
    public var history = 12

    public init() {}

    var step: Duration { slide ?? window }
}

/// One row of a table of trends, and why it is there.
public struct TrendingRow: Sendable, Equatable {
    /// A value of the enrichment, and how many posts with the key had it.
    public struct Group: Sendable, Equatable {
        /// What the value is, such as `location`.
        public let column: String
        public let value: Text
        public let count: Int
    }

    /// So many values of a column are named.
    public static let groupsMax = 5

    /// From 1.
    public var rank: Int
    /// The key, folded, with its sign.
    public let key: Text
    /// Its most used spelling.
    public let display: Text
    /// How often it occurs in the window; where keys had to be given up, at least so often.
    public let count: Int
    /// And at most so often. Equal to `count` where the count is exact.
    public let countMost: Int
    /// How many authors used it.
    public let authors: Int
    /// What was to be expected; nil while there is no baseline.
    public let expected: Double?
    /// What the order is by.
    public let score: Double
    /// When it was first seen, as far as is remembered.
    public let firstSeen: BatchTime
    /// Its counts in the last slides, the newest last.
    public let history: [Int]
    /// Texts of some posts.
    public let samples: [Text]
    /// Where there is an enrichment: the values that were most often behind it, each with the number of posts; the most frequent first.
    public let groups: [Group]
    /// Most of its posts are copies of few texts, by several authors.
    public let isCopied: Bool
}

/// The trends of a window.
public struct TrendingTable: Sendable, Equatable {
    /// The end of the window.
    public let end: BatchTime
    public let window: Duration
    /// What its rows are ordered by.
    public let order: TrendingSettings.Order
    /// Posts in the window.
    public let posts: Int
    /// Keys in the window; where keys had to be given up, those that are left.
    public let keys: Int
    /// Posts that came too late for their windows, since the start.
    public let late: Int
    public let rows: [TrendingRow]

    public init(
        end: BatchTime, window: Duration, order: TrendingSettings.Order, posts: Int, keys: Int, late: Int,
        rows: [TrendingRow]
    ) {
        (self.end, self.window, self.order) = (end, window, order)
        (self.posts, self.keys, self.late, self.rows) = (posts, keys, late, rows)
    }
}
