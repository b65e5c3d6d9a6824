import SwiftwaterCore

/// The keys of a slide, or of a part of one, each with its count. With evidence, each key has a cell, too; without, the
/// counts lie in the hash table itself, and a key needs no other memory.
final class SlideTable: @unchecked Sendable {
    /// The occurrence of a key in a post, as needed to remove the post.
    struct Mention: Sendable {
        /// The hash of the post's id.
        let post: UInt64
        /// The `stableHash` of the key.
        let key: UInt64
    }

    let keepsCells: Bool
    /// With evidence, the number of each key, from 1; without, its count.
    private var table = TagTable(capacity: 64)
    /// With evidence: the keys, with their counts and cells.
    private let entries = SlideEntries()
    /// Without evidence: the keys of posts that may be deleted. With evidence, the cells have them.
    private(set) var mentions: [Mention] = []
    /// Upper bound on the undercount of each key, since rare keys were evicted.
    private(set) var error: Int64 = 0

    init(keepsCells: Bool) { self.keepsCells = keepsCells }

    var count: Int { table.count }

    /// Calls `body` with each key whose count is not 0. The keys point into the table.
    func forEachCount(_ body: (Text, Int64) -> Void) {
        if keepsCells {
            for number in 0..<entries.count where entries[number].pointee.count != 0 {
                body(entries[number].pointee.key, entries[number].pointee.count)
            }
        } else {
            table.forEach { key, count in if count != 0 { body(key, Int64(count)) } }
        }
    }

    /// Calls `body` with each key whose count is not 0, the `stableHash` of the key, its count, and its number of
    /// authors if `countsAuthors`. The keys point into the table.
    func forEachEntry(countsAuthors: Bool, _ body: (Text, UInt64, Int64, Int64) -> Void) {
        if keepsCells {
            for number in 0..<entries.count where entries[number].pointee.count != 0 {
                let entry = entries[number]
                let authors = countsAuthors ? Int64(entry.pointee.cell.authors.count) : 0
                body(entry.pointee.key, entry.pointee.hash, entry.pointee.count, authors)
            }
        } else {
            table.forEachSlot { key, hash, count in if count != 0 { body(key, hash, count, 0) } }
        }
    }

    /// Calls `body` with each cell.
    func forEachCell(_ body: (TrendCell) -> Void) {
        for number in 0..<entries.count { body(entries[number].pointee.cell) }
    }

    /// The count of a key; 0 if it is absent.
    subscript(key: Text) -> Int64 { keepsCells ? find(key)?.pointee.count ?? 0 : table[key] }

    /// The counts above 0, by key.
    var nonzeroCounts: TagTable {
        let counts = TagTable(capacity: 64)
        forEachCount { if $1 > 0 { counts.add($0, $1) } }
        return counts
    }

    func add(_ more: some Collection<Mention>) { mentions.append(contentsOf: more) }

    func addError(_ amount: Int64) { error += amount }

    // MARK: Without evidence

    /// Adds to the count of a key with this `stableHash`.
    @inline(__always)
    func add(_ key: Text, hash: UInt64, _ amount: Int64) { table.add(key, hash: hash, amount) }

    // MARK: With evidence

    /// Adds posts to the count of a key, and changes its cell. A new key is copied and added.
    @inline(__always)
    func add(_ key: Text, _ amount: Int64, _ change: (inout TrendCell) -> Void) {
        let hash = key.stableHash
        let known = table.number(of: key, hash: hash, next: Int64(entries.count) + 1)
        if known == 0 { entries.append(.init(key: key.detached(), hash: hash, count: 0, cell: TrendCell())) }
        let entry = entries[known == 0 ? entries.count - 1 : Int(known) - 1]
        entry.pointee.count += amount
        change(&entry.pointee.cell)
    }

    /// Adds the count and the cell of a key of another table. Both tables keep no more than `samplesMax` samples.
    func add(_ other: SlideTable, _ number: Int, samplesMax: Int) {
        let more = other.entries[number]
        let known = table.number(of: more.pointee.key, hash: more.pointee.hash, next: Int64(entries.count) + 1)
        guard known > 0 else { return entries.append(more.pointee) }
        let entry = entries[Int(known) - 1]
        entry.pointee.count += more.pointee.count
        entry.pointee.cell.merge(&more.pointee.cell, samplesMax: samplesMax)
    }

    /// Returns the numbers of the keys, by the highest four bits of their hashes.
    func numbersByShard() -> [[UInt32]] {
        var shards = [[UInt32]](repeating: [], count: 16)
        for number in 0..<entries.count {
            shards[Int(entries[number].pointee.hash >> 60)].append(UInt32(number))
        }
        return shards
    }

    private func find(_ key: Text) -> UnsafeMutablePointer<SlideEntries.Entry>? {
        let known = table[key]
        return known > 0 ? entries[Int(known) - 1] : nil
    }

    /// Returns the address of a key's entry, which is valid until the table changes; nil if it is absent, or without
    /// evidence.
    func entry(of key: Text, hash: UInt64) -> UnsafeMutablePointer<SlideEntries.Entry>? {
        guard keepsCells else { return nil }
        let known = table.count(of: key, hash: hash)
        return known > 0 ? entries[Int(known) - 1] : nil
    }

    /// When a key was first seen, in milliseconds since 1970; nil without evidence.
    func first(of key: Text) -> Int64? { keepsCells ? find(key)?.pointee.cell.first : nil }

    // MARK: Deletions and eviction

    /// Removes deleted posts.
    ///
    /// - Parameters:
    ///   - values: returns the enrichment of an author.
    ///   - whenRemoved: called with each key, its hash, and the numbers of its posts and authors that were removed.
    func remove(
        _ ids: Set<UInt64>, _ values: (UInt64) -> [UInt64], whenRemoved: (Text, UInt64, Int64, Int64) -> Void
    ) {
        if keepsCells {
            for number in 0..<entries.count {
                let entry = entries[number]
                guard !entry.pointee.cell.posts.isEmpty else { continue }
                let before = entry.pointee.cell.authors.count
                let removed = entry.pointee.cell.remove(ids, values)
                guard removed > 0 else { continue }
                entry.pointee.count -= removed
                let authors = Int64(before - entry.pointee.cell.authors.count)
                whenRemoved(entry.pointee.key, entry.pointee.hash, removed, authors)
            }
        } else {
            mentions.removeAll { mention in
                guard ids.contains(mention.post) else { return false }
                // Evicted keys have no count to reduce.
                if let key = table.decrement(hash: mention.key) { whenRemoved(key, mention.key, 1, 0) }
                return true
            }
        }
    }

    /// Returns a table of at most `limit` keys. If there are more, the count of the next one after them is subtracted
    /// from all, and those that reach zero are evicted (Misra and Gries, "Finding repeated elements", 1982; merged as
    /// in Agarwal et al., "Mergeable summaries", 2012). A count is then too low by at most `error`.
    func reduced(to limit: Int) -> SlideTable {
        guard count > limit else { return self }
        let smaller = SlideTable(keepsCells: keepsCells)
        if keepsCells {
            let amount = (0..<entries.count).map { entries[$0].pointee.count }.sorted(by: >)[limit]
            smaller.error = error + amount
            for number in 0..<entries.count where entries[number].pointee.count > amount {
                let entry = entries[number]
                smaller.add(entry.pointee.key, entry.pointee.count - amount) { $0 = entry.pointee.cell }
            }
        } else {
            let (table, amount) = table.reduced(to: limit)
            (smaller.table, smaller.error) = (table, error + amount)
        }
        smaller.mentions = mentions
        return smaller
    }
}

extension SlideTable {
    func encode(to writer: inout ByteWriter) {
        error.encode(to: &writer)
        writer.write(count: count)
        if keepsCells {
            for number in 0..<entries.count {
                entries[number].pointee.key.encode(to: &writer)
                entries[number].pointee.count.encode(to: &writer)
                entries[number].pointee.cell.encode(to: &writer)
            }
            return
        }
        var posts: [UInt64: [UInt64]] = [:]
        for mention in mentions { posts[mention.key, default: []].append(mention.post) }
        table.forEach { key, count in
            key.encode(to: &writer)
            Int64(count).encode(to: &writer)
            var cell = TrendCell()
            for id in posts[key.stableHash] ?? [] { cell.posts.append(.init(id: id, author: 0, text: 0)) }
            cell.encode(to: &writer)
        }
    }

    static func decode(from reader: inout ByteReader, keepsCells: Bool) throws -> SlideTable {
        let table = SlideTable(keepsCells: keepsCells)
        table.error = try Int64.decode(from: &reader)
        for _ in 0..<(try reader.readCount()) {
            let key = try Text.decode(from: &reader)
            let count = try Int64.decode(from: &reader)
            let cell = try TrendCell.decode(from: &reader)
            if keepsCells {
                table.add(key, count) { $0 = cell }
            } else {
                table.add(key, hash: key.stableHash, count)
                table.add(cell.posts.all.map { Mention(post: $0.id, key: key.stableHash) })
            }
        }
        return table
    }
}
