import SwiftwaterCore
import SwiftwaterStreaming

/// The first keys of a shard by what they can score.
///
/// It counts as self-contained, since its keys are used only until the rows are made, and the shard keeps them until
/// then.
struct ShardBounds: Sendable, SelfContained {
    var keys: [KeyBound]
    /// Whether there are more.
    var isCut: Bool
}

/// The ranking of a window over all shards.
///
/// Scores can be costly: authors are united over all slides of the window. Each shard therefore gives the keys that
/// can score most. They are scored in that order, until the next one cannot be among the best. If more are needed, the
/// shards are asked for four times as many.
struct TrendRanking: Sendable {
    let shards: UncheckedShards
    let settings: TrendingSettings
    let window: TrendShard.Window
    let order: TrendingSettings.Order
    let filter: TrendFilter.Lists?
    let context: Context

    /// Each shard is used by one task at a time, or only read.
    struct UncheckedShards: @unchecked Sendable {
        let all: [TrendShard]
    }

    /// Returns the best keys, best first: `settings.limit` of them, or all if it is 0.
    func best() throws -> [RankedKey] {
        let wanted = settings.limit > 0 ? settings.limit : .max
        if order == .burst {
            guard shards.all[0].hasExpectedCounts(window) else { return [] }
            // Scores of this kind change what is remembered of a key, so all keys are scored, each by its own shard.
            if settings.score == .chiSquare { return try allRanks(wanted) }
        }
        var best: [RankedKey] = []
        var limit = wanted
        var done: KeyBound?
        while true {
            let found = try bounds(limit)
            // Keys that a shard left out come after its last one, so no key after that is safe to score yet.
            let end = found.filter(\.isCut).compactMap(\.keys.last).min(by: KeyBound.precedes)
            let next = found.flatMap(\.keys).filter { key in
                (done.map { KeyBound.precedes($0, key) } ?? true) && (end.map { !KeyBound.precedes($0, key) } ?? true)
            }
            if try score(next.sorted(by: KeyBound.precedes), wanted, &best) || end == nil { return best }
            (done, limit) = (end, limit * 4)
            // Few keys, if any, are above what is expected of them. To score them all is cheaper than to sort them.
            if order == .burst && !settings.countsAuthorsOnce && limit > 16 * wanted { return try allRanks(wanted) }
        }
    }

    private func bounds(_ limit: Int) throws -> [ShardBounds] {
        let (shards, window, order, filter) = (shards, window, order, filter)
        return try context.parallelize(Array(shards.all.indices), partitions: shards.all.count).map {
            shards.all[$0].bounds(window, by: order, limit: limit, filter)
        }.collect()
    }

    private func allRanks(_ wanted: Int) throws -> [RankedKey] {
        let (shards, window, order, filter) = (shards, window, order, filter)
        let ranks = try context.parallelize(Array(shards.all.indices), partitions: shards.all.count).map {
            RankedKeys(keys: shards.all[$0].allRanks(window, by: order, limit: wanted, filter))
        }.collect()
        return Array(ranks.flatMap(\.keys).sorted(by: RankedKey.precedes).prefix(wanted))
    }

    /// Scores keys, in groups, until the next one cannot be among the `wanted` best. Returns whether that was so.
    private func score(_ keys: [KeyBound], _ wanted: Int, _ best: inout [RankedKey]) throws -> Bool {
        var position = 0
        var size = max(64, min(wanted, 1024))
        while position < keys.count {
            if best.count >= wanted, !keys[position].mayPrecede(best[wanted - 1]) { return true }
            let end = min(keys.count, wanted == .max ? keys.count : position + size)
            best += try ranks(keys[position..<end])
            best.sort(by: RankedKey.precedes)
            if best.count > wanted { best.removeLast(best.count - wanted) }
            (position, size) = (end, size * 2)
        }
        return false
    }

    private func ranks(_ keys: ArraySlice<KeyBound>) throws -> [RankedKey] {
        let (shards, window, order) = (shards, window, order)
        let byShard = Dictionary(grouping: keys) { TrendState.shard(of: $0.key.stableHash) }.sorted { $0.key < $1.key }
        let isCostly = order == .authors || settings.countsAuthorsOnce || keys.count > 10_000
        guard isCostly else {
            return byShard.flatMap { shards.all[$0.key].ranks($0.value, window, by: order) }
        }
        let groups = byShard.map { (shard: $0.key, bounds: ShardBounds(keys: $0.value, isCut: false)) }
        return try context.parallelize(Array(groups.indices), partitions: groups.count).map {
            RankedKeys(keys: shards.all[groups[$0].shard].ranks(groups[$0].bounds.keys, window, by: order))
        }.collect().flatMap(\.keys)
    }
}
