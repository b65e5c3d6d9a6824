import SwiftwaterCore
import SwiftwaterPosts

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What one run of partitions of a batch holds, by slides: made in parallel, then put together in the order of the runs.
final class TrendPartial: @unchecked Sendable {
    /// A slide's keys, in the state's shards by hash.
    struct Pane {
        var posts = 0
        var table = PaneTable()
    }

    struct Deletion: Sendable {
        let id: UInt64
        /// The latest time of a post before it, in milliseconds.
        let time: Int64
    }

    var panes: [Int: Pane] = [:]
    var latest = Int64.min
    var deletions: [Deletion] = []
    var late = 0
    var malformed = 0
    /// What was wrong with the first few lines.
    var samples: [SwiftwaterError] = []
}

/// Reads posts into a partial.
struct TrendReader {
    private let settings: TrendingSettings
    private let clock: PaneClock
    private let batchTime: Int64
    private var reader = PostReader()
    private var scanner: KeyScanner
    private var view = PostView()
    private var text: [UInt8] = []
    let partial = TrendPartial()
    private var pane: (number: Int, content: TrendPartial.Pane)?

    private let enrichment: TrendEnrichment?

    init(_ settings: TrendingSettings, _ clock: PaneClock, _ enrichment: TrendEnrichment?, at time: BatchTime) {
        self.enrichment = enrichment
        self.settings = settings
        self.clock = clock
        batchTime = time.milliseconds
        scanner = KeyScanner(settings.keys)
    }

    mutating func read(_ block: TextBlock) {
        block.forEachLine { line in
            line.withBytes { bytes in
                do {
                    try reader.read(bytes, into: &view)
                    take()
                } catch {
                    partial.malformed += 1
                    if partial.samples.count < 3, let error = error as? SwiftwaterError {
                        partial.samples.append(error)
                    }
                }
            }
        }
    }

    /// The partial, when all blocks were read.
    mutating func finish() -> TrendPartial {
        if let pane { partial.panes[pane.number] = pane.content }
        pane = nil
        for number in partial.panes.keys {
            partial.panes[number]!.table = partial.panes[number]!.table.reduced(to: settings.keysMax)
        }
        scanner.deallocate()
        return partial
    }

    private mutating func take() {
        switch view.kind {
        case .control: return
        case .deletion:
            if settings.honoursDeletions { partial.deletions.append(.init(id: view.idHash, time: partial.latest)) }
        case .post: takePost()
        }
    }

    private mutating func takePost() {
        var time = batchTime - 1
        if settings.usesEventTime {
            // A post from the future would close windows that are not over.
            guard let own = view.time, own < batchTime + TrendReader.futureMax else {
                partial.malformed += 1
                return
            }
            time = own
        }
        let number = clock.pane(of: time)
        if settings.usesEventTime {
            if clock.end(of: number) + clock.lateness <= partial.latest {
                partial.late += 1
                return
            }
            partial.latest = max(partial.latest, time)
        }
        open(number)
        pane!.content.posts += 1
        count(time)
        if pane!.content.table.count > 2 * settings.keysMax {
            pane!.content.table = pane!.content.table.reduced(to: settings.keysMax)
        }
    }

    /// Five minutes: clocks differ.
    private static let futureMax: Int64 = 300_000

    private mutating func open(_ number: Int) {
        if pane?.number == number { return }
        if let pane { partial.panes[pane.number] = pane.content }
        pane = (number, partial.panes[number] ?? TrendPartial.Pane())
    }

    /// Adds the post to the cells of its keys, once to each.
    private mutating func count(_ time: Int64) {
        let table = pane!.content.table
        guard settings.keepsReasons else {
            return scanner.forEachKey(of: view, &text) { key, _ in
                let place = table.cell(of: key)
                table.cells[place].count += 1
                if time < table.cells[place].first { table.cells[place].first = time }
            }
        }
        // Nearly half of all posts have no tag, and need no more.
        if settings.keys == .hashtags, let tags = view.tags, tags.isEmpty { return }
        let author = view.author.isEmpty ? 0 : StableHasher.hash(UnsafeRawBufferPointer(view.author)) | 1
        let (raw, isEscaped, markup) = (view.rawText, view.isEscaped, view.markup)
        let textHash = StableHasher.hash(UnsafeRawBufferPointer(raw))
        let tracksPost = settings.honoursDeletions && !view.id.isEmpty
        let idHash = tracksPost ? view.idHash : 0
        let samplesMax = settings.samples
        let groups = author == 0 ? [] : enrichment?.values(of: author) ?? []
        scanner.forEachKey(of: view, &text) { key, spelling in
            let place = table.cell(of: key)
            // In place: a cell holds arrays.
            table.cells.withUnsafeMutableBufferPointer { cells in
                let cell = cells.baseAddress! + place
                cell.pointee.count += 1
                if author != 0 { cell.pointee.authors.insert(author) }
                cell.pointee.texts.insert(textHash)
                cell.pointee.first = min(cell.pointee.first, time)
                if key.withBytes({
                    $0.count == spelling.count && memcmp($0.baseAddress!, spelling.baseAddress!, $0.count) == 0
                }) {
                    cell.pointee.addFolded()
                } else {
                    let hash = StableHasher.hash(UnsafeRawBufferPointer(spelling))
                    cell.pointee.add(spelling: hash) { Text(copying: spelling) }
                }
                cell.pointee.add(sample: textHash, limit: samplesMax) {
                    .init(hash: textHash, raw, isEscaped: isEscaped, markup)
                }
                for group in groups { cell.pointee.add(group: group) }
                if tracksPost { cell.pointee.posts.append(.init(id: idHash, author: author, text: textHash)) }
            }
        }
    }
}

/// How time is divided into slides.
struct PaneClock: Sendable {
    let step: Int64
    /// How many slides a window has.
    let length: Int
    let lateness: Int64
    /// Where a slide begins.
    let origin: Int64

    init(_ settings: TrendingSettings, origin: Int64) {
        step = settings.step.wholeMilliseconds
        length = Int(settings.window.wholeMilliseconds / step)
        lateness = settings.lateness.wholeMilliseconds
        self.origin = origin
    }

    func pane(of time: Int64) -> Int {
        let offset = time - origin
        return Int(offset / step - (offset % step < 0 ? 1 : 0))
    }

    /// The end of a slide, which is the end of the window that it ends.
    func end(of pane: Int) -> Int64 { origin + (Int64(pane) + 1) * step }
}
