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
        /// With event time: the number of posts in this partial, by the window that was the next to end when they came
        /// (`SlideClock.open`).
        private(set) var runs: [(open: Int, count: Int)] = []

        mutating func addPost(whileOpen open: Int) {
            posts += 1
            if runs.last?.open == open { runs[runs.count - 1].count += 1 } else { runs.append((open, 1)) }
        }

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
                for (number, key) in table.keys.enumerated() {
                    shares[TrendState.shard(of: key.stableHash)].keys.append(UInt32(number))
                }
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

    struct Deletion: Sendable {
        let id: UInt64
        /// The latest time of a post before the deletion, in milliseconds since 1970.
        let time: Int64
    }

    var slides: [Int: Slide] = [:]
    var latest = Int64.min
    var deletions: [Deletion] = []
    /// How many posts were late, by the window that was the next to end when they came.
    var late: [Int: Int] = [:]
    var malformed = 0
    /// The errors of the first few lines that could not be parsed.
    var samples: [SwiftwaterError] = []
}
