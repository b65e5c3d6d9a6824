import SwiftwaterCore

/// Settings of `DStream.trending`. Shared by the library, the command line and the tests.
public struct TrendingSettings: Sendable {
    /// What is counted.
    public enum Keys: String, Sendable, CaseIterable {
        /// Hashtags by the public rules, or the service's own list of a post's tags if there is one.
        case hashtags
        /// The classic program's tags: text is split at spaces, and every word that begins with `#` is a tag.
        case hashWords = "hash-words"
        /// `$` and one to six letters, possibly with a dot or underscore and one or two more: `$BTC`, `$BRK.A`.
        case cashtags
        /// Mentions by the public rules: `@` and a name of letters, digits and underscores, possibly with a server.
        case mentions
        /// Links, without scheme, `www.`, fragment and trailing slash.
        case links
        /// Words of at least three letters or digits. Hashtags, cashtags, mentions and links are not words.
        case words
        /// What the enrichment knows of the author, such as the location. Posts of other authors have no keys.
        case authorValues = "author-values"
    }

    /// What rows are ordered by. Equal rows are ordered by count, then by the bytes of the key.
    public enum Order: String, Sendable, CaseIterable {
        /// The number of posts in the window that have the key.
        case count
        /// The number of authors who used the key.
        case authors
        /// How far the count lies above the expected one (`Score`).
        case burst
    }

    /// How a burst is measured. W is the count in the window, E the expected count.
    public enum Score: String, Sendable, CaseIterable {
        /// (W - E) / sqrt(max(E, variance) + 4): standard deviations above the expected count. The 4 damps rare keys.
        case deviation = "z"
        /// (W - max(E, 1))^2 / max(E, 1) if W > E, otherwise 0: the form of Mastodon's `Trends::Tags`. It falls by half
        /// in each `halfLife` after its peak.
        case chiSquare = "chi-square"
    }

    /// The window length: a multiple of the batch interval unless event time is used.
    public var window: Duration
    /// The interval between tables: a multiple of the batch interval unless event time is used. nil is the batch
    /// interval, or the window with event time. Windows end at its multiples since 1970.
    public var slide: Duration?
    /// What is counted.
    public var keys: Keys
    /// What rows are ordered by.
    public var order: Order
    /// Additional orders. Each window has a table for each of them, from the same counts.
    public var additionalOrders: [Order]
    /// How a burst is measured.
    public var score: Score
    /// Assigns posts to windows by the time they carry, aligned to multiples of the slide, so that an archive gives the
    /// same tables at any speed. If false, posts are assigned by the time of arrival.
    public var usesEventTime: Bool
    /// With event time: how long a window stays open after a post beyond its end was seen.
    public var lateness: Duration
    /// With event time: the number of posts that may be ahead of all others without closing windows. With 8, a window
    /// ends when nine posts were beyond its end and the lateness, so that a few clocks that are ahead do no harm. 0 is
    /// Spark's watermark.
    public var outliers: Int
    /// The number of posts whose ids are remembered, so that one that comes again, with the same author, counts once;
    /// 0, the default, to count it again. Takes up to 100 bytes each, 16 in a checkpoint, and a tenth to a third of the
    /// time of a post.
    public var rememberedIDs: Int
    /// The time over which the expected rate is averaged: weights fall to 1/e in this time.
    public var baseline: Duration
    /// The minimum count for a key to be listed.
    public var minimumCount: Int
    /// With `Score.chiSquare`: the time in which a score falls by half.
    public var halfLife: Duration
    /// Counts an author once per key and window.
    public var countsAuthorsOnce: Bool
    /// Removes posts that the service deletes. This takes 16 bytes for each key of each post with an id in the window,
    /// 24 with evidence.
    public var honorsDeletions: Bool
    /// Records why a key trends: authors, spelling, first time, history, samples, copies and enrichment. If false,
    /// these are nil in rows, posts cost a half to a quarter as much, and a key of a slide takes 100 bytes instead of
    /// 350.
    public var recordsEvidence: Bool
    /// Logs posts that cannot be read, once per batch. If several steps read the same posts, set it to false for all
    /// but one.
    public var logsUnreadablePosts: Bool
    /// The number of rows of a table; 0 for all.
    public var limit: Int
    /// The number of keys in a slide above which rare ones are evicted and counts get an upper bound
    /// (`TrendingRow.countUpperBound`). The slides of a window together have at most twice as many keys: if there are
    /// more, rare ones of the largest slides are evicted, and the log says so.
    public var keysMax: Int
    /// The number of sample posts of a row.
    public var samples: Int
    /// The number of slides in a row's history.
    public var history: Int

    /// Creates settings.
    public init(
        window: Duration = .seconds(20), slide: Duration? = nil, keys: Keys = .hashtags, order: Order = .count,
        additionalOrders: [Order] = [], score: Score = .deviation, usesEventTime: Bool = false,
        lateness: Duration = .zero, outliers: Int = 0, rememberedIDs: Int = 0,
        baseline: Duration = .seconds(24 * 3600), minimumCount: Int = 1,
        halfLife: Duration = .seconds(2 * 3600), countsAuthorsOnce: Bool = false, honorsDeletions: Bool = true,
        recordsEvidence: Bool = true, logsUnreadablePosts: Bool = true, limit: Int = 100, keysMax: Int = 1_000_000,
        samples: Int = 3, history: Int = 12
    ) {
        (self.window, self.slide, self.keys, self.order) = (window, slide, keys, order)
        (self.additionalOrders, self.score) = (additionalOrders, score)
        (self.usesEventTime, self.lateness, self.baseline) = (usesEventTime, lateness, baseline)
        (self.outliers, self.rememberedIDs) = (outliers, rememberedIDs)
        (self.minimumCount, self.halfLife, self.countsAuthorsOnce) = (minimumCount, halfLife, countsAuthorsOnce)
        (self.honorsDeletions, self.recordsEvidence) = (honorsDeletions, recordsEvidence)
        (self.logsUnreadablePosts, self.limit, self.keysMax) = (logsUnreadablePosts, limit, keysMax)
        (self.samples, self.history) = (samples, history)
    }

    /// The interval between tables.
    var interval: Duration { slide ?? window }

    /// Whether rows or orders need expected counts.
    var needsBaseline: Bool { recordsEvidence || order == .burst || additionalOrders.contains(.burst) }

    /// Returns what is wrong with the settings, with remedies.
    ///
    /// - Parameter batch: the batch interval.
    func problems(batch: Duration) -> [SwiftwaterError] {
        var problems: [SwiftwaterError] = []
        func refuse(_ what: String, _ remedy: String) {
            problems.append(SwiftwaterError(.invalidArgument, what, remedy: remedy))
        }
        if interval < .milliseconds(1) || window < .milliseconds(1) {
            refuse("a window of \(window.label) with a slide of \(interval.label)", "use at least 1 ms")
        } else if !usesEventTime {
            for (name, length) in [("window", window), ("slide", interval)] where !length.isMultiple(of: batch) {
                refuse(
                    "a \(name) of \(length.label) is not a multiple of the batch interval of \(batch.label)",
                    "choose a multiple of \(batch.label)")
            }
        }
        let clock = SlideClock(self, origin: 0)
        if clock.stride > 1, clock.length > 100_000 {
            refuse(
                "a window of \(window.label) is not a multiple of the slide of \(interval.label)",
                "choose a window that is a multiple of \(interval.label)")
        }
        if usesEventTime ? lateness < .zero : lateness != .zero {
            refuse("a lateness of \(lateness.label)", "use zero or more, with event time")
        }
        if !recordsEvidence, order == .authors || additionalOrders.contains(.authors) || countsAuthorsOnce {
            refuse("counting authors requires evidence, which is not recorded", "record evidence")
        }
        if baseline < interval { refuse("a baseline of \(baseline.label)", "use at least a slide") }
        if outliers < 0 || outliers > 1000 || rememberedIDs < 0 {
            refuse(
                "outliers of \(outliers) or rememberedIDs of \(rememberedIDs)",
                "use 0 to 1000 outliers, and rememberedIDs of 0 or more")
        }
        let most = 1_000_000_000
        if !(0...most).contains(limit) || !(16...most).contains(keysMax) || !(0...most).contains(samples)
            || !(1...most).contains(history)
        {
            refuse(
                "a limit of \(limit), keysMax of \(keysMax), \(samples) samples or a history of \(history)",
                "use a limit and samples of 0 or more, keysMax of 16 or more, a history of 1 or more, and none above "
                    + "a billion")
        }
        return problems
    }
}
