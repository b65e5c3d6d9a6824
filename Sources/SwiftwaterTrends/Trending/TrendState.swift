import SwiftwaterCore
import SwiftwaterStreaming
import Synchronization

/// The state of trends over windows: takes batches of posts, and returns a table for each window that has ended.
///
///     batch   ->  partials, in parallel: posts are read, and keys are counted by slide
///             ->  late slides are left out, in the order of the partials
///             ->  shards by hash, in parallel
///             ->  for each window that the watermark has passed: the rows of each shard, and the best of all
///
/// With event time, lateness and the effect of deletions depend only on the order of the posts: each post is compared
/// with the latest time before it, regardless of its batch. Therefore an archive gives the same tables at any speed and
/// any batch interval.
final class TrendState: BatchState, @unchecked Sendable {
    static let shardCount = 16
    /// The number of partials of a batch, regardless of the number of threads.
    static let partials = 8

    private let settings: TrendingSettings
    private let filter: TrendFilter?
    let enrichment: TrendEnrichment?
    private let isLast: @Sendable () -> Bool
    private let log: @Sendable (String) -> Void
    private var clock: SlideClock
    private(set) var shards: [TrendShard]
    /// What is known about authors now.
    var authors: AuthorValues
    /// The size of `authors` when it was last tidied.
    var authorsSize = 10_000
    private var latest: LatestTimes
    /// The posts that came so far, as far as ids are remembered.
    private var seen: SeenPosts
    private var posts: [Int: Int] = [:]
    private var slideNumbers: [Int: Int] = [:]
    private var slidesWithPosts = 0
    private var lastEnded: Int?
    /// How many posts were late, as of the last table.
    private var late = 0
    /// The late posts since then, by the window that was the next to end when they came. A table counts the late posts
    /// that came before its window ended, regardless of their batches.
    private var newlyLate: [Int: Int] = [:]
    private var deletions: [Deletion] = []
    /// The ranks of the last window, by order. Their keys point into the tables of the shards.
    private var lastRanks: [TrendingSettings.Order: (basis: RankingBasis, keys: [RankedKey])] = [:]
    private var lastSheddings = 0
    private var tablesSinceShedding = Int.max / 2

    private struct Deletion {
        let id: UInt64
        /// The time that the stream had reached before it, in milliseconds since 1970.
        let time: Int64
    }

    init(
        _ settings: TrendingSettings, filter: TrendFilter?, enrichment: TrendEnrichment?, origin: Int64,
        isLast: @escaping @Sendable () -> Bool,
        log: @escaping @Sendable (String) -> Void
    ) {
        (self.settings, self.filter, self.enrichment) = (settings, filter, enrichment)
        (self.isLast, self.log) = (isLast, log)
        authors = enrichment?.known ?? AuthorValues()
        latest = LatestTimes(outliers: settings.outliers)
        seen = SeenPosts(limit: settings.rememberedIDs)
        let clock = SlideClock(settings, origin: origin)
        self.clock = clock
        shards = (0..<TrendState.shardCount).map { _ in TrendShard(settings, clock) }
    }

    // MARK: A batch

    /// What was made from a batch.
    struct Prepared {
        let partials: [TrendPartial]
        /// The posts that came up to the end of the batch.
        let seen: SeenPosts
        /// What is known about authors then.
        let authors: AuthorValues
    }

    func prepare(_ rdd: RDD<Text>, at time: BatchTime) throws -> Prepared {
        let none = [IDSet](repeating: IDSet(), count: TrendState.partials)
        let authors = try authors(of: rdd)
        let partials = try read(rdd, at: time, authors, repeated: none)
        let (after, repeated) = remembering(partials)
        guard let repeated else { return Prepared(partials: partials, seen: after, authors: authors) }
        // A post of one partial came again in a later one, which is read again without it.
        return Prepared(
            partials: try read(rdd, at: time, authors, repeated: repeated), seen: after, authors: authors)
    }

    private func read(
        _ rdd: RDD<Text>, at time: BatchTime, _ authors: AuthorValues, repeated: [IDSet]
    ) throws -> [TrendPartial] {
        let (settings, clock, seen) = (settings, clock, seen)
        return try rdd.mapBlocks(named: "readPosts", groups: TrendState.partials) { group, forEachBlock, sink in
            var reader = TrendReader(settings, clock, authors, at: time, seen: seen, repeated: repeated[group])
            try forEachBlock { reader.read($0) }
            try sink(reader.finish())
        }.collect()
    }

    /// Returns the posts that came up to the end of a batch, and the posts of each partial that came in an earlier one;
    /// nil if there are none.
    private func remembering(_ partials: [TrendPartial]) -> (seen: SeenPosts, repeated: [IDSet]?) {
        var (after, isRepeated) = (seen, false)
        var repeated = [IDSet](repeating: IDSet(), count: TrendState.partials)
        for (number, partial) in partials.enumerated() {
            for id in partial.ids where !after.insert(id) {
                isRepeated = repeated[number].insert(id) || isRepeated
            }
        }
        return (after, isRepeated ? repeated : nil)
    }

    func advance(with prepared: Prepared, at time: BatchTime, context: Context) throws -> [TrendingTable] {
        let partials = prepared.partials
        let isEmpty = partials.allSatisfy(\.isEmpty)
        (seen, authors) = (prepared.seen, prepared.authors)
        try take(partials.flatMap(accept), context)
        if settings.logsUnreadablePosts { report(partials) }
        let watermark: Int64
        if isEmpty, isLast() {
            watermark = .max
        } else if settings.usesEventTime {
            watermark = latest.reached == .min ? .min : latest.reached - clock.lateness
        } else {
            watermark = time.milliseconds
        }
        defer { forgetAuthors() }
        return try tables(upTo: watermark, context)
    }

    /// Logs what does not count, with an example.
    private func report(_ partials: [TrendPartial]) {
        func sum(_ count: (TrendPartial) -> Int) -> Int { partials.reduce(0) { $0 + count($1) } }
        func posts(_ count: Int) -> String { count == 1 ? "1 post" : "\(count) posts" }
        let (malformed, timeless, future) = (sum(\.malformed), sum(\.timeless), sum(\.future))
        if malformed > 0 {
            let sample = partials.lazy.flatMap(\.samples).first.map { ", for example: \($0)" } ?? ""
            log("\(posts(malformed)) could not be read\(sample)")
        }
        if timeless > 0 {
            let sample = partials.lazy.compactMap(\.timelessSample).first ?? ""
            log("\(posts(timeless)) without a time that can be read, for example: '\(TerminalText.safe(sample))'")
        }
        if future > 0 { log("\(posts(future)) more than five minutes ahead of this machine's clock") }
    }

    /// Returns the slides of a partial that are not late, given what came before it. The partial no longer holds them,
    /// so that their memory is free once the shards have taken them.
    private func accept(_ partial: TrendPartial) -> [Part] {
        var parts: [Part] = []
        let capacity = latest.capacity
        var open = OpenWindows()
        for (place, time) in latest.times.enumerated() {
            _ = open.insert(clock.open(at: time), at: place, capacity: capacity)
        }
        func addLate(_ runs: TrendPartial.Runs) {
            for run in runs.all { newlyLate[run.open.next(with: open, capacity: capacity), default: 0] += run.count }
        }
        addLate(partial.late)
        for (part, content) in partial.slides.sorted(by: { TrendPartial.SlidePart.precedes($0.key, $1.key) }) {
            let end = clock.end(of: part.slide) + clock.lateness
            if settings.usesEventTime, latest.count(from: end) + part.ahead >= capacity {
                addLate(content.runs)
            } else {
                posts[part.slide, default: 0] += content.posts
                parts.append(Part(slide: part.slide, content: content))
            }
        }
        for deletion in partial.deletions {
            var before = latest
            before.formUnion(deletion.latest)
            deletions.append(Deletion(id: deletion.id, time: before.reached))
        }
        latest.formUnion(partial.latest)
        partial.slides = [:]
        return parts
    }

    private func take(_ parts: [Part], _ context: Context) throws {
        let work = UncheckedWork(parts: parts, shards: shards)
        // Keys are assigned to shards once per part.
        let shares = try context.parallelize(Array(parts.indices), partitions: max(1, parts.count)).map { part in
            work.parts[part].content.shares()
        }.collect()
        _ = try context.parallelize(Array(shards.indices), partitions: shards.count).map { shard in
            for (part, shares) in zip(work.parts, shares) {
                work.shards[shard].take(part.slide, part.content, shares[shard])
            }
        }.collect()
    }

    /// The content of a slide in a partial.
    private struct Part {
        let slide: Int
        let content: TrendPartial.Slide
    }

    /// Shared among the tasks of one batch. Parts are only read, and each shard belongs to one task.
    private struct UncheckedWork: @unchecked Sendable {
        let parts: [Part]
        let shards: [TrendShard]
    }

    /// Returns the shard of a key, by its `stableHash`.
    static func shard(of hash: UInt64) -> Int { Int(hash >> 60) }

    // MARK: Windows

    private func tables(upTo watermark: Int64, _ context: Context) throws -> [TrendingTable] {
        var tables: [TrendingTable] = []
        while let slide = nextSlide(upTo: watermark) {
            number(through: slide)
            for (open, count) in newlyLate where open <= slide {
                late += count
                newlyLate[open] = nil
            }
            tables += try self.tables(endingWith: slide, context)
            lastEnded = slide
            forget(before: slide)
        }
        return tables
    }

    /// Returns the slide that ends the next window, or nil if none has ended. With event time, the window must have
    /// posts.
    private func nextSlide(upTo watermark: Int64) -> Int? {
        let next: Int?
        if settings.usesEventTime || watermark == .max {
            // By arrival, a window after the end of an archive would repeat the one before.
            next = posts.keys.filter { settings.usesEventTime || $0 > lastEnded ?? .min }.compactMap { slide in
                let end = clock.ending(from: max(slide, lastEnded.map { $0 + 1 } ?? slide))
                return end - slide < clock.length ? end : nil
            }.min()
        } else if let lastEnded {
            // After a long stop, at most one window length is caught up on.
            let first = clock.slide(of: watermark - 1) - clock.length + 1
            next = max(lastEnded + clock.stride, clock.ending(from: first))
        } else {
            next = clock.ending(from: clock.slide(of: watermark - 1))
        }
        guard let next, clock.end(of: next) <= watermark else { return nil }
        return next
    }

    /// Numbers the slides with posts.
    private func number(through slide: Int) {
        let known = slideNumbers.keys.max() ?? .min
        for number in posts.keys.filter({ $0 > known && $0 <= slide }).sorted() {
            if posts[number]! > 0 { slidesWithPosts += 1 }
            slideNumbers[number] = slidesWithPosts
        }
    }

    /// Returns the tables of all orders of a window.
    private func tables(endingWith slide: Int, _ context: Context) throws -> [TrendingTable] {
        let end = clock.end(of: slide)
        let effective = deletions.filter { $0.time < end + clock.lateness || !settings.usesEventTime }
        let first = slide - clock.length + 1
        let before = slideNumbers.filter { $0.key < first }.values.max() ?? 0
        var numbers = slideNumbers
        numbers[first - 1] = before
        // By the slides that have posts: a long window of short slides has billions of others.
        let count = posts.reduce(0) { (first...slide).contains($1.key) ? $0 + $1.value : $0 }
        let window = TrendShard.Window(
            last: slide, count: count, posts: posts, slideNumbers: numbers, deleted: Set(effective.map(\.id)),
            authors: authors)
        let work = UncheckedWork(parts: [], shards: shards)
        let keys = try context.parallelize(Array(shards.indices), partitions: shards.count).map { shard in
            work.shards[shard].move(to: window)
            return work.shards[shard].keyCount(slide)
        }.collect().reduce(0, +)
        reportShedding()
        return try ([settings.order] + settings.additionalOrders).map { order in
            let best = try ranked(window, order, count, context)
            return TrendingTable(
                end: BatchTime(milliseconds: end), window: settings.window, order: order, posts: count, keys: keys,
                late: late, rows: try rows(best, lastSlide: slide, context))
        }
    }

    /// What the ranks of a window depend on.
    private struct RankingBasis: Equatable {
        var version: Int
        var posts: Int
        var ordinal: Int
        var filter: TrendFilter.Lists?
    }

    /// Returns the best keys of a window, best first. If nothing has changed since the window before, nor have they.
    private func ranked(
        _ window: TrendShard.Window, _ order: TrendingSettings.Order, _ posts: Int, _ context: Context
    ) throws -> [RankedKey] {
        let basis = RankingBasis(
            version: shards.reduce(0) { $0 + $1.version }, posts: posts,
            ordinal: window.slideNumbers[window.last - clock.length] ?? 0, filter: filter?.lists)
        let isLasting = order != .burst || settings.score == .deviation
        if isLasting, let known = lastRanks[order], known.basis == basis { return known.keys }
        let ranking = TrendRanking(
            shards: .init(all: shards), settings: settings, window: window, order: order, filter: basis.filter,
            context: context)
        let best = try ranking.best()
        lastRanks[order] = (basis, best)
        return best
    }

    private func reportShedding() {
        let sheddings = shards.reduce(0) { $0 + $1.sheddings }
        defer { lastSheddings = sheddings }
        guard sheddings > lastSheddings else {
            tablesSinceShedding += 1
            return
        }
        defer { tablesSinceShedding = 0 }
        // Said once, as long as it goes on.
        guard tablesSinceShedding > 2 * clock.length else { return }
        log(
            """
            the window of \(settings.window.label) has more than \(2 * settings.keysMax) keys of slides: rare ones of the \
            largest slides are dropped, and counts have an upper bound
            """)
    }

    /// Returns the rows of the best keys.
    private func rows(_ best: [RankedKey], lastSlide: Int, _ context: Context) throws -> [TrendingRow] {
        let work = UncheckedWork(parts: [], shards: shards)
        let keys = RankedKeys(keys: best)
        let authors = enrichment == nil ? nil : authors
        @Sendable func row(_ place: Int) -> TrendingRow {
            var row = work.shards[TrendState.shard(of: keys.keys[place].key.stableHash)].row(
                keys.keys[place], lastSlide: lastSlide, authors)
            row.rank = place + 1
            return row
        }
        // Rows with evidence are much work; the others are cheaper to make than to hand over.
        guard settings.recordsEvidence else { return best.indices.map(row) }
        return try context.parallelize(Array(best.indices), partitions: min(16, max(1, best.count))).map(row).collect()
    }

    private func forget(before slide: Int) {
        let oldest = slide - max(clock.length, settings.history) - 1
        posts = posts.filter { $0.key > oldest }
        let newest = slideNumbers.keys.filter { $0 <= oldest }.max()
        slideNumbers = slideNumbers.filter { $0.key > oldest || $0.key == newest }
        // The posts that a deletion refers to arrive at most this late.
        let limit = clock.end(of: slide) - Int64(clock.length) * clock.step - clock.lateness
        if settings.usesEventTime {
            deletions.removeAll { $0.time < limit }
        } else {
            deletions.removeAll(keepingCapacity: false)
        }
    }

    // MARK: Checkpoints

    var window: Duration? { settings.window }

    var storedTypes: [String] {
        [
            "trends of \(settings.keys.rawValue)", settings.interval.label,
            settings.usesEventTime ? "event time" : "arrival",
        ]
    }

    func encode(to writer: inout ByteWriter) {
        clock.origin.encode(to: &writer)
        latest.reached.encode(to: &writer)
        // All windows that end before the next post have ended, so what is late now counts in all later tables.
        (late + newlyLate.values.reduce(0, +)).encode(to: &writer)
        slidesWithPosts.encode(to: &writer)
        lastEnded.encode(to: &writer)
        for map in [posts, slideNumbers] {
            writer.write(count: map.count)
            for (slide, value) in map.sorted(by: { $0.key < $1.key }) {
                slide.encode(to: &writer)
                value.encode(to: &writer)
            }
        }
        writer.write(count: deletions.count)
        for deletion in deletions {
            deletion.id.encode(to: &writer)
            deletion.time.encode(to: &writer)
        }
        for shard in shards { shard.encode(to: &writer) }
        latest.times.encode(to: &writer)
        seen.encode(to: &writer)
        if enrichment?.table != nil { authors.encode(to: &writer) }
    }

    func restore(from reader: inout ByteReader) throws {
        let origin = try Int64.decode(from: &reader)
        let reached = try Int64.decode(from: &reader)
        (late, newlyLate) = (try Int.decode(from: &reader), [:])
        slidesWithPosts = try Int.decode(from: &reader)
        lastEnded = try Int?.decode(from: &reader)
        func map() throws -> [Int: Int] {
            var map: [Int: Int] = [:]
            for _ in 0..<(try reader.readCount()) {
                let slide = try Int.decode(from: &reader)
                map[slide] = try Int.decode(from: &reader)
            }
            return map
        }
        (posts, slideNumbers) = (try map(), try map())
        deletions = []
        for _ in 0..<(try reader.readCount()) {
            deletions.append(Deletion(id: try UInt64.decode(from: &reader), time: try Int64.decode(from: &reader)))
        }
        clock = SlideClock(settings, origin: origin)
        shards = (0..<TrendState.shardCount).map { _ in TrendShard(settings, clock) }
        lastRanks = [:]
        for shard in shards { try shard.restore(from: &reader) }
        (latest, seen) = (LatestTimes(outliers: settings.outliers), SeenPosts(limit: settings.rememberedIDs))
        // Earlier versions wrote neither.
        if reader.remaining > 0 {
            for time in try [Int64].decode(from: &reader) { _ = latest.insert(time) }
            try seen.restore(from: &reader)
        }
        if enrichment?.table != nil {
            authors = reader.remaining > 0 ? try AuthorValues.decode(from: &reader) : AuthorValues()
        }
        while latest.times.count < latest.capacity, reached != .min { _ = latest.insert(reached) }
    }
}
