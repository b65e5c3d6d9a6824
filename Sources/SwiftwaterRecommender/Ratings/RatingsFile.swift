import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How a file of ratings is written. The defaults are MovieLens's.
public struct RatingsFormat: Sendable {
    public var userColumn = "userId"
    public var itemColumn = "movieId"
    public var ratingColumn = "rating"
    /// Reads pairs to predict: ratings are not looked at and count as 0, and a pair may come more than once.
    public var readsPairs = false
    /// A column that may be missing.
    public var timestampColumn = "timestamp"
    /// One byte.
    public var separator: Character = ","
    /// Refuses ids that are no 64-bit integers. Otherwise a column with such an id becomes a column of string ids.
    public var requiresIntegerIDs = false
    /// Stops at the first malformed row instead of passing it over.
    public var isStrict = false

    public init() {}
}

/// What was found while reading ratings.
public struct RatingsReport: Sendable {
    /// Rows with data, good and bad.
    public var rows = 0
    /// Rows that were passed over.
    public var malformedRows = 0
    /// The first few of them: what was wrong, with file and line.
    public var samples: [SwiftwaterError] = []
    /// Rows whose (user, item) came again later; the last counts.
    public var duplicates = 0

    public init() {}
}

extension Ratings {
    /// Reads ratings from a CSV file, plain or gzip, or from standard input (`-`).
    ///
    /// Columns are found by their names in the header, in any order. A row with too few fields, or with a rating that is no
    /// finite number, is passed over and counted (`RatingsReport`), or thrown where the format is strict. Of rows for the same
    /// user and item the last counts. O(bytes).
    ///
    /// - Throws: `notFound`, `io`; `malformedInput` for an empty file or a header without a wanted column.
    public static func read(
        _ path: String, format: RatingsFormat = RatingsFormat(), progress: ((Double) -> Void)? = nil
    ) throws -> (ratings: Ratings, report: RatingsReport) {
        var reader = RatingsReader(path: path, format: format)
        return try reader.read(progress: progress)
    }
}

struct RatingsReader {
    private let path: String
    private let format: RatingsFormat
    private var report = RatingsReport()

    init(path: String, format: RatingsFormat) {
        self.path = path
        self.format = format
    }

    private struct Columns {
        let user: Int
        let item: Int
        let rating: Int?
        let timestamp: Int?
        var needed: Int { max(user, item, rating ?? 0) + 1 }
    }

    /// An id that is no integer was found: the column has to be read again, as strings.
    private struct StringIDs: Error { let isUser: Bool }

    mutating func read(progress: ((Double) -> Void)?) throws -> (ratings: Ratings, report: RatingsReport) {
        try FileBytes.with(path: path) { try read($0, progress: progress) }
    }

    private mutating func read(
        _ bytes: UnsafeRawBufferPointer, progress: ((Double) -> Void)?
    ) throws -> (ratings: Ratings, report: RatingsReport) {
        guard bytes.count > 0 else {
            throw SwiftwaterError(
                .malformedInput, "the file is empty", at: .init(file: path),
                remedy: "give a CSV file with a header such as userId,movieId,rating,timestamp")
        }
        var (userStrings, itemStrings) = (false, false)
        while true {
            report = RatingsReport()
            do {
                let all = try parse(bytes, userStrings: userStrings, itemStrings: itemStrings, progress: progress)
                if format.readsPairs { return (all, report) }
                let (ratings, removed) = all.removingDuplicates()
                report.duplicates = removed
                return (ratings, report)
            } catch let found as StringIDs {
                if found.isUser { userStrings = true } else { itemStrings = true }
            }
        }
    }

    private mutating func parse(
        _ bytes: UnsafeRawBufferPointer, userStrings: Bool, itemStrings: Bool, progress: ((Double) -> Void)?
    ) throws -> Ratings {
        guard let separator = format.separator.asciiValue else {
            throw SwiftwaterError(
                .invalidArgument, "the separator '\(format.separator)' is not one ASCII character",
                remedy: "use one such as , ; | or a tab")
        }
        var csv = CSVReader(bytes, separator: separator, fileName: path)
        guard try csv.next() else { throw SwiftwaterError(.malformedInput, "the file is empty", at: .init(file: path)) }
        let columns = try self.columns(of: csv.fields.map(\.string))
        var ratings = Ratings(
            userIDs: IdentifierTable(isInteger: !userStrings), itemIDs: IdentifierTable(isInteger: !itemStrings))
        while true {
            do {
                guard try csv.next() else { break }
                try append(csv, columns, to: &ratings)
            } catch let error as SwiftwaterError where error.code == .malformedInput && !format.isStrict {
                report.malformedRows += 1
                if report.samples.count < 5 { report.samples.append(error) }
            }
            report.rows += 1
            if report.rows & 0xFFFF == 0 { progress?(Double(csv.byteOffset) / Double(bytes.count)) }
        }
        return ratings
    }

    private func columns(of header: [String]) throws -> Columns {
        func find(_ name: String) throws -> Int {
            if let index = header.firstIndex(of: name) { return index }
            throw SwiftwaterError(
                .malformedInput,
                "the header has no column '\(name)'; it has \(header.map { "'\($0)'" }.joined(separator: ", "))",
                at: .init(file: path, line: 1),
                remedy:
                    "name the columns with --user-column, --item-column, --rating-column, or the separator with --separator"
            )
        }
        return Columns(
            user: try find(format.userColumn), item: try find(format.itemColumn),
            rating: format.readsPairs ? nil : try find(format.ratingColumn),
            timestamp: header.firstIndex(of: format.timestampColumn))
    }

    private func append(_ csv: CSVReader, _ columns: Columns, to ratings: inout Ratings) throws {
        let fields = csv.fields
        guard fields.count >= columns.needed else {
            throw malformed(
                csv, nil, "the row has \(fields.count) fields and \(columns.needed) are needed", "complete the row")
        }
        let value = try columns.rating.map { try rating(csv, $0) } ?? 0
        guard !fields[columns.user].bytes.isEmpty, !fields[columns.item].bytes.isEmpty else {
            let column = fields[columns.user].bytes.isEmpty ? format.userColumn : format.itemColumn
            throw malformed(csv, column, "the id is empty", "complete the row")
        }
        let user = try identifier(csv, columns.user, ratings.userIDs, isUser: true)
        let item = try identifier(csv, columns.item, ratings.itemIDs, isUser: false)
        var time: Int64 = 0
        if let column = columns.timestamp, column < fields.count { time = Int64.parse(fields[column].bytes) ?? 0 }
        ratings.append(
            user: user.insert(into: &ratings.userIDs), item: item.insert(into: &ratings.itemIDs), rating: value,
            time: time)
    }

    private func rating(_ csv: CSVReader, _ column: Int) throws -> Float {
        let field = csv.fields[column]
        guard let rating = Double.parse(field.bytes) else {
            throw malformed(csv, format.ratingColumn, "the rating '\(field.string)' is no number", "write it like 3.5")
        }
        guard Float(rating).isFinite else {
            throw malformed(
                csv, format.ratingColumn, "the rating '\(field.string)' is not finite",
                "leave the row out where there is no rating")
        }
        return Float(rating)
    }

    /// An id that was read, not yet in a table: a row is taken whole or not at all.
    private enum Identifier {
        case integer(Int64)
        case text(Text)

        func insert(into table: inout IdentifierTable) -> UInt32 {
            switch self {
            case .integer(let id): table.insert(id)
            case .text(let id): table.insert(id)
            }
        }
    }

    private func identifier(
        _ csv: CSVReader, _ column: Int, _ table: IdentifierTable, isUser: Bool
    ) throws -> Identifier {
        let field = csv.fields[column]
        if table.isInteger {
            if let id = Int64.parse(field.bytes) { return .integer(id) }
            guard format.requiresIntegerIDs else { throw StringIDs(isUser: isUser) }
            throw malformed(
                csv, isUser ? format.userColumn : format.itemColumn, "the id '\(field.string)' is no 64-bit integer",
                "leave out --integer-ids for ids that are text")
        }
        return .text(field.hasDoubledQuotes ? Text(field.string) : Text(unownedBytes: field.bytes, owner: nil))
    }

    private func malformed(_ csv: CSVReader, _ column: String?, _ what: String, _ remedy: String) -> SwiftwaterError {
        SwiftwaterError(.malformedInput, what, at: .init(file: path, line: csv.line, column: column), remedy: remedy)
    }
}

/// The bytes of a file: mapped where it is plain, read where it is compressed or a pipe.
enum FileBytes {
    static func with<Result>(path: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        if path != "-" {
            let file = try MappedFile(path: path)
            let isGzip = file.withBytes { $0.count >= 2 && $0[0] == 0x1F && $0[1] == 0x8B }
            if !isGzip { return try file.withBytes(body) }
        }
        return try ByteSource(path: path).readAll().withUnsafeBytes(body)
    }
}

extension Int64 {
    /// The integer that all the bytes spell, or nil. Spaces around it are allowed.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var digits = bytes[...]
        while digits.first == 0x20 { digits.removeFirst() }
        while digits.last == 0x20 { digits.removeLast() }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = scaled.subtractingReportingOverflow(Int64(byte - 0x30))
            if overflow || overflow2 { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}

extension Double {
    /// The number that all the bytes spell, or nil. Plain decimals of up to 15 digits are read here (and are then correctly
    /// rounded: both parts are exact), the rest by the standard library.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        var mantissa: Int64 = 0
        var digits = 0
        var fraction = -1
        for byte in bytes {
            if (0x30...0x39).contains(byte) {
                mantissa = mantissa * 10 + Int64(byte - 0x30)
                digits += 1
                if fraction >= 0 { fraction += 1 }
                if digits > 15 { break }
            } else if byte == UInt8(ascii: "."), fraction < 0 {
                fraction = 0
            } else {
                digits = 16
                break
            }
        }
        if digits > 0 && digits <= 15 {
            return fraction > 0 ? Double(mantissa) / powersOfTen[fraction] : Double(mantissa)
        }
        // Hexadecimal, which the standard library reads too, is no way to write a rating.
        if bytes.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) { return nil }
        return Double(String(decoding: bytes, as: UTF8.self).trimmed)
    }
}

private let powersOfTen: [Double] = (0...15).map { power in (0..<power).reduce(1.0) { value, _ in value * 10 } }

extension String {
    fileprivate var trimmed: String {
        var part = self[...]
        while part.first == " " { part.removeFirst() }
        while part.last == " " { part.removeLast() }
        return String(part)
    }
}
