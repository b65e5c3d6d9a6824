import SwiftwaterCore

/// One of the ranges of keys of the trends: slides, the running counts of the window, and the baseline. Used by one thread at a time.
final class TrendShard: @unchecked Sendable {
    private let settings: TrendingSettings
    private let clock: PaneClock
    private var panes: [Int: PaneTable] = [:]
    /// The counts of slides that no window reads any more, for rows' histories.
    private var history: [Int: TagTable] = [:]
    /// The counts of the slides that the last window had.
    private var window = TagTable(capacity: 64)
    private var windowKeys: [Text] = []
    private var windowPanes: Set<Int> = []
    private var baseline: Baseline
    /// Slides up to this one are in the baseline.
    private var absorbedThrough: Int?

    private let enrichment: TrendEnrichment?

    init(_ settings: TrendingSettings, _ clock: PaneClock, _ enrichment: TrendEnrichment?) {
        (self.settings, self.clock, self.enrichment) = (settings, clock, enrichment)
        baseline = Baseline(step: clock.step, span: settings.baseline.wholeMilliseconds)
    }

    // MARK: Taking

    /// Takes those keys of a slide's part that are this shard's.
    func take(_ pane: Int, _ part: PaneTable, _ keys: [Int]) {
        let table = panes[pane] ?? PaneTable()
        for number in keys {
            let place = table.cell(of: part.keys[number])
            table.cells[place].merge(part.cells[number], samplesMax: settings.samples)
        }
        table.addError(part.error)
        panes[pane] = table.reduced(to: max(1, settings.keysMax / TrendState.shardCount))
    }

    /// Takes posts back from slides that a window still reads.
    private func remove(_ ids: Set<UInt64>) {
        guard !ids.isEmpty else { return }
        for (pane, table) in panes {
            for number in 0..<table.count {
                let removed = table.cells[number].remove(ids) { enrichment?.values(of: $0) ?? [] }
                if removed > 0, windowPanes.contains(pane) { window.add(table.keys[number], -removed) }
            }
        }
    }

    // MARK: Windows

    struct Window: Sendable {
        /// The slide that ends it.
        let last: Int
        /// Posts of each slide that is remembered, of all shards.
        let posts: [Int: Int]
        /// How many slides with posts there were up to one.
        let slideNumbers: [Int: Int]
        let deleted: Set<UInt64>
    }

    /// What this shard has for a window: its best rows, and how many keys there are. A window that is asked for again, in another order, is only
    /// ranked.
    func rows(_ window: Window, by order: TrendingSettings.Order, _ filter: TrendFilter.Lists?) -> (
        rows: [TrendingRow], keys: Int
    ) {
        let first = window.last - clock.length + 1
        leave(before: first)
        absorb(through: first - 1, window)
        remove(window.deleted)
        enter(first, window.last)
        let posts = (first...window.last).reduce(0) { $0 + (window.posts[$1] ?? 0) }
        let error = (first...window.last).reduce(0) { $0 + (panes[$1]?.error ?? 0) }
        let slide = window.slideNumbers[first - 1] ?? 0
        var ranked = rank(window, order, first, posts, slide, filter)
        ranked.sort(by: Ranked.precedes)
        if settings.limit > 0 { ranked = Array(ranked.prefix(settings.limit)) }
        let rows = ranked.map { row($0, window, first, error: Int(error)) }
        history = history.filter { $0.key > window.last - settings.history }
        return (rows, windowKeys.reduce(0) { $0 + (self.window[$1] > 0 ? 1 : 0) })
    }

    /// Brings slides that have left the window into the baseline.
    private func absorb(through last: Int, _ window: Window) {
        let begin = absorbedThrough ?? panes.keys.min().map { $0 - 1 } ?? last
        for pane in panes.keys.sorted() where pane > begin && pane <= last {
            let (posts, number) = (window.posts[pane] ?? 0, window.slideNumbers[pane] ?? 0)
            let table = panes[pane]!
            for key in 0..<table.count where table.cells[key].count > 0 {
                baseline.absorb(
                    table.keys[key], count: table.cells[key].count, first: table.cells[key].first, posts: posts,
                    slide: number)
            }
            if number % 64 == 0 || baseline.count > settings.keysMax / TrendState.shardCount {
                baseline.prune(posts: posts, slide: number, limit: max(1, settings.keysMax / TrendState.shardCount))
            }
            let counts = TagTable(capacity: 64)
            for key in 0..<table.count where table.cells[key].count > 0 {
                counts.add(table.keys[key], table.cells[key].count)
            }
            history[pane] = counts
            panes[pane] = nil
        }
        absorbedThrough = max(begin, last)
    }

    /// Takes slides out of the running counts.
    private func leave(before first: Int) {
        for pane in windowPanes.sorted() where pane < first {
            if let table = panes[pane] {
                for key in 0..<table.count where table.cells[key].count != 0 {
                    window.add(table.keys[key], -table.cells[key].count)
                }
            }
            windowPanes.remove(pane)
        }
    }

    /// Adds slides to the running counts.
    private func enter(_ first: Int, _ last: Int) {
        for pane in panes.keys.sorted() where pane >= first && pane <= last && !windowPanes.contains(pane) {
            let table = panes[pane]!
            for key in 0..<table.count where table.cells[key].count != 0 {
                let before = window.count
                window.add(table.keys[key], table.cells[key].count)
                if window.count > before { windowKeys.append(table.keys[key]) }
            }
            windowPanes.insert(pane)
        }
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
        let authors: DistinctCount?
        let expected: Double?
        let score: Double

        static func precedes(_ left: Ranked, _ right: Ranked) -> Bool {
            if left.score != right.score { return left.score > right.score }
            return left.count != right.count ? left.count > right.count : left.key < right.key
        }
    }

    private func authors(_ key: Text, _ first: Int, _ last: Int) -> DistinctCount {
        var authors = DistinctCount()
        for pane in first...last {
            if let table = panes[pane], let place = table.find(key) { authors.formUnion(table.cells[place].authors) }
        }
        return authors
    }

    private func rank(
        _ window: Window, _ order: TrendingSettings.Order, _ first: Int, _ posts: Int, _ slide: Int,
        _ filter: TrendFilter.Lists?
    ) -> [Ranked] {
        let support = Int64(max(1, settings.minimumSupport))
        var wanted = windowKeys.map { (key: $0, count: self.window[$0]) }.filter { $0.count >= support }
        if let filter { wanted = wanted.filter { filter.allows($0.key) } }
        if order == .authors || settings.countsAuthorsOnce {
            return rankByAuthors(wanted, window, order, first, posts, slide, support)
        }
        return wanted.compactMap { key, count in
            rank(key, order, count, nil, posts, slide, at: clock.end(of: window.last))
        }
    }

    /// Keys have at most as many authors as posts: from the most frequent down, until the rest cannot get among the best.
    private func rankByAuthors(
        _ wanted: [(key: Text, count: Int64)], _ window: Window, _ order: TrendingSettings.Order, _ first: Int,
        _ posts: Int, _ slide: Int, _ support: Int64
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
            if let row = rank(key, order, counted, authors, posts, slide, at: clock.end(of: window.last)) {
                result.append(row)
            }
        }
        return result
    }

    private func rank(
        _ key: Text, _ order: TrendingSettings.Order, _ count: Int64, _ authors: DistinctCount?, _ posts: Int,
        _ slide: Int,
        at time: Int64
    ) -> Ranked? {
        let expected = baseline.expected(key, posts: posts, slides: clock.length, slide: slide)
        let score: Double
        switch order {
        case .count: score = Double(count)
        case .authors: score = Double(authors?.count ?? 0)
        case .burst:
            guard let expected else { return nil }
            score = burst(key, Double(count), expected, at: time)
            if score <= 0 { return nil }
        }
        return Ranked(key: key, count: count, authors: authors, expected: expected?.count, score: score)
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
        var cell = TrendCell()
        for pane in first...window.last {
            guard let table = panes[pane], let place = table.find(ranked.key) else { continue }
            cell.merge(table.cells[place], samplesMax: settings.samples)
        }
        let counts = (0..<settings.history).reversed().map { back -> Int in
            let pane = window.last - back
            if let old = self.history[pane] { return Int(old[ranked.key]) }
            guard let table = panes[pane], let place = table.find(ranked.key) else { return 0 }
            return Int(table.cells[place].count)
        }
        let firstSeen = min(cell.first, baseline.entry(of: ranked.key)?.first ?? .max)
        // An estimate of the authors may lie above the posts; they cannot.
        return TrendingRow(
            rank: 0, key: ranked.key, display: cell.display(of: ranked.key), count: Int(ranked.count),
            countMost: Int(ranked.count) + error, authors: min(cell.authors.count, Int(cell.count) + error),
            expected: ranked.expected,
            score: ranked.score, firstSeen: BatchTime(milliseconds: firstSeen), history: counts,
            samples: cell.shownSamples.map(\.text), groups: groups(cell), isCopied: cell.isCopied)
    }
}

extension TrendShard {
    /// The most frequent values of each column of the enrichment, most frequent first.
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

/// The least of the best so many numbers.
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
        writer.write(count: panes.count)
        for pane in panes.keys.sorted() {
            pane.encode(to: &writer)
            panes[pane]!.encode(to: &writer)
        }
        absorbedThrough.encode(to: &writer)
        writer.write(count: history.count)
        for pane in history.keys.sorted() {
            pane.encode(to: &writer)
            var counts: [(key: Text, count: Int)] = []
            history[pane]!.forEach { counts.append(($0, $1)) }
            writer.write(count: counts.count)
            for entry in counts.sorted(by: { $0.key < $1.key }) {
                entry.key.encode(to: &writer)
                entry.count.encode(to: &writer)
            }
        }
        baseline.encode(to: &writer)
    }

    func restore(from reader: inout ByteReader) throws {
        panes = [:]
        for _ in 0..<(try reader.readCount()) {
            let pane = try Int.decode(from: &reader)
            panes[pane] = try PaneTable.decode(from: &reader)
        }
        absorbedThrough = try Int?.decode(from: &reader)
        history = [:]
        for _ in 0..<(try reader.readCount()) {
            let pane = try Int.decode(from: &reader)
            let counts = TagTable(capacity: 64)
            for _ in 0..<(try reader.readCount()) {
                let key = try Text.decode(from: &reader)
                counts.add(key, Int64(try Int.decode(from: &reader)))
            }
            history[pane] = counts
        }
        try baseline.restore(from: &reader)
        // The next window adds its slides up anew.
        (window, windowKeys, windowPanes) = (TagTable(capacity: 64), [], [])
    }
}
