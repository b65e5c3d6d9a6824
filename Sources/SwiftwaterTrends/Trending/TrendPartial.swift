import SwiftwaterCore

/// What one run of partitions of a batch holds, by slides: made in parallel, then put together in the order of the runs.
final class TrendPartial: @unchecked Sendable {
    /// What came of a slide: with evidence a table of cells, otherwise counts.
    struct Slide {
        var posts = 0
        var content: Content
        /// Upper bound on the undercount of each key in `counts`.
        var error: Int64 = 0
        /// Without evidence: which posts may be deleted.
        var mentions: [SlideTable.Mention] = []
        /// With event time: how many posts came while which window was the next to end (`SlideClock.open`), in this
        /// partial.
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

        /// A slide of at most `limit` keys.
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

        /// Which keys, and which mentions, are whose: for each shard, by the highest four bits of the keys' hash.
        func shares() -> [Share] {
            var shares = [Share](repeating: Share(), count: TrendState.shardCount)
            switch content {
            case .cells(let table):
                for (number, key) in table.keys.enumerated() {
                    shares[TrendState.shard(of: key.stableHash)].keys.append(number)
                }
            case .counts(let table):
                for (shard, slots) in table.slotsByShard().enumerated() { shares[shard].keys = slots }
            }
            for mention in mentions { shares[TrendState.shard(of: mention.key)].mentions.append(mention) }
            return shares
        }
    }

    /// The part of a slide that is one shard's.
    struct Share: Sendable {
        /// Numbers of keys in the table, or slots of the counts.
        var keys: [Int] = []
        var mentions: [SlideTable.Mention] = []
    }

    struct Deletion: Sendable {
        let id: UInt64
        /// The latest time of a post before it, in milliseconds.
        let time: Int64
    }

    var slides: [Int: Slide] = [:]
    var latest = Int64.min
    var deletions: [Deletion] = []
    /// How many posts were late, by the window that was the next to end.
    var late: [Int: Int] = [:]
    var malformed = 0
    /// What was wrong with the first few lines.
    var samples: [SwiftwaterError] = []
}
