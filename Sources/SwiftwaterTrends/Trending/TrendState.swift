import SwiftwaterCore
import SwiftwaterStreaming
import Synchronization

/// Trends over windows: takes batches of posts, gives a table for each window that is over.
///
///     batch   ->  partials (in parallel: posts read, keys counted by slide)  ->  late slides left out, in the order of the partials
///             ->  shards by hash (in parallel)  ->  for each window that the watermark has passed: rows of each shard, the best of all
///
/// With event time, what is late and what a deletion still changes depends on the order of the posts alone: each post is compared with the
/// latest time before it, whatever batch that was in. So an archive gives the same tables at any speed and any batch interval.
final class TrendState: BatchState, @unchecked Sendable {
    static let shardCount = 16
    /// How many partials a batch has; does not depend on the threads.
    static let partials = 8

    private let settings: TrendingSettings
    private let filter: TrendFilter?
    private let enrichment: TrendEnrichment?
    private let isLast: @Sendable () -> Bool
    private let log: @Sendable (String) -> Void
    private var clock: PaneClock
    private var shards: [TrendShard]
    private var latest = Int64.min
    private var posts: [Int: Int] = [:]
    private var slideNumbers: [Int: Int] = [:]
    private var slidesWithPosts = 0
    private var lastEnded: Int?
    private var late = 0
    private var deletions: [TrendPartial.Deletion] = []

    init(
        _ settings: TrendingSettings, filter: TrendFilter?, enrichment: TrendEnrichment?, origin: Int64,
        isLast: @escaping @Sendable () -> Bool,
        log: @escaping @Sendable (String) -> Void
    ) {
        (self.settings, self.filter, self.enrichment) = (settings, filter, enrichment)
        (self.isLast, self.log) = (isLast, log)
        let clock = PaneClock(settings, origin: origin)
        self.clock = clock
        shards = (0..<TrendState.shardCount).map { _ in TrendShard(settings, clock, enrichment) }
    }

    // MARK: A batch

    func prepare(_ rdd: RDD<Text>, at time: BatchTime) throws -> [TrendPartial] {
        let (settings, clock, enrichment) = (settings, clock, enrichment)
        return try rdd.mapBlocks(named: "readPosts", groups: TrendState.partials) { forEachBlock, sink in
            var reader = TrendReader(settings, clock, enrichment, at: time)
            try forEachBlock { reader.read($0) }
            try sink(reader.finish())
        }.collect()
    }

    func advance(with partials: [TrendPartial], at time: BatchTime, context: Context) throws -> [TrendingTable] {
        var parts: [(pane: Int, table: PaneTable)] = []
        for partial in partials { parts += accept(partial) }
        try take(parts, context)
        let malformed = partials.reduce(0) { $0 + $1.malformed }
        if malformed > 0, settings.warnsOfUnreadable {
            let sample = partials.lazy.flatMap(\.samples).first.map { ", such as: \($0)" } ?? ""
            log("\(malformed) posts could not be read, or have no time\(sample)")
        }
        let isEmpty = partials.allSatisfy { $0.panes.isEmpty && $0.deletions.isEmpty && $0.late + $0.malformed == 0 }
        let watermark: Int64
        if isEmpty, isLast() {
            watermark = .max
        } else if settings.usesEventTime {
            watermark = latest == .min ? .min : latest - clock.lateness
        } else {
            watermark = time.milliseconds
        }
        return try tables(upTo: watermark, context)
    }

    /// The slides of a partial that are not too late for what came before it.
    private func accept(_ partial: TrendPartial) -> [(pane: Int, table: PaneTable)] {
        var parts: [(Int, PaneTable)] = []
        late += partial.late
        for (pane, content) in partial.panes.sorted(by: { $0.key < $1.key }) {
            let isLate = settings.usesEventTime && latest != .min && clock.end(of: pane) + clock.lateness <= latest
            if isLate {
                late += content.posts
            } else {
                posts[pane, default: 0] += content.posts
                parts.append((pane, content.table))
            }
        }
        for deletion in partial.deletions {
            deletions.append(.init(id: deletion.id, time: max(deletion.time, latest)))
        }
        latest = max(latest, partial.latest)
        return parts
    }

    private func take(_ parts: [(pane: Int, table: PaneTable)], _ context: Context) throws {
        let box = UncheckedParts(parts: parts, shards: shards)
        // Which keys are whose, once for each part.
        let owners = try context.parallelize(Array(parts.indices), partitions: max(1, parts.count)).map { part in
            var keys = [[Int]](repeating: [], count: TrendState.shardCount)
            for (number, key) in box.parts[part].table.keys.enumerated() {
                keys[Int(key.stableHash >> 60)].append(number)
            }
            return keys
        }.collect()
        _ = try context.parallelize(Array(shards.indices), partitions: shards.count).map { shard in
            for (part, keys) in zip(box.parts, owners) { box.shards[shard].take(part.pane, part.table, keys[shard]) }
        }.collect()
    }

    private struct UncheckedParts: @unchecked Sendable {
        let parts: [(pane: Int, table: PaneTable)]
        let shards: [TrendShard]
    }

    // MARK: Windows

    private func tables(upTo watermark: Int64, _ context: Context) throws -> [TrendingTable] {
        var tables: [TrendingTable] = []
        while let pane = nextPane(upTo: watermark) {
            number(through: pane)
            for order in [settings.order] + settings.furtherOrders {
                tables.append(try table(endingWith: pane, by: order, context))
            }
            lastEnded = pane
            forget(before: pane)
        }
        return tables
    }

    /// The slide that ends the next window: with event time one that has posts in its window, else the next.
    private func nextPane(upTo watermark: Int64) -> Int? {
        let first = posts.keys.min()
        var next: Int?
        if let lastEnded {
            next = lastEnded + 1
            if settings.usesEventTime || watermark == .max {
                // The next slide within a window's length behind a slide with posts.
                let open = posts.keys.filter { $0 + clock.length > lastEnded + 1 }.min()
                next = open.map { max($0, lastEnded + 1) }
            } else {
                // After a long stop at most one window's length is made up for.
                next = max(lastEnded + 1, clock.pane(of: watermark - 1) - clock.length + 1)
            }
        } else if settings.usesEventTime {
            next = first
        } else {
            next = watermark == .max ? first : clock.pane(of: watermark - 1)
        }
        guard let next, clock.end(of: next) <= watermark else { return nil }
        return next
    }

    /// Numbers the slides with posts.
    private func number(through pane: Int) {
        let known = slideNumbers.keys.max() ?? .min
        for slide in posts.keys.filter({ $0 > known && $0 <= pane }).sorted() {
            if posts[slide]! > 0 { slidesWithPosts += 1 }
            slideNumbers[slide] = slidesWithPosts
        }
    }

    private func table(endingWith pane: Int, by order: TrendingSettings.Order, _ context: Context) throws
        -> TrendingTable
    {
        let end = clock.end(of: pane)
        let effective = deletions.filter { $0.time < end + clock.lateness || !settings.usesEventTime }
        let first = pane - clock.length + 1
        let before = slideNumbers.filter { $0.key < first }.values.max() ?? 0
        var numbers = slideNumbers
        numbers[first - 1] = before
        let window = TrendShard.Window(
            last: pane, posts: posts, slideNumbers: numbers, deleted: Set(effective.map(\.id)))
        let (shards, filter) = (UncheckedParts(parts: [], shards: shards), filter?.lists)
        let found = try context.parallelize(Array(0..<TrendState.shardCount), partitions: TrendState.shardCount).map {
            shards.shards[$0].rows(window, by: order, filter)
        }.collect()
        var rows = found.flatMap(\.rows)
        rows.sort { left, right in
            if left.score != right.score { return left.score > right.score }
            return left.count != right.count ? left.count > right.count : left.key < right.key
        }
        if settings.limit > 0 { rows = Array(rows.prefix(settings.limit)) }
        for index in rows.indices { rows[index].rank = index + 1 }
        return TrendingTable(
            end: BatchTime(milliseconds: end), window: settings.window, order: order,
            posts: (first...pane).reduce(0) { $0 + (posts[$1] ?? 0) }, keys: found.reduce(0) { $0 + $1.keys },
            late: late, rows: rows)
    }

    private func forget(before pane: Int) {
        let oldest = pane - max(clock.length, settings.history) - 1
        posts = posts.filter { $0.key > oldest }
        let newest = slideNumbers.keys.filter { $0 <= oldest }.max()
        slideNumbers = slideNumbers.filter { $0.key > oldest || $0.key == newest }
        // Posts that a deletion speaks of may come as late as this.
        let limit = clock.end(of: pane) - Int64(clock.length) * clock.step - clock.lateness
        if settings.usesEventTime {
            deletions.removeAll { $0.time < limit }
        } else {
            deletions.removeAll(keepingCapacity: false)
        }
    }

    // MARK: Checkpoints

    var window: Duration? { settings.window }

    var storedTypes: [String] {
        ["trends of \(settings.keys.rawValue)", settings.step.label, settings.usesEventTime ? "event time" : "arrival"]
    }

    func encode(to writer: inout ByteWriter) {
        clock.origin.encode(to: &writer)
        latest.encode(to: &writer)
        late.encode(to: &writer)
        slidesWithPosts.encode(to: &writer)
        lastEnded.encode(to: &writer)
        for map in [posts, slideNumbers] {
            writer.write(count: map.count)
            for (pane, value) in map.sorted(by: { $0.key < $1.key }) {
                pane.encode(to: &writer)
                value.encode(to: &writer)
            }
        }
        writer.write(count: deletions.count)
        for deletion in deletions {
            deletion.id.encode(to: &writer)
            deletion.time.encode(to: &writer)
        }
        for shard in shards { shard.encode(to: &writer) }
    }

    func restore(from reader: inout ByteReader) throws {
        let origin = try Int64.decode(from: &reader)
        latest = try Int64.decode(from: &reader)
        late = try Int.decode(from: &reader)
        slidesWithPosts = try Int.decode(from: &reader)
        lastEnded = try Int?.decode(from: &reader)
        func map() throws -> [Int: Int] {
            var map: [Int: Int] = [:]
            for _ in 0..<(try reader.readCount()) {
                let pane = try Int.decode(from: &reader)
                map[pane] = try Int.decode(from: &reader)
            }
            return map
        }
        (posts, slideNumbers) = (try map(), try map())
        deletions = []
        for _ in 0..<(try reader.readCount()) {
            deletions.append(.init(id: try UInt64.decode(from: &reader), time: try Int64.decode(from: &reader)))
        }
        clock = PaneClock(settings, origin: origin)
        shards = (0..<TrendState.shardCount).map { _ in TrendShard(settings, clock, enrichment) }
        for shard in shards { try shard.restore(from: &reader) }
    }
}
