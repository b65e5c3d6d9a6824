import SwiftwaterCore
import SwiftwaterFormats

/// What is known of authors beside their posts: one value for each, such as a place or whether they are verified. Rows of trends say how often
/// each value was behind a key.
public struct TrendEnrichment: Sendable {
    /// By the hash of an author's id, the hash of the value.
    private var values: [UInt64: UInt64] = [:]
    private var names: [UInt64: Text] = [:]

    /// - Parameter authors: ids as posts have them, each with its value; of two for one author the last counts.
    public init(_ authors: some Sequence<(id: String, value: String)>) {
        for author in authors { add(author.id, author.value) }
    }

    private mutating func add(_ id: String, _ value: String) {
        let name = Text(value)
        let hash = name.withBytes { StableHasher.hash(UnsafeRawBufferPointer($0)) } | 1
        names[hash] = name
        values[Array(id.utf8).withUnsafeBytes { StableHasher.hash($0) } | 1] = hash
    }

    public var authorCount: Int { values.count }

    /// The value of an author, by the hash of the id; nil where none is known.
    func value(of author: UInt64) -> UInt64? { values[author] }
    func name(of value: UInt64) -> Text? { names[value] }

    /// Reads a table of authors: CSV with a header, or NDJSON, plain or gzip. Whole numbers of more than 20 kinds are put together by their
    /// digits (`1000-9999`).
    ///
    /// - Parameters:
    ///   - key: the column of author ids.
    ///   - column: the column of values; authors without one are passed over.
    /// - Throws: `notFound`, `io`; `malformedInput` where a column is missing or a line is no JSON object.
    public static func read(_ path: String, key: String, column: String) throws -> TrendEnrichment {
        var rows = try FileBytes.with(path: path) { bytes in
            bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
                ? try objects(bytes, path, key, column) : try fields(bytes, path, key, column)
        }
        if Set(rows.map(\.value)).count > 20, rows.allSatisfy({ UInt64($0.value) != nil }) {
            rows = rows.map { ($0.id, magnitude($0.value)) }
        }
        return TrendEnrichment(rows)
    }

    private static func fields(
        _ bytes: UnsafeRawBufferPointer, _ path: String, _ key: String, _ column: String
    ) throws -> [(id: String, value: String)] {
        var csv = CSVReader(bytes, fileName: path)
        guard try csv.next() else { throw SwiftwaterError(.malformedInput, "the file is empty", at: .init(file: path)) }
        let header = csv.fields.map(\.string)
        guard let id = header.firstIndex(of: key), let value = header.firstIndex(of: column) else {
            throw SwiftwaterError(
                .malformedInput, "the header has no column '\(header.contains(key) ? column : key)'",
                at: .init(file: path, line: 1), remedy: "it has \(header.joined(separator: ", "))")
        }
        var rows: [(String, String)] = []
        while try csv.next() {
            guard csv.fields.count > max(id, value), !csv.fields[value].bytes.isEmpty else { continue }
            rows.append((csv.fields[id].string, csv.fields[value].string))
        }
        return rows
    }

    private static func objects(
        _ bytes: UnsafeRawBufferPointer, _ path: String, _ key: String, _ column: String
    ) throws -> [(id: String, value: String)] {
        var rows: [(String, String)] = []
        for (number, line) in bytes.split(separator: 0x0A).enumerated() where line.contains(where: { $0 > 0x20 }) {
            do {
                let json = try Array(line).withUnsafeBufferPointer { try JSONValue(parsing: $0) }
                if let id = json[key].flatMap(plain), let value = json[column].flatMap(plain) {
                    rows.append((id, value))
                }
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

    /// `0`, `1-9`, `10-99`, ...
    private static func magnitude(_ number: String) -> String {
        let value = UInt64(number)!
        guard value > 0 else { return "0" }
        let digits = String(value).count - 1
        return "1" + String(repeating: "0", count: digits) + "-" + String(repeating: "9", count: digits + 1)
    }
}
