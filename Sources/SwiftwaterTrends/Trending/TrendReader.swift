import SwiftwaterCore
import SwiftwaterPosts
import SwiftwaterPlatform

/// Reads posts into a partial. Blocks of plain posts go through the block counter if only counts by arrival are needed.
/// Everything else is read post by post.
struct TrendReader {
    private let settings: TrendingSettings
    private let clock: SlideClock
    private let enrichment: TrendEnrichment?
    private let batchTime: Int64
    private var reader = PostReader()
    private var scanner: KeyScanner
    /// nil if blocks have to be read post by post.
    private var counter: BlockCounter?
    private var view = PostView()
    private var text: [UInt8] = []
    private let partial = TrendPartial()
    private var slide: (number: Int, content: TrendPartial.Slide)?
    /// With event time: the window that is the next to end, and the time from which it is another one.
    private var open = (slide: Int.min, until: Int64.min)

    init(_ settings: TrendingSettings, _ clock: SlideClock, _ enrichment: TrendEnrichment?, at time: BatchTime) {
        self.enrichment = enrichment
        self.settings = settings
        self.clock = clock
        batchTime = time.milliseconds
        scanner = KeyScanner(settings.keys)
        let countsTags = settings.keys == .hashtags || settings.keys == .hashWords
        counter = countsTags && !settings.recordsEvidence && !settings.usesEventTime ? BlockCounter(settings.keys) : nil
    }

    mutating func read(_ block: TextBlock) {
        if counter != nil, reader.isBetweenPosts, countAtOnce(block) { return }
        block.forEachLine { line in
            line.withBytes { bytes in
                do { if try reader.read(bytes, into: &view) { take() } } catch { note(error) }
                while reader.hasMore {
                    do { if try reader.next(into: &view) { take() } } catch { note(error) }
                }
            }
        }
    }

    private func note(_ error: any Error) {
        partial.malformed += 1
        if partial.samples.count < 3, let error = error as? SwiftwaterError { partial.samples.append(error) }
    }

    /// Counts a block at once. Returns false if the block may hold JSON, in which case nothing was counted.
    private mutating func countAtOnce(_ block: TextBlock) -> Bool {
        open(clock.slide(of: batchTime - 1))
        guard case .counts(let table) = slide!.content.content, let posts = counter!.count(block, into: table) else {
            return false
        }
        slide!.content.posts += posts
        boundKeys()
        return true
    }

    /// Returns the partial, after all blocks were read.
    mutating func finish() -> TrendPartial {
        do { try reader.finish() } catch { note(error) }
        close()
        // A slide can be opened without receiving a post.
        for number in partial.slides.keys {
            if partial.slides[number]!.posts == 0 { partial.slides[number] = nil }
            partial.slides[number]?.reduce(to: settings.keysMax)
        }
        scanner.deallocate()
        counter?.deallocate()
        return partial
    }

    private mutating func take() {
        switch view.kind {
        case .control: return
        case .deletion:
            if settings.honorsDeletions { partial.deletions.append(.init(id: view.idHash, time: partial.latest)) }
        case .post: takePost()
        }
    }

    private mutating func takePost() {
        var time = batchTime - 1
        if settings.usesEventTime {
            // A post from the future would close windows that have not ended.
            guard let own = view.time, own < batchTime + TrendReader.futureMax else {
                partial.malformed += 1
                return
            }
            time = own
        }
        let number = clock.slide(of: time)
        if settings.usesEventTime {
            if clock.end(of: number) + clock.lateness <= partial.latest {
                partial.late[open.slide, default: 0] += 1
                return
            }
            if time > partial.latest { seen(time) }
            open(number)
            slide!.content.addPost(whileOpen: open.slide)
        } else {
            open(number)
            slide!.content.posts += 1
        }
        switch slide!.content.content {
        case .counts(let table): count(into: table)
        case .cells(let table): count(time, into: table)
        }
        boundKeys()
    }

    private mutating func seen(_ time: Int64) {
        partial.latest = time
        guard time >= open.until else { return }
        open.slide = clock.open(at: time)
        open.until = clock.end(of: open.slide) + clock.lateness
    }

    private mutating func boundKeys() {
        if slide!.content.keyCount > 2 * settings.keysMax { slide!.content.reduce(to: settings.keysMax) }
    }

    /// The tolerance for clocks that differ: five minutes.
    private static let futureMax: Int64 = 300_000

    private mutating func open(_ number: Int) {
        if slide?.number == number { return }
        close()
        // Removed from the partial: with two references, the lists of the slide would be copied when they grow.
        slide = (
            number,
            partial.slides.removeValue(forKey: number) ?? TrendPartial.Slide(keepsCells: settings.recordsEvidence)
        )
    }

    private mutating func close() {
        if let slide { partial.slides[slide.number] = slide.content }
        slide = nil
    }

    /// Counts the post's keys, once each.
    private mutating func count(into table: TagTable) {
        guard settings.honorsDeletions, !view.id.isEmpty else {
            return scanner.forEachKey(of: view, &text) { key, _ in table.add(key, 1) }
        }
        if settings.keys == .hashtags, let tags = view.tags, tags.isEmpty { return }
        let id = view.idHash
        var mentions: [SlideTable.Mention] = []
        scanner.forEachKey(of: view, &text) { key, _ in
            let hash = key.stableHash
            table.add(key, hash: hash, 1)
            mentions.append(.init(post: id, key: hash))
        }
        slide!.content.mentions.append(contentsOf: mentions)
    }

    /// Adds the post to the cells of its keys, once each.
    private mutating func count(_ time: Int64, into table: SlideTable) {
        // Nearly half of all posts have no tags, and need no more work.
        if settings.keys == .hashtags, let tags = view.tags, tags.isEmpty { return }
        let author = view.author.isEmpty ? 0 : StableHasher.hash(UnsafeRawBufferPointer(view.author)) | 1
        let (raw, isEscaped, markup) = (view.rawText, view.isEscaped, view.markup)
        let textHash = StableHasher.hash(UnsafeRawBufferPointer(raw))
        let tracksPost = settings.honorsDeletions && !view.id.isEmpty
        let idHash = tracksPost ? view.idHash : 0
        let samplesMax = settings.samples
        let groups = author == 0 ? [] : enrichment?.values(of: author) ?? []
        scanner.forEachKey(of: view, &text) { key, spelling in
            table.add(key, 1) { cell in
                if author != 0 { cell.authors.insert(author) }
                cell.texts.insert(textHash)
                cell.first = min(cell.first, time)
                if key.withBytes({
                    $0.count == spelling.count && memcmp($0.baseAddress!, spelling.baseAddress!, $0.count) == 0
                }) {
                    cell.addFolded()
                } else {
                    let hash = StableHasher.hash(UnsafeRawBufferPointer(spelling))
                    cell.add(spelling: hash) { Text(copying: spelling) }
                }
                cell.add(sample: textHash, limit: samplesMax) {
                    .init(hash: textHash, raw, isEscaped: isEscaped, markup)
                }
                for group in groups { cell.add(group: group) }
                if tracksPost { cell.posts.append(.init(id: idHash, author: author, text: textHash)) }
            }
        }
    }
}
