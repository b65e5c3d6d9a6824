import SwiftwaterCore

/// What is known about authors: the values of each, by the hash of the author's id, and their names.
struct AuthorValues: Sendable {
    /// The hashes of the values, by the hash of an author's id.
    private var values: [UInt64: [UInt64]] = [:]
    private var names: [UInt64: (column: String, value: Text)] = [:]

    /// The number of authors that have a value.
    var count: Int { values.count }
    /// The number of entries, for a bound on them.
    var size: Int { values.count + names.count }

    /// Returns the values of an author, by the hash of the id; empty if there are none.
    func values(of author: UInt64) -> [UInt64] { values[author] ?? [] }
    func name(of value: UInt64) -> (column: String, value: Text)? { names[value] }

    /// The hash of an author's id, as posts have it.
    static func hash(_ id: UnsafeRawBufferPointer) -> UInt64 { StableHasher.hash(id) | 1 }

    private mutating func name(_ column: String, _ value: String) -> UInt64 {
        let hash = Array((column + "\0" + value).utf8).withUnsafeBytes { StableHasher.hash($0) } | 1
        if names[hash] == nil { names[hash] = (column, Text(value)) }
        return hash
    }

    /// Adds the values of authors in a column.
    mutating func add(_ column: String, _ authors: [String: String]) {
        for (id, value) in authors {
            let author = Array(id.utf8).withUnsafeBytes { AuthorValues.hash($0) }
            values[author, default: []].append(name(column, value))
        }
    }

    /// Replaces the values of an author.
    mutating func set(_ id: Text, _ columns: [String], _ new: [Text?]) {
        let author = id.withBytes { AuthorValues.hash(UnsafeRawBufferPointer($0)) }
        let hashes = zip(columns, new).compactMap { column, value in
            value.flatMap { $0.isEmpty ? nil : name(column, String($0)) }
        }
        values[author] = hashes.isEmpty ? nil : hashes
    }

    /// Forgets other authors, and values that neither they nor `used` have.
    mutating func keepOnly(_ authors: Set<UInt64>, _ used: Set<UInt64>) {
        values = values.filter { authors.contains($0.key) }
        let kept = values.values.reduce(into: used) { $0.formUnion($1) }
        names = names.filter { kept.contains($0.key) }
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(count: names.count)
        for (hash, name) in names.sorted(by: { $0.key < $1.key }) {
            hash.encode(to: &writer)
            name.column.encode(to: &writer)
            name.value.encode(to: &writer)
        }
        writer.write(count: values.count)
        for (author, hashes) in values.sorted(by: { $0.key < $1.key }) {
            author.encode(to: &writer)
            hashes.encode(to: &writer)
        }
    }

    static func decode(from reader: inout ByteReader) throws -> AuthorValues {
        var all = AuthorValues()
        for _ in 0..<(try reader.readCount()) {
            let hash = try UInt64.decode(from: &reader)
            all.names[hash] = (try String.decode(from: &reader), try Text.decode(from: &reader))
        }
        for _ in 0..<(try reader.readCount()) {
            let author = try UInt64.decode(from: &reader)
            all.values[author] = try [UInt64].decode(from: &reader)
        }
        return all
    }
}
