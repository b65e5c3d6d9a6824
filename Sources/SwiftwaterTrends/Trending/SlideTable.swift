import SwiftwaterCore

/// The keys of a slide, or of a part of one, each with its count and, if evidence is recorded, its cell.
final class SlideTable: @unchecked Sendable {
    /// The occurrence of a key in a post, as needed to remove the post.
    struct Mention: Sendable {
        /// The hash of the post's id.
        let post: UInt64
        /// The `stableHash` of the key.
        let key: UInt64
    }

    /// The number of each key, from 1.
    private let index = TagTable(capacity: 64)
    let keepsCells: Bool
    private(set) var keys: [Text] = []
    var counts: [Int64] = []
    /// One per key; empty without evidence.
    var cells: [TrendCell] = []
    /// Without evidence: the keys of posts that may be deleted. With evidence, the cells have them.
    private(set) var mentions: [Mention] = []
    /// Upper bound on the undercount of each key, since rare keys were evicted.
    private(set) var error: Int64 = 0

    init(keepsCells: Bool) { self.keepsCells = keepsCells }

    var count: Int { keys.count }

    /// Returns the index of a key. A new key is copied and added.
    @inline(__always)
    func place(of key: Text) -> Int {
        let known = index[key]
        if known > 0 { return Int(known) - 1 }
        keys.append(key.detached())
        counts.append(0)
        if keepsCells { cells.append(TrendCell()) }
        index.add(key, Int64(keys.count))
        return keys.count - 1
    }

    func find(_ key: Text) -> Int? {
        let known = index[key]
        return known > 0 ? Int(known) - 1 : nil
    }

    /// The count of a key; 0 if it is absent.
    subscript(key: Text) -> Int64 { find(key).map { counts[$0] } ?? 0 }

    /// The counts above 0, by key.
    var nonzeroCounts: TagTable {
        let table = TagTable(capacity: 64)
        for number in 0..<count where counts[number] > 0 { table.add(keys[number], counts[number]) }
        return table
    }

    func add(_ more: some Collection<Mention>) { mentions.append(contentsOf: more) }

    func addError(_ amount: Int64) { error += amount }

    /// Removes deleted posts.
    ///
    /// - Parameters:
    ///   - values: returns the enrichment of an author.
    ///   - whenRemoved: called with each key and the number of its posts that were removed.
    func remove(_ ids: Set<UInt64>, _ values: (UInt64) -> [UInt64], whenRemoved: (Text, Int64) -> Void) {
        if keepsCells {
            for number in 0..<count {
                let removed = cells[number].remove(ids, values)
                guard removed > 0 else { continue }
                counts[number] -= removed
                whenRemoved(keys[number], removed)
            }
            return
        }
        mentions.removeAll { mention in
            guard ids.contains(mention.post) else { return false }
            let known = index[hash: mention.key]
            // Evicted keys have no count to reduce.
            guard known > 0, counts[Int(known) - 1] > 0 else { return true }
            counts[Int(known) - 1] -= 1
            whenRemoved(keys[Int(known) - 1], 1)
            return true
        }
    }

    /// Returns a table of at most `limit` keys. If there are more, the count of the next one after them is subtracted
    /// from all, and those that reach zero are evicted (Misra and Gries, "Finding repeated elements", 1982; merged as
    /// in Agarwal et al., "Mergeable summaries", 2012). A count is then too low by at most `error`.
    func reduced(to limit: Int) -> SlideTable {
        guard count > limit else { return self }
        let amount = counts.sorted(by: >)[limit]
        let smaller = SlideTable(keepsCells: keepsCells)
        smaller.error = error + amount
        for number in 0..<count where counts[number] > amount {
            let place = smaller.place(of: keys[number])
            if keepsCells { smaller.cells[place] = cells[number] }
            smaller.counts[place] = counts[number] - amount
        }
        smaller.mentions = mentions
        return smaller
    }
}

extension SlideTable {
    func encode(to writer: inout ByteWriter) {
        error.encode(to: &writer)
        writer.write(count: count)
        var posts: [UInt64: [UInt64]] = [:]
        for mention in mentions { posts[mention.key, default: []].append(mention.post) }
        for number in 0..<count {
            keys[number].encode(to: &writer)
            counts[number].encode(to: &writer)
            if keepsCells {
                cells[number].encode(to: &writer)
            } else {
                var cell = TrendCell()
                for id in posts[keys[number].stableHash] ?? [] { cell.posts.append(.init(id: id, author: 0, text: 0)) }
                cell.encode(to: &writer)
            }
        }
    }

    static func decode(from reader: inout ByteReader, keepsCells: Bool) throws -> SlideTable {
        let table = SlideTable(keepsCells: keepsCells)
        table.error = try Int64.decode(from: &reader)
        for _ in 0..<(try reader.readCount()) {
            let key = try Text.decode(from: &reader)
            let place = table.place(of: key)
            table.counts[place] = try Int64.decode(from: &reader)
            let cell = try TrendCell.decode(from: &reader)
            if keepsCells {
                table.cells[place] = cell
            } else {
                table.add(cell.posts.all.map { Mention(post: $0.id, key: key.stableHash) })
            }
        }
        return table
    }
}
