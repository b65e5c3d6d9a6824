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
    private var window = TagTable(capacity: 64)
    private var windowSlides: Set<Int> = []
    /// Whether counts were reduced since the keys were last looked through.
    private var hasLeavers = false
    private var baseline: Baseline
    /// Slides up to this one are in the baseline.
    private var absorbedThrough: Int?

    private let enrichment: TrendEnrichment?

    init(_ settings: TrendingSettings, _ clock: SlideClock, _ enrichment: TrendEnrichment?) {
        (self.settings, self.clock, self.enrichment) = (settings, clock, enrichment)
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
    private func remove(_ ids: Set<UInt64>) {
        guard !ids.isEmpty else { return }
        for (slide, table) in slides {
            let isInWindow = clock.length > 1 && windowSlides.contains(slide)
            table.remove(ids) {
                enrichment?.values(of: $0) ?? []
            } whenRemoved: { key, count in
                if isInWindow {
                    window.add(key, -count)
                    hasLeavers = true
                }
            }
        }
    }

    // MARK: Windows

    struct Window: Sendable {
        /// The last slide of the window.
        let last: Int
        /// The number of posts in each retained slide, over all shards.
        let posts: [Int: Int]
        /// The number of slides with posts up to each slide.
        let slideNumbers: [Int: Int]
        let deleted: Set<UInt64>
    }

    /// Returns this shard's best keys of a window, best first, and its number of keys. A window that is requested
    /// again, in another order, is only ranked.
    func best(_ window: Window, by order: TrendingSettings.Order, _ filter: TrendFilter.Lists?) -> RankedKeys {
        let first = window.last - clock.length + 1
        leave(before: first)
        absorb(through: first - 1, window)
        remove(window.deleted)
        enter(first, window.last)
        history = history.filter { $0.key > window.last - settings.history }
        var all = rank(window, order, filter)
        all.keys =
            settings.limit > 0
            ? all.keys.min(count: settings.limit, sortedBy: RankedKey.precedes)
            : all.keys.sorted(by: RankedKey.precedes)
        return all
    }

    /// Moves slides that have left the window to the baseline and the histories, if rows or orders need them.
    private func absorb(through last: Int, _ window: Window) {
        let begin = absorbedThrough ?? slides.keys.min().map { $0 - 1 } ?? last
        for slide in slides.keys.sorted() where slide > begin && slide <= last {
            let table = slides[slide]!
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
            if clock.length > 1, let table = slides[slide] {
                hasLeavers = true
                table.forEachCount { window.add($0, -$1) }
            }
            windowSlides.remove(slide)
        }
    }

    /// Adds slides to the running counts.
    private func enter(_ first: Int, _ last: Int) {
        for slide in slides.keys.sorted() where slide >= first && slide <= last && !windowSlides.contains(slide) {
            if clock.length > 1 { slides[slide]!.forEachCount { window.add($0, $1) } }
            windowSlides.insert(slide)
        }
        guard hasLeavers else { return }
        hasLeavers = false
        var live = 0
        window.forEach { if $1 != 0 { live += 1 } }
        guard live * 2 < window.count else { return }
        let table = TagTable(capacity: 64)
        window.forEach { if $1 != 0 { table.add($0, Int64($1)) } }
        window = table
    }

    /// Calls `body` with each key of a window that ends with slide `last`, and its count. The keys point into the
    /// tables.
    private func forEachCount(_ last: Int, _ body: (Text, Int64) -> Void) {
        if clock.length > 1 {
            window.forEach { if $1 != 0 { body($0, Int64($1)) } }
        } else {
            slides[last]?.forEachCount(body)
        }
    }

    // MARK: Rows

    private func authors(_ key: Text, _ first: Int, _ last: Int) -> DistinctCount {
        var authors = DistinctCount()
        for slide in first...last {
            if let cell = slides[slide]?.cell(of: key) { authors.formUnion(cell.authors) }
        }
        return authors
    }

    /// What the scores of a window's keys depend on.
    private struct Scoring {
        let order: TrendingSettings.Order
        /// The window's first and last slide.
        let first: Int
        let last: Int
        /// The number of posts in the window.
        let posts: Int
        /// The number of slides with posts before the window.
        let ordinal: Int
        /// The end of the window, in milliseconds since 1970.
        let end: Int64
    }

    private func rank(_ window: Window, _ order: TrendingSettings.Order, _ filter: TrendFilter.Lists?) -> RankedKeys {
        let first = window.last - clock.length + 1
        let scoring = Scoring(
            order: order, first: first, last: window.last,
            posts: (first...window.last).reduce(0) { $0 + (window.posts[$1] ?? 0) },
            ordinal: window.slideNumbers[first - 1] ?? 0, end: clock.end(of: window.last))
        let support = Int64(max(1, settings.minimumCount))
        let ranksByAuthors = order == .authors || settings.countsAuthorsOnce
        var result = RankedKeys()
        var wanted: [(key: Text, count: Int64)] = []
        forEachCount(window.last) { key, count in
            if count > 0 { result.total += 1 }
            guard count >= support, filter?.allows(key) ?? true else { return }
            if ranksByAuthors {
                wanted.append((key, count))
            } else if let key = rank(key, count, authors: 0, scoring) {
                result.keys.append(key)
            }
        }
        if ranksByAuthors { result.keys = rankByAuthors(wanted, scoring, support) }
        return result
    }

    /// Ranks by authors. Keys have at most as many authors as posts, so keys are visited from the most frequent down,
    /// until the rest cannot be among the best.
    private func rankByAuthors(_ wanted: [(key: Text, count: Int64)], _ scoring: Scoring, _ support: Int64)
        -> [RankedKey]
    {
        var result: [RankedKey] = []
        var best = BestCounts(limit: settings.limit)
        for (key, count) in wanted.sorted(by: { $0.count != $1.count ? $0.count > $1.count : $0.key < $1.key }) {
            if scoring.order != .burst, let least = best.least, count < least { break }
            let number = Int64(authors(key, scoring.first, scoring.last).count)
            let counted = settings.countsAuthorsOnce ? number : count
            guard counted >= support, number > 0 else { continue }
            best.offer(number)
            if let key = rank(key, counted, authors: Int(number), scoring) { result.append(key) }
        }
        return result
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

    /// Returns the row of a key that `best` found. Reads only.
    func row(_ ranked: RankedKey, lastSlide last: Int) -> TrendingRow {
        let reads = last - clock.length + 1...last
        let error = reads.reduce(0) { $0 + (slides[$1]?.error ?? 0) }
        var row = TrendingRow(
            key: ranked.key.detached(), count: Int(ranked.count), countUpperBound: Int(ranked.count + error),
            expected: ranked.expected, score: ranked.score)
        guard settings.recordsEvidence else { return row }
        var cell = TrendCell()
        var posts: Int64 = 0
        for slide in reads {
            guard let table = slides[slide], let more = table.cell(of: ranked.key) else { continue }
            posts += table[ranked.key]
            cell.merge(more, samplesMax: settings.samples)
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
            groups: enrichment == nil ? nil : groups(cell))
        return row
    }
}

extension TrendShard {
    /// Returns the most frequent values of each column of the enrichment, most frequent first.
    private func groups(_ cell: TrendCell) -> [TrendingRow.Group] {
        let all = cell.groups.all.filter { $0.count > 0 }.compactMap { group in
            enrichment?.name(of: group.value).map {
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

/// The smallest of the `limit` highest numbers.
private struct BestCounts {
    private let limit: Int
    /// Ascending.
    private var numbers: [Int64] = []

    init(limit: Int) { self.limit = limit }

    var least: Int64? { limit > 0 && numbers.count == limit ? numbers[0] : nil }

    mutating func offer(_ number: Int64) {
        guard limit > 0 else { return }
        if numbers.count == limit {
            guard number > numbers[0] else { return }
            numbers.removeFirst()
        }
        numbers.insert(number, at: numbers.firstIndex { $0 >= number } ?? numbers.count)
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
        (window, windowSlides) = (TagTable(capacity: 64), [])
    }
}
