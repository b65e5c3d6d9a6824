import Algorithms
import SwiftwaterCore

/// One range of keys: its slides, the running counts of the window, and the baseline. For use by one thread at a time.
final class TrendShard: @unchecked Sendable {
    private let settings: TrendingSettings
    private let clock: SlideClock
    private var slides: [Int: SlideTable] = [:]
    /// The counts of slides that no window reads any longer, for the histories of rows.
    private var history: [Int: TagTable] = [:]
    /// The counts of the slides of the last window.
    private var window = TagTable(capacity: 64)
    private var windowKeys: [Text] = []
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
            for number in share.keys {
                let place = table.place(of: cells.keys[number])
                table.counts[place] += cells.counts[number]
                table.cells[place].merge(cells.cells[number], samplesMax: settings.samples)
            }
            table.addError(cells.error)
        case .counts(let counts):
            for slot in share.keys {
                let (key, count) = counts.entry(at: slot)
                let place = table.place(of: key)
                table.counts[place] += count
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
            let isInWindow = windowSlides.contains(slide)
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

    /// Returns this shard's best rows of a window, and its number of keys. A window that is requested again, in another
    /// order, is only ranked.
    func rows(_ window: Window, by order: TrendingSettings.Order, _ filter: TrendFilter.Lists?) -> (
        rows: [TrendingRow], keys: Int
    ) {
        let first = window.last - clock.length + 1
        leave(before: first)
        absorb(through: first - 1, window)
        remove(window.deleted)
        enter(first, window.last)
        let posts = (first...window.last).reduce(0) { $0 + (window.posts[$1] ?? 0) }
        let error = (first...window.last).reduce(0) { $0 + (slides[$1]?.error ?? 0) }
        let ordinal = window.slideNumbers[first - 1] ?? 0
        let all = rank(window, order, first, posts, ordinal, filter)
        let ranked =
            settings.limit > 0
            ? all.ranked.min(count: settings.limit, sortedBy: Ranked.precedes)
            : all.ranked.sorted(by: Ranked.precedes)
        let rows = ranked.map { row($0, window, first, error: Int(error)) }
        history = history.filter { $0.key > window.last - settings.history }
        return (rows, all.keys)
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
        for key in 0..<table.count where table.counts[key] > 0 {
            let first = table.keepsCells ? table.cells[key].first : clock.begin(of: slide)
            baseline.absorb(table.keys[key], count: table.counts[key], first: first, posts: posts, slide: number)
        }
        let limit = max(1, settings.keysMax / TrendState.shardCount)
        if number % 64 == 0 || baseline.count > limit { baseline.prune(posts: posts, slide: number, limit: limit) }
    }

    /// Removes slides from the running counts.
    private func leave(before first: Int) {
        for slide in windowSlides.sorted() where slide < first {
            hasLeavers = true
            if let table = slides[slide] {
                for key in 0..<table.count where table.counts[key] != 0 {
                    window.add(table.keys[key], -table.counts[key])
                }
            }
            windowSlides.remove(slide)
        }
    }

    /// Adds slides to the running counts.
    private func enter(_ first: Int, _ last: Int) {
        for slide in slides.keys.sorted() where slide >= first && slide <= last && !windowSlides.contains(slide) {
            let table = slides[slide]!
            for key in 0..<table.count where table.counts[key] != 0 {
                let before = window.count
                window.add(table.keys[key], table.counts[key])
                if window.count > before { windowKeys.append(table.keys[key]) }
            }
            windowSlides.insert(slide)
        }
        guard hasLeavers else { return }
        hasLeavers = false
        let live = windowKeys.filter { window[$0] != 0 }
        guard live.count * 2 < windowKeys.count else { return }
        let table = TagTable(capacity: 64)
        for key in live { table.add(key, window[key]) }
        (window, windowKeys) = (table, live)
    }

    // MARK: Rows

    private struct Ranked {
        let key: Text
        let count: Int64
        let expected: Double?
        let score: Double

        static func precedes(_ left: Ranked, _ right: Ranked) -> Bool {
            if left.score != right.score { return left.score > right.score }
            return left.count != right.count ? left.count > right.count : left.key < right.key
        }
    }

    private func authors(_ key: Text, _ first: Int, _ last: Int) -> DistinctCount {
        var authors = DistinctCount()
        for slide in first...last {
            if let table = slides[slide], let place = table.find(key) { authors.formUnion(table.cells[place].authors) }
        }
        return authors
    }

    private func rank(
        _ window: Window, _ order: TrendingSettings.Order, _ first: Int, _ posts: Int, _ ordinal: Int,
        _ filter: TrendFilter.Lists?
    ) -> (ranked: [Ranked], keys: Int) {
        let support = Int64(max(1, settings.minimumCount))
        var wanted: [(key: Text, count: Int64)] = []
        wanted.reserveCapacity(windowKeys.count)
        var keys = 0
        for key in windowKeys {
            let count = self.window[key]
            if count > 0 { keys += 1 }
            if count >= support, filter?.allows(key) ?? true { wanted.append((key, count)) }
        }
        if order == .authors || settings.countsAuthorsOnce {
            return (rankByAuthors(wanted, window, order, first, posts, ordinal, support), keys)
        }
        let time = clock.end(of: window.last)
        return (wanted.compactMap { rank($0.key, order, $0.count, 0, posts, ordinal, at: time) }, keys)
    }

    /// Ranks by authors. Keys have at most as many authors as posts, so keys are visited from the most frequent down,
    /// until the rest cannot be among the best.
    private func rankByAuthors(
        _ wanted: [(key: Text, count: Int64)], _ window: Window, _ order: TrendingSettings.Order, _ first: Int,
        _ posts: Int, _ ordinal: Int, _ support: Int64
    ) -> [Ranked] {
        var result: [Ranked] = []
        var best = BestCounts(limit: settings.limit)
        for (key, count) in wanted.sorted(by: { $0.count != $1.count ? $0.count > $1.count : $0.key < $1.key }) {
            if order != .burst, let least = best.least, count < least { break }
            let authors = authors(key, first, window.last)
            let number = Int64(authors.count)
            let counted = settings.countsAuthorsOnce ? number : count
            guard counted >= support, number > 0 else { continue }
            best.offer(number)
            if let row = rank(key, order, counted, Int(number), posts, ordinal, at: clock.end(of: window.last)) {
                result.append(row)
            }
        }
        return result
    }

    private func rank(
        _ key: Text, _ order: TrendingSettings.Order, _ count: Int64, _ authors: Int, _ posts: Int, _ ordinal: Int,
        at time: Int64
    ) -> Ranked? {
        let expected =
            settings.needsBaseline
            ? baseline.expected(key, posts: posts, slides: clock.length, slide: ordinal) : nil
        let score: Double
        switch order {
        case .count: score = Double(count)
        case .authors: score = Double(authors)
        case .burst:
            guard let expected else { return nil }
            score = burst(key, Double(count), expected, at: time)
            if score <= 0 { return nil }
        }
        return Ranked(key: key, count: count, expected: expected?.count, score: score)
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

    private func row(_ ranked: Ranked, _ window: Window, _ first: Int, error: Int) -> TrendingRow {
        var row = TrendingRow(key: ranked.key, count: Int(ranked.count), countUpperBound: Int(ranked.count) + error)
        (row.expected, row.score) = (ranked.expected, ranked.score)
        guard settings.recordsEvidence else { return row }
        var cell = TrendCell()
        var posts: Int64 = 0
        for slide in first...window.last {
            guard let table = slides[slide], let place = table.find(ranked.key) else { continue }
            posts += table.counts[place]
            cell.merge(table.cells[place], samplesMax: settings.samples)
        }
        row.history = (0..<settings.history).reversed().map { back in
            let slide = window.last - back
            return Int(self.history[slide]?[ranked.key] ?? slides[slide]?[ranked.key] ?? 0)
        }
        row.display = cell.display(of: ranked.key)
        // The number of authors is an estimate, and may exceed the number of posts.
        row.authors = min(cell.authors.count, Int(posts) + error)
        row.firstSeen = BatchTime(milliseconds: min(cell.first, baseline.entry(of: ranked.key)?.first ?? .max))
        row.samples = cell.shownSamples.map(\.text)
        row.groups = enrichment == nil ? nil : groups(cell)
        row.isCopied = cell.isCopied
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
        (window, windowKeys, windowSlides) = (TagTable(capacity: 64), [], [])
    }
}
