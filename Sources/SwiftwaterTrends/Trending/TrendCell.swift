import SwiftwaterCore
import SwiftwaterPosts

/// The evidence for a key in a slide. Merging cells in any order and grouping gives the same result.
struct TrendCell: Sendable, Equatable {
    /// A post, as needed to remove it.
    struct Post: Sendable, Equatable {
        let id: UInt64
        let author: UInt64
        let text: UInt64
    }

    struct Spelling: Sendable, Equatable {
        let hash: UInt64
        let text: Text
        var count: Int
    }

    /// A text as it appears in its line. It is decoded only when it is shown, since few ever are.
    struct Sample: Sendable, Equatable {
        let hash: UInt64
        let raw: Text
        let isEscaped: Bool
        let markup: PostView.Markup
    }

    /// A value of the enrichment, and the number of the key's posts with it.
    struct Group: Sendable, Equatable {
        let value: UInt64
        var count: Int
    }

    /// The number of spellings that are counted: those with the smallest hashes.
    static let spellingsMax = 6

    var authors = DistinctCount()
    var texts = DistinctCount()
    /// When the key was first seen, in milliseconds since 1970.
    var first = Int64.max
    /// How often the key was written in its folded form. `spellings` has the other ones.
    private(set) var foldedCount = 0
    private(set) var spellings = ShortList<Spelling>()
    /// The samples with the smallest hashes, including deleted ones, so that they depend on all posts and not on when
    /// some were deleted.
    private(set) var samples = ShortList<Sample>()
    /// The hashes of texts whose posts have all been deleted.
    private var withdrawn: Set<UInt64> = []
    var posts = ShortList<Post>()
    /// In the order of the values.
    private(set) var groups = ShortList<Group>()

    mutating func add(group value: UInt64, _ amount: Int = 1) {
        var place = 0
        while place < groups.count, groups[place].value < value { place += 1 }
        if place < groups.count, groups[place].value == value {
            groups[place].count += amount
        } else {
            groups.insert(Group(value: value, count: amount), at: place)
        }
    }

    mutating func addFolded() { foldedCount += 1 }

    mutating func add(spelling hash: UInt64, count: Int = 1, _ text: () -> Text) {
        var place = 0
        while place < spellings.count, spellings[place].hash < hash { place += 1 }
        if place < spellings.count, spellings[place].hash == hash {
            spellings[place].count += count
        } else if place < TrendCell.spellingsMax {
            spellings.insert(Spelling(hash: hash, text: text(), count: count), at: place)
            if spellings.count > TrendCell.spellingsMax { spellings.removeLast() }
        }
    }

    mutating func add(sample hash: UInt64, limit: Int, _ sample: () -> Sample) {
        if samples.count == limit, limit == 0 || hash >= samples[limit - 1].hash { return }
        var place = 0
        while place < samples.count, samples[place].hash < hash { place += 1 }
        if place < samples.count, samples[place].hash == hash { return }
        samples.insert(sample(), at: place)
        if samples.count > limit { samples.removeLast() }
    }

    mutating func merge(_ other: TrendCell, samplesMax: Int) {
        withUnsafePointer(to: other) { merge($0, samplesMax: samplesMax) }
    }

    /// Adds a cell in place, since copying its 240 bytes costs more than most of them are worth.
    mutating func merge(_ other: UnsafePointer<TrendCell>, samplesMax: Int) {
        authors.formUnion(other.pointee.authors)
        texts.formUnion(other.pointee.texts)
        first = min(first, other.pointee.first)
        foldedCount += other.pointee.foldedCount
        other.pointee.spellings.forEach { spelling in
            add(spelling: spelling.hash, count: spelling.count) { spelling.text }
        }
        if other.pointee.withdrawn.isEmpty {
            other.pointee.samples.forEach { sample in add(sample: sample.hash, limit: samplesMax) { sample } }
        } else {
            for sample in other.pointee.shownSamples { add(sample: sample.hash, limit: samplesMax) { sample } }
        }
        posts.append(contentsOf: other.pointee.posts)
        other.pointee.groups.forEach { add(group: $0.value, $0.count) }
    }

    /// Removes deleted posts, and returns how many there were.
    ///
    /// - Parameter values: returns the enrichment of an author.
    mutating func remove(_ ids: Set<UInt64>, _ values: (UInt64) -> [UInt64]) -> Int64 {
        let before = posts.all
        let kept = before.filter { !ids.contains($0.id) }
        let removed = Int64(before.count - kept.count)
        guard removed > 0 else { return 0 }
        posts = ShortList(kept)
        for post in before where ids.contains(post.id) { for value in values(post.author) { add(group: value, -1) } }
        (authors, texts) = (DistinctCount(), DistinctCount())
        for post in kept {
            if post.author != 0 { authors.insert(post.author) }
            texts.insert(post.text)
        }
        for sample in samples.all where !kept.contains(where: { $0.text == sample.hash }) {
            withdrawn.insert(sample.hash)
        }
        return removed
    }

    /// The samples that some remaining post has.
    var shownSamples: [Sample] {
        if withdrawn.isEmpty { return samples.all }
        let texts = Set(posts.all.map(\.text))
        return samples.all.filter { !withdrawn.contains($0.hash) || texts.contains($0.hash) }
    }

    /// Returns the most frequent spelling of a key; of equally frequent ones, the first by bytes.
    func display(of key: Text) -> Text {
        let all = spellings.all + (foldedCount > 0 ? [Spelling(hash: 0, text: key, count: foldedCount)] : [])
        return all.min { $0.count != $1.count ? $0.count > $1.count : $0.text < $1.text }?.text ?? key
    }

    /// Whether the key has at least five authors, and at most half as many texts.
    var isCopied: Bool {
        let authors = authors.count
        return authors >= 5 && texts.count * 2 <= authors
    }
}

extension TrendCell.Sample {
    /// The maximum number of bytes that are kept of a text.
    static let bytesMax = 600

    init(hash: UInt64, _ raw: UnsafeBufferPointer<UInt8>, isEscaped: Bool, _ markup: PostView.Markup) {
        var end = min(raw.count, Self.bytesMax)
        // Do not split a scalar.
        while end > 0, end < raw.count, raw[end] & 0xC0 == 0x80 { end -= 1 }
        self.init(
            hash: hash, raw: Text(copying: UnsafeBufferPointer(rebasing: raw[..<end])), isEscaped: isEscaped,
            markup: markup)
    }

    /// The text on one line, with at most 280 characters.
    var text: Text {
        let plain = raw.withBytes { PostView.text($0, isEscaped: isEscaped, markup) }
        let line = plain.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isCut = line.count > 280 || raw.utf8Count >= Self.bytesMax - 3
        return Text(isCut ? line.prefix(279) + "…" : line[...])
    }
}

extension TrendCell: StreamCodable {
    func encode(to writer: inout ByteWriter) {
        authors.encode(to: &writer)
        texts.encode(to: &writer)
        first.encode(to: &writer)
        foldedCount.encode(to: &writer)
        writer.write(count: spellings.count)
        for spelling in spellings.all {
            spelling.hash.encode(to: &writer)
            spelling.text.encode(to: &writer)
            spelling.count.encode(to: &writer)
        }
        writer.write(count: samples.count)
        for sample in samples.all {
            sample.hash.encode(to: &writer)
            sample.raw.encode(to: &writer)
            sample.isEscaped.encode(to: &writer)
            writer.write(byte: sample.markup.rawValue)
        }
        Array(withdrawn).sorted().encode(to: &writer)
        writer.write(count: groups.count)
        for group in groups.all {
            group.value.encode(to: &writer)
            group.count.encode(to: &writer)
        }
        writer.write(count: posts.count)
        for post in posts.all { for word in [post.id, post.author, post.text] { word.encode(to: &writer) } }
    }

    static func decode(from reader: inout ByteReader) throws -> TrendCell {
        var cell = TrendCell()
        cell.authors = try DistinctCount.decode(from: &reader)
        cell.texts = try DistinctCount.decode(from: &reader)
        cell.first = try Int64.decode(from: &reader)
        cell.foldedCount = try Int.decode(from: &reader)
        for _ in 0..<(try reader.readCount()) {
            cell.spellings.append(
                Spelling(
                    hash: try UInt64.decode(from: &reader), text: try Text.decode(from: &reader),
                    count: try Int.decode(from: &reader)))
        }
        for _ in 0..<(try reader.readCount()) {
            cell.samples.append(
                Sample(
                    hash: try UInt64.decode(from: &reader), raw: try Text.decode(from: &reader),
                    isEscaped: try Bool.decode(from: &reader),
                    markup: PostView.Markup(rawValue: try reader.readByte()) ?? .none))
        }
        cell.withdrawn = Set(try [UInt64].decode(from: &reader))
        for _ in 0..<(try reader.readCount()) {
            cell.groups.append(Group(value: try UInt64.decode(from: &reader), count: try Int.decode(from: &reader)))
        }
        for _ in 0..<(try reader.readCount()) {
            cell.posts.append(
                Post(
                    id: try UInt64.decode(from: &reader), author: try UInt64.decode(from: &reader),
                    text: try UInt64.decode(from: &reader)))
        }
        return cell
    }
}
