import SwiftwaterCore
import SwiftwaterPosts
import SwiftwaterPlatform

/// Reads posts into a partial. Blocks of plain posts go through the block counter if only counts by arrival are needed.
/// Everything else is read post by post.
struct TrendReader {
    private let settings: TrendingSettings
    private let clock: SlideClock
    private let authors: AuthorValues
    private let batchTime: Int64
    private var reader = PostReader()
    private var scanner: KeyScanner
    /// nil if blocks have to be read post by post.
    private var counter: BlockCounter?
    private var view = PostView()
    private var text: [UInt8] = []
    private let partial: TrendPartial
    private var slide: (part: TrendPartial.SlidePart, content: TrendPartial.Slide)?
    /// With event time: the windows that are the next to end at the partial's latest times.
    private var open = OpenWindows()
    private var openChanges = 0
    /// The slide that `SlideClock.open` last returned, and the times for which it is the same.
    private var lastOpen = (slide: 0, times: Int64(0)..<0)
    /// The posts of earlier batches, the posts of this partial, and posts of earlier partials that occur in this one.
    private let seen: SeenPosts
    private var own: SeenPosts
    private let repeated: IDSet

    init(
        _ settings: TrendingSettings, _ clock: SlideClock, _ authors: AuthorValues, at time: BatchTime,
        seen: SeenPosts, repeated: IDSet
    ) {
        partial = TrendPartial(outliers: settings.outliers)
        (self.seen, self.repeated) = (seen, repeated)
        own = SeenPosts(limit: settings.rememberedIDs)
        self.authors = authors
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

    private mutating func note(_ error: any Error) {
        partial.malformed += 1
        if partial.samples.count < 3, let error = error as? SwiftwaterError { partial.samples.append(error) }
    }

    /// Counts a block at once. Returns false if the block may hold JSON, in which case nothing was counted.
    private mutating func countAtOnce(_ block: TextBlock) -> Bool {
        open(.init(slide: clock.slide(of: batchTime - 1), ahead: 0))
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
        for part in partial.slides.keys {
            if partial.slides[part]!.posts == 0 { partial.slides[part] = nil }
            partial.slides[part]?.reduce(to: settings.keysMax)
        }
        scanner.deallocate()
        counter?.deallocate()
        return partial
    }

    private mutating func take() {
        switch view.kind {
        case .control: return
        case .deletion:
            if settings.honorsDeletions { partial.deletions.append(.init(id: view.idHash, latest: partial.latest)) }
        case .post: takePost()
        }
    }

    private mutating func takePost() {
        var time = batchTime - 1
        if settings.usesEventTime {
            guard let own = view.time else {
                partial.timeless += 1
                if partial.timelessSample == nil { partial.timelessSample = String(view.text.prefix(60)) }
                return
            }
            // A post from the future would close windows that have not ended.
            guard own < batchTime + TrendReader.futureMax else {
                partial.future += 1
                return
            }
            time = own
        }
        guard isNew() else { return }
        let number = clock.slide(of: time)
        if settings.usesEventTime {
            let end = clock.end(of: number) + clock.lateness
            let ahead = partial.latest.count(from: end)
            if ahead == partial.latest.capacity {
                partial.late.add(whileOpen: open, openChanges)
                return
            }
            note(time)
            open(.init(slide: number, ahead: ahead))
            slide!.content.runs.add(whileOpen: open, openChanges)
        } else {
            open(.init(slide: number, ahead: 0))
        }
        slide!.content.posts += 1
        switch slide!.content.content {
        case .counts(let table): count(into: table)
        case .cells(let table): count(time, into: table)
        }
        boundKeys()
    }

    /// Returns whether the post has not come before, as far as ids are remembered.
    private mutating func isNew() -> Bool {
        guard own.isOn, !view.id.isEmpty else { return true }
        let author = view.author.isEmpty ? 0 : StableHasher.hash(UnsafeRawBufferPointer(view.author))
        let id = view.idHash &+ author &* 0x9E37_79B9_7F4A_7C15
        guard !seen.contains(id), !repeated.contains(id), own.insert(id) else { return false }
        partial.ids.append(id)
        return true
    }

    /// Takes note of a post's time.
    private mutating func note(_ time: Int64) {
        guard let place = partial.latest.insert(time) else { return }
        if !lastOpen.times.contains(time) {
            let slide = clock.open(at: time)
            lastOpen = (slide, clock.begin(of: slide) + clock.lateness..<clock.end(of: slide) + clock.lateness)
        }
        if open.insert(lastOpen.slide, at: place, capacity: partial.latest.capacity) { openChanges += 1 }
    }

    private mutating func boundKeys() {
        if slide!.content.keyCount > 2 * settings.keysMax { slide!.content.reduce(to: settings.keysMax) }
    }

    /// The tolerance for clocks that differ: five minutes.
    private static let futureMax: Int64 = 300_000

    private mutating func open(_ part: TrendPartial.SlidePart) {
        if slide?.part == part { return }
        close()
        // Removed from the partial: with two references, the lists of the slide would be copied when they grow.
        slide = (
            part,
            partial.slides.removeValue(forKey: part) ?? TrendPartial.Slide(keepsCells: settings.recordsEvidence)
        )
    }

    private mutating func close() {
        if let slide { partial.slides[slide.part] = slide.content }
        slide = nil
    }

    /// The hash of the author's id; 0 without one.
    private var author: UInt64 { view.author.isEmpty ? 0 : AuthorValues.hash(UnsafeRawBufferPointer(view.author)) }

    /// Calls `body` with each key of the post, once, and its spelling.
    private mutating func forEachKey(_ groups: [UInt64], _ body: (Text, UnsafeBufferPointer<UInt8>) -> Void) {
        guard settings.keys == .authorValues else { return scanner.forEachKey(of: view, &text, body) }
        var given: [Text] = []
        for group in groups {
            guard let key = authors.name(of: group)?.value, !given.contains(key) else { continue }
            given.append(key)
            key.withBytes { body(key, $0) }
        }
    }

    /// Counts the post's keys, once each.
    private mutating func count(into table: TagTable) {
        let groups = settings.keys == .authorValues ? authors.values(of: author) : []
        guard settings.honorsDeletions, !view.id.isEmpty else {
            return forEachKey(groups) { key, _ in table.add(key, 1) }
        }
        if settings.keys == .hashtags, let tags = view.tags, tags.isEmpty { return }
        let id = view.idHash
        var mentions: [SlideTable.Mention] = []
        forEachKey(groups) { key, _ in
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
        let author = author
        let (raw, isEscaped, markup) = (view.rawText, view.isEscaped, view.markup)
        let textHash = StableHasher.hash(UnsafeRawBufferPointer(raw))
        let tracksPost = settings.honorsDeletions && !view.id.isEmpty
        let idHash = tracksPost ? view.idHash : 0
        let samplesMax = settings.samples
        let groups = author == 0 ? [] : authors.values(of: author)
        forEachKey(groups) { key, spelling in
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
