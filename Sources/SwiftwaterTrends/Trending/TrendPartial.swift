import SwiftwaterCore

/// The content of one run of the partitions of a batch, by slide. Partials are built in parallel, and merged in the
/// order of the runs.
final class TrendPartial: @unchecked Sendable {
    /// The content of a slide: a table of cells with evidence, otherwise counts.
    struct Slide {
        var posts = 0
        var content: Content
        /// Upper bound on the undercount of each key in `counts`.
        var error: Int64 = 0
        /// Without evidence: the keys of posts that may be deleted.
        var mentions: [SlideTable.Mention] = []
        /// With event time: the number of posts in this partial, by what was the next window to end when they came.
        var runs = Runs()

        enum Content {
            case cells(SlideTable)
            case counts(TagTable)
        }

        init(keepsCells: Bool) { content = keepsCells ? .cells(SlideTable(keepsCells: true)) : .counts(TagTable()) }

        /// Reduces the slide to at most `limit` keys.
        mutating func reduce(to limit: Int) {
            switch content {
            case .cells(let table): content = .cells(table.reduced(to: limit))
            case .counts(let table):
                let (smaller, amount) = table.reduced(to: limit)
                (content, error) = (.counts(smaller), error + amount)
            }
        }

        var keyCount: Int {
            switch content {
            case .cells(let table): table.count
            case .counts(let table): table.count
            }
        }

        /// Returns the keys and mentions of each shard, by the highest four bits of the hash of the key.
        func shares() -> [Share] {
            var shares = [Share](repeating: Share(), count: TrendState.shardCount)
            switch content {
            case .cells(let table):
                for (shard, numbers) in table.numbersByShard().enumerated() { shares[shard].keys = numbers }
            case .counts(let table):
                for (shard, slots) in table.slotsByShard().enumerated() { shares[shard].keys = slots }
            }
            for mention in mentions { shares[TrendState.shard(of: mention.key)].mentions.append(mention) }
            return shares
        }
    }

    /// The part of a slide that belongs to one shard.
    struct Share: Sendable {
        /// Indices of keys in the table, or slots of the counts.
        var keys: [UInt32] = []
        var mentions: [SlideTable.Mention] = []
    }

    /// Numbers of posts, by what was the next window to end when they came, as far as the partial knows.
    struct Runs: Sendable {
        private(set) var all: [(open: OpenWindows, count: Int)] = []
        private var change = -1

        /// - Parameter change: the number of the change that made `open`.
        @inline(__always)
        mutating func add(whileOpen open: OpenWindows, _ change: Int) {
            if change != self.change {
                all.append((open, 0))
                self.change = change
            }
            all[all.count - 1].count += 1
        }
    }

    /// A slide, and how many posts before those of this part were beyond its end and the lateness. If there are enough
    /// together with those of earlier partials, the part is late.
    struct SlidePart: Hashable {
        let slide: Int
        let ahead: Int

        static func precedes(_ left: SlidePart, _ right: SlidePart) -> Bool {
            (left.slide, left.ahead) < (right.slide, right.ahead)
        }
    }

    struct Deletion: Sendable {
        let id: UInt64
        /// The latest times of posts before the deletion.
        let latest: LatestTimes
    }

    var slides: [SlidePart: Slide] = [:]
    var latest: LatestTimes
    var deletions: [Deletion] = []
    /// The posts that were late whatever came before the partial.
    var late = Runs()
    var malformed = 0
    /// The errors of the first few lines that could not be parsed.
    var samples: [SwiftwaterError] = []
    /// Posts without a time, and the beginning of one.
    var timeless = 0
    var timelessSample: String?
    /// Posts of a time that has not come yet.
    var future = 0
    /// The hashes of the ids of posts, in order.
    var ids: [UInt64] = []

    init(outliers: Int) { latest = LatestTimes(outliers: outliers) }

    var isEmpty: Bool { slides.isEmpty && deletions.isEmpty && late.all.isEmpty && malformed + timeless + future == 0 }
}
