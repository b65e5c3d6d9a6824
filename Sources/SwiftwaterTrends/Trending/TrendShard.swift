import Algorithms
import SwiftwaterCore

/// One range of keys: its slides, the running counts of the window, and the baseline. For use by one thread at a time.
final class TrendShard: @unchecked Sendable {
    private let settings: TrendingSettings
    private let clock: SlideClock
    private var slides: [Int: SlideTable] = [:]
    /// The counts of slides that no window reads any longer, for the histories of rows.
    private var history: [Int: TagTable] = [:]
    /// The counts of the slides of the last window. Unused if a window is one slide, whose table has them.
    private var window = WindowCounts()
    private var windowSlides: Set<Int> = []
    /// The slides of the last window that are not empty, oldest first.
    private var windowTables: [SlideTable] = []
    /// Changes with everything that ranks depend on.
    private(set) var version = 0
    /// How often rare keys of slides were dropped because there were too many in the window.
    private(set) var sheddings = 0
    private var baseline: Baseline
    /// Slides up to this one are in the baseline.
    private var absorbedThrough: Int?

    init(_ settings: TrendingSettings, _ clock: SlideClock) {
        (self.settings, self.clock) = (settings, clock)
        baseline = Baseline(step: clock.step, span: settings.baseline.wholeMilliseconds)
    }

    // MARK: Taking

    /// Adds this shard's share of a part of a slide.
    func take(_ slide: Int, _ part: TrendPartial.Slide, _ share: TrendPartial.Share) {
        let table = slides[slide] ?? SlideTable(keepsCells: settings.recordsEvidence)
        switch part.content {
        case .cells(let cells):
            for number in share.keys { table.add(cells, Int(number), samplesMax: settings.samples) }
            table.addError(cells.error)
        case .counts(let counts):
            for slot in share.keys {
                let (key, hash, count) = counts.entry(at: slot)
                table.add(key, hash: hash, count)
            }
            table.addError(part.error)
            table.add(share.mentions)
        }
        slides[slide] = table.reduced(to: max(1, settings.keysMax / TrendState.shardCount))
    }

    /// Removes deleted posts from slides that a window still reads.
    private func remove(_ ids: Set<UInt64>, _ authors: AuthorValues) {
        guard !ids.isEmpty else { return }
        for (slide, table) in slides {
            let isInWindow = clock.length > 1 && windowSlides.contains(slide)
            table.remove(ids) {
                authors.values(of: $0)
            } whenRemoved: { key, hash, count, authors in
                version += 1
                if isInWindow { window.add(key, hash: hash, count: -count, authors: countsAuthors ? -authors : 0) }
            }
        }
    }

    private var countsAuthors: Bool {
        settings.countsAuthorsOnce || settings.order == .authors || settings.additionalOrders.contains(.authors)
    }

    // MARK: Windows

    struct Window: Sendable {
        /// The last slide of the window.
        let last: Int
        /// The number of posts in the window.
        let count: Int
        /// The number of posts in each retained slide, over all shards.
        let posts: [Int: Int]
        /// The number of slides with posts up to each slide.
        let slideNumbers: [Int: Int]
        let deleted: Set<UInt64>
        let authors: AuthorValues
    }

    /// Makes the running counts those of a window. O(keys of the slides that enter and leave).
    func move(to window: Window) {
        let first = window.last - clock.length + 1
        leave(before: first)
        absorb(through: first - 1, window)
        remove(window.deleted, window.authors)
        enter(first, window.last)
        shed()
        windowTables = slides.filter {
            $0.key >= first && $0.key <= window.last && ($0.value.count > 0 || $0.value.error > 0)
        }
        .sorted { $0.key < $1.key }.map(\.value)
        history = history.filter { $0.key > window.last - settings.history }
    }

    /// Moves slides that have left the window to the baseline and the histories, if rows or orders need them.
    private func absorb(through last: Int, _ window: Window) {
        let begin = absorbedThrough ?? slides.keys.min().map { $0 - 1 } ?? last
        for slide in slides.keys.sorted() where slide > begin && slide <= last {
            let table = slides[slide]!
            if table.count > 0 { version += 1 }
            if settings.needsBaseline { absorb(table, slide, window) }
            if settings.recordsEvidence { history[slide] = table.nonzeroCounts }
            slides[slide] = nil
        }
        absorbedThrough = max(begin, last)
    }

    private func absorb(_ table: SlideTable, _ slide: Int, _ window: Window) {
        let (posts, number) = (window.posts[slide] ?? 0, window.slideNumbers[slide] ?? 0)
        let begin = clock.begin(of: slide)
        table.forEachCount { key, count in
            guard count > 0 else { return }
            baseline.absorb(key, count: count, first: table.first(of: key) ?? begin, posts: posts, slide: number)
        }
        let limit = max(1, settings.keysMax / TrendState.shardCount)
        if number % 64 == 0 || baseline.count > limit { baseline.prune(posts: posts, slide: number, limit: limit) }
    }

    /// Removes slides from the running counts.
    private func leave(before first: Int) {
        for slide in windowSlides.sorted() where slide < first {
            if let table = slides[slide] { add(table, sign: -1) }
            windowSlides.remove(slide)
        }
    }

    /// Adds slides to the running counts.
    private func enter(_ first: Int, _ last: Int) {
        for slide in slides.keys.sorted() where slide >= first && slide <= last && !windowSlides.contains(slide) {
            add(slides[slide]!, sign: 1)
            windowSlides.insert(slide)
        }
    }

    private func add(_ table: SlideTable, sign: Int64) {
        guard table.count > 0 else { return }
        version += 1
        guard clock.length > 1 else { return }
        table.forEachEntry(countsAuthors: countsAuthors) { key, hash, count, authors in
            window.add(key, hash: hash, count: sign * count, authors: sign * authors)
        }
    }

    /// Drops rare keys of the largest slides if the slides of a window have more than twice the keys that one may have.
    private func shed() {
        guard clock.length > 2 else { return }
        let limit = max(2, 2 * settings.keysMax / TrendState.shardCount)
        let sizes = windowSlides.compactMap { slides[$0]?.count }
        guard sizes.reduce(0, +) > limit else { return }
        // Some room is left, so that this is not done with each slide.
        let most = TrendShard.level(of: sizes, total: limit * 3 / 4)
        for slide in windowSlides.sorted() {
            guard let table = slides[slide], table.count > most else { continue }
            add(table, sign: -1)
            slides[slide] = table.reduced(to: most)
            add(slides[slide]!, sign: 1)
        }
        sheddings += 1
    }

    /// Returns the largest level to which numbers can be cut so that they add up to at most `total`, and at least 1.
    private static func level(of numbers: [Int], total: Int) -> Int {
        var left = total
        let sorted = numbers.sorted()
        for (position, number) in sorted.enumerated() {
            let share = left / (sorted.count - position)
            if number > share { return max(1, share) }
            left -= number
        }
        return max(1, sorted.last ?? 1)
    }

    /// The keys of a window that ends with slide `last`.
    func keyCount(_ last: Int) -> Int {
        guard clock.length == 1 else { return window.count }
        var count = 0
        slides[last]?.forEachCount { if $1 > 0 { count += 1 } }
        return count
    }

    // MARK: Ranks

    /// What the scores of a window's keys depend on.
    private struct Scoring {
        let order: TrendingSettings.Order
        /// The number of posts in the window.
        let posts: Int
        /// The number of slides with posts before the window.
        let ordinal: Int
        /// The end of the window, in milliseconds since 1970.
        let end: Int64
    }

    private func scoring(_ window: Window, _ order: TrendingSettings.Order) -> Scoring {
        let first = window.last - clock.length + 1
        return Scoring(
            order: order, posts: window.count, ordinal: window.slideNumbers[first - 1] ?? 0,
            end: clock.end(of: window.last))
    }

    /// Returns the first keys of a window by what they can score. O(keys of the window), and little for each.
    func bounds(
        _ window: Window, by order: TrendingSettings.Order, limit: Int, _ filter: TrendFilter.Lists?,
        isSorted: Bool = true
    ) -> ShardBounds {
        let support = Int64(max(1, settings.minimumCount))
        var first = KeyBounds(limit: limit)
        func offer(_ count: Int64, _ authors: Int64, _ key: @autoclosure () -> Text) {
            guard count >= support, let (counted, bound) = bound(order, count, authors) else { return }
            guard first.takes(bound, counted, key()) else { return first.pass() }
            let key = key()
            if filter?.allows(key) ?? true { first.offer(KeyBound(key, count: counted, bound: bound)) }
        }
        if clock.length > 1 {
            for entry in self.window.all { offer(entry.count, entry.authors, entry.key) }
        } else {
            slides[window.last]?.forEachEntry(countsAuthors: countsAuthors) { offer($2, $3, $0) }
        }
        let keys = first.finish(isSorted: isSorted)
        return ShardBounds(keys: keys, isCut: first.isCut)
    }

    /// Returns the count and the score that a key has at most; nil if it is not ranked.
    @inline(__always)
    private func bound(
        _ order: TrendingSettings.Order, _ count: Int64, _ authors: Int64
    ) -> (count: Int64, bound: Double)? {
        // Up to 64, numbers of authors are exact; an estimate may be above the sum of the estimates for the slides.
        let most = authors <= 64 ? authors : authors + authors / 8 + 1
        let counted = settings.countsAuthorsOnce ? most : count
        switch order {
        case .count: return counted > 0 ? (counted, Double(counted)) : nil
        case .authors: return most > 0 ? (counted, Double(most)) : nil
        case .burst:
            guard counted > 0 else { return nil }
            // (W - E) / sqrt(max(E, variance) + 4) is at most W / 2. The other score can be that of an earlier peak.
            return (counted, settings.score == .deviation ? Double(counted) / 2 : .infinity)
        }
    }

    /// Whether expected counts are known for a window: without them, nothing is ranked by bursts.
    func hasExpectedCounts(_ window: Window) -> Bool {
        (window.slideNumbers[window.last - clock.length] ?? 0) >= Baseline.slidesMin
    }

    /// Returns the `limit` best keys of a window, best first, by scoring all of them.
    func allRanks(
        _ window: Window, by order: TrendingSettings.Order, limit: Int, _ filter: TrendFilter.Lists?
    ) -> [RankedKey] {
        let all = ranks(bounds(window, by: order, limit: .max, filter, isSorted: false).keys, window, by: order)
        return limit < .max ? all.min(count: limit, sortedBy: RankedKey.precedes) : all.sorted(by: RankedKey.precedes)
    }

    /// Returns the ranks of keys, in order, without those that have none. Changes nothing, but for `Score.chiSquare`.
    func ranks(_ bounds: some Sequence<KeyBound>, _ window: Window, by order: TrendingSettings.Order) -> [RankedKey] {
        let scoring = scoring(window, order)
        let support = Int64(max(1, settings.minimumCount))
        return bounds.compactMap { bound in
            guard order == .authors || settings.countsAuthorsOnce else {
                return rank(bound.key, bound.count, authors: 0, scoring)
            }
            let number = Int64(authors(bound.key).count)
            let counted = settings.countsAuthorsOnce ? number : bound.count
            guard counted >= support, number > 0 else { return nil }
            return rank(bound.key, counted, authors: Int(number), scoring)
        }
    }

    private func authors(_ key: Text) -> DistinctCount {
        let hash = key.stableHash
        var authors = DistinctCount()
        for table in windowTables {
            if let entry = table.entry(of: key, hash: hash) { authors.formUnion(entry.pointee.cell.authors) }
        }
        return authors
    }

    private func rank(_ key: Text, _ count: Int64, authors: Int, _ scoring: Scoring) -> RankedKey? {
        let expected =
            settings.needsBaseline
            ? baseline.expected(key, posts: scoring.posts, slides: clock.length, slide: scoring.ordinal) : nil
        let score: Double
        switch scoring.order {
        case .count: score = Double(count)
        case .authors: score = Double(authors)
        case .burst:
            guard let expected else { return nil }
            score = burst(key, Double(count), expected, at: scoring.end)
            if score <= 0 { return nil }
        }
        return RankedKey(key: key, count: count, expected: expected?.count, score: score)
    }

    private func burst(
        _ key: Text, _ count: Double, _ expected: (count: Double, variance: Double), at time: Int64
    ) -> Double {
        switch settings.score {
        case .deviation:
            return (count - expected.count) / (max(expected.count, expected.variance) + 4).squareRoot()
        case .chiSquare:
            let least = max(expected.count, 1)
            let score = count > expected.count ? (count - least) * (count - least) / least : 0
            return baseline.peak(
                key, count > least ? score : 0, at: time, halfLife: settings.halfLife.wholeMilliseconds)
        }
    }

    /// Returns the row of a key of the last window. Reads only. O(slides of the window that are not empty).
    ///
    /// - Parameter authors: what is known about authors; nil without an enrichment.
    func row(_ ranked: RankedKey, lastSlide last: Int, _ authors: AuthorValues?) -> TrendingRow {
        let error = windowTables.reduce(0) { $0 + $1.error }
        var row = TrendingRow(
            key: ranked.key.detached(), count: Int(ranked.count), countUpperBound: Int(ranked.count + error),
            expected: ranked.expected, score: ranked.score)
        guard settings.recordsEvidence else { return row }
        var cell = TrendCell()
        var posts: Int64 = 0
        let hash = ranked.key.stableHash
        for table in windowTables {
            guard let entry = table.entry(of: ranked.key, hash: hash) else { continue }
            posts += entry.pointee.count
            cell.merge(&entry.pointee.cell, samplesMax: settings.samples)
        }
        let history = (0..<settings.history).reversed().map { back in
            let slide = last - back
            return Int(self.history[slide]?[ranked.key] ?? slides[slide]?[ranked.key] ?? 0)
        }
        row.evidence = TrendingRow.Evidence(
            display: cell.display(of: row.key),
            // The number of authors is an estimate, and may exceed the number of posts.
            authors: min(cell.authors.count, Int(posts + error)),
            firstSeen: BatchTime(milliseconds: min(cell.first, baseline.entry(of: ranked.key)?.first ?? .max)),
            history: history, samples: cell.shownSamples.map(\.text), isCopied: cell.isCopied,
            groups: authors.map { TrendShard.groups(cell, $0) })
        return row
    }
}

extension TrendShard {
    /// Returns the most frequent values of each column of the enrichment, most frequent first.
    private static func groups(_ cell: TrendCell, _ authors: AuthorValues) -> [TrendingRow.Group] {
        let all = cell.groups.all.filter { $0.count > 0 }.compactMap { group in
            authors.name(of: group.value).map {
                TrendingRow.Group(column: $0.column, value: $0.value, count: group.count)
            }
        }
        let columns = Dictionary(grouping: all, by: \.column).sorted { $0.key < $1.key }
        return columns.flatMap { column in
            column.value.sorted { $0.count != $1.count ? $0.count > $1.count : $0.value < $1.value }.prefix(
                TrendingRow.groupsMax)
        }
    }
}

extension TrendShard {
    /// Adds the values of authors that cells count, and the authors of posts that may be deleted.
    func collect(values: inout Set<UInt64>, authors: inout Set<UInt64>) {
        for table in slides.values {
            table.forEachCell { cell in
                cell.groups.forEach { values.insert($0.value) }
                cell.posts.forEach { if $0.author != 0 { authors.insert($0.author) } }
            }
        }
    }
}

// MARK: Checkpoints

extension TrendShard {
    func encode(to writer: inout ByteWriter) {
        writer.write(count: slides.count)
        for slide in slides.keys.sorted() {
            slide.encode(to: &writer)
            slides[slide]!.encode(to: &writer)
        }
        absorbedThrough.encode(to: &writer)
        writer.write(count: history.count)
        for slide in history.keys.sorted() {
            slide.encode(to: &writer)
            var counts: [(key: Text, count: Int)] = []
            history[slide]!.forEach { counts.append(($0, $1)) }
            writer.write(count: counts.count)
            for entry in counts.sorted(by: { $0.key < $1.key }) {
                entry.key.encode(to: &writer)
                entry.count.encode(to: &writer)
            }
        }
        baseline.encode(to: &writer)
    }

    func restore(from reader: inout ByteReader) throws {
        slides = [:]
        for _ in 0..<(try reader.readCount()) {
            let slide = try Int.decode(from: &reader)
            slides[slide] = try SlideTable.decode(from: &reader, keepsCells: settings.recordsEvidence)
        }
        absorbedThrough = try Int?.decode(from: &reader)
        history = [:]
        for _ in 0..<(try reader.readCount()) {
            let slide = try Int.decode(from: &reader)
            let counts = TagTable(capacity: 64)
            for _ in 0..<(try reader.readCount()) {
                let key = try Text.decode(from: &reader)
                counts.add(key, Int64(try Int.decode(from: &reader)))
            }
            history[slide] = counts
        }
        try baseline.restore(from: &reader)
        // The next window adds its slides up again.
        (window, windowSlides) = (WindowCounts(), [])
        version += 1
    }
}
