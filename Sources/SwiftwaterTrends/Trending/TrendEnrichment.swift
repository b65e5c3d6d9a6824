import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// Values of authors in one or more columns, such as a place or whether they are verified. Rows of trends report how
/// often each value occurs among the posts of a key.
public struct TrendEnrichment: Sendable {
    /// What is known from the start.
    private(set) var known = AuthorValues()
    /// Where authors are looked up when they post; nil if all is known from the start.
    package let table: CachedTable?

    /// Creates an enrichment of one column.
    ///
    /// - Parameters:
    ///   - column: the name of the column, such as `location`.
    ///   - authors: ids as they appear in posts, each with its value. Of two values for one author, the last counts.
    public init(column: String = "", _ authors: some Sequence<(id: String, value: String)>) {
        table = nil
        known.add(column, Dictionary(authors.map { ($0.id, $0.value) }, uniquingKeysWith: { $1 }))
    }

    /// Creates an enrichment of several columns.
    ///
    /// - Parameters:
    ///   - columns: the names of the columns.
    ///   - rows: an author's id, and a value or nil for each column. A column of more than 20 different whole numbers
    ///     is grouped by their number of digits (`1000-9999`).
    public init(columns: [String], rows: [(id: String, values: [String?])]) {
        table = nil
        for (number, column) in columns.enumerated() {
            var authors: [String: String] = [:]
            for row in rows { if let value = row.values[number], !value.isEmpty { authors[row.id] = value } }
            if Set(authors.values).count > 20, authors.values.allSatisfy({ UInt64($0) != nil }) {
                authors = authors.mapValues(TrendEnrichment.magnitude)
            }
            known.add(column, authors)
        }
    }

    /// Creates an enrichment from a table in which authors are looked up when they post: those of a batch that are not
    /// known, all at once.
    ///
    /// A post counts with what is known of its author then. If that has changed when the post is deleted, the deletion
    /// is subtracted from the new value.
    public init(_ table: CachedTable) { self.table = table }

    /// The number of authors that have a value from the start.
    public var authorCount: Int { known.count }

    /// Reads a table of authors: CSV with a header, or NDJSON, plain or gzip.
    ///
    /// - Parameters:
    ///   - key: the column of author ids.
    ///   - columns: the columns of values. Authors without a value in a column are skipped there.
    ///   - path: the path of the file.
    /// - Throws: `notFound` or `io`; `malformedInput` if a column is missing or a line is not a JSON object.
    public static func read(_ path: String, key: String, columns: [String]) throws -> TrendEnrichment {
        try FileBytes.with(path: path) { bytes in
            TrendEnrichment(
                columns: columns,
                rows: bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
                    ? try objects(bytes, path, key, columns) : try fields(bytes, path, key, columns))
        }
    }

    private static func fields(
        _ bytes: UnsafeRawBufferPointer, _ path: String, _ key: String, _ columns: [String]
    ) throws -> [(id: String, values: [String?])] {
        var csv = CSVReader(bytes, fileName: path)
        guard try csv.next() else { throw SwiftwaterError(.malformedInput, "the file is empty", at: .init(file: path)) }
        let header = csv.fields.map(\.string)
        let places = try ([key] + columns).map { name in
            guard let place = header.firstIndex(of: name) else {
                throw SwiftwaterError(
                    .malformedInput, "the header has no column '\(name)'", at: .init(file: path, line: 1),
                    remedy: "it has \(header.joined(separator: ", "))")
            }
            return place
        }
        var rows: [(id: String, values: [String?])] = []
        while try csv.next() {
            let values = places.map { $0 < csv.fields.count ? csv.fields[$0].string : nil }
            if let id = values[0] { rows.append((id, Array(values[1...]))) }
        }
        return rows
    }

    private static func objects(
        _ bytes: UnsafeRawBufferPointer, _ path: String, _ key: String, _ columns: [String]
    ) throws -> [(id: String, values: [String?])] {
        var rows: [(id: String, values: [String?])] = []
        for (number, line) in bytes.split(separator: 0x0A).enumerated() where line.contains(where: { $0 > 0x20 }) {
            do {
                let json = try Array(line).withUnsafeBufferPointer { try JSONValue(parsing: $0) }
                if let id = json[key].flatMap(plain) { rows.append((id, columns.map { json[$0].flatMap(plain) })) }
            } catch var error as SwiftwaterError {
                error.location = .init(file: path, line: number + 1)
                throw error
            }
        }
        return rows
    }

    private static func plain(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text.isEmpty ? nil : text
        case .integer(let number): String(number)
        case .number(let number): "\(number)"
        case .bool(let truth): truth ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    /// Returns the range of a number's digits: `0`, `1-9`, `10-99`, ...
    private static func magnitude(_ number: String) -> String {
        let value = UInt64(number)!
        guard value > 0 else { return "0" }
        let digits = String(value).count - 1
        return "1" + String(repeating: "0", count: digits) + "-" + String(repeating: "9", count: digits + 1)
    }
}
