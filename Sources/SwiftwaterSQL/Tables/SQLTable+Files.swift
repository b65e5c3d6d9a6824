import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterRecommender
import SwiftwaterStorage

extension SQLTable {
    /// Creates a table of ratings. Nothing is copied: ids are looked up in the ratings' id tables.
    ///
    /// - Parameters:
    ///   - format: the names of the columns.
    ///   - order: the columns of the table, in this order; nil for all four.
    public init(_ ratings: Ratings, format: RatingsFormat = RatingsFormat(), order: [String]? = nil) {
        func ids(_ table: IdentifierTable) -> ColumnStorage {
            switch table.storage {
            case .integers(let ids): return .integers(ids)
            case .strings(let ids):
                var texts = TextColumn()
                for id in ids { texts.append(id.utf8) }
                return .texts(texts)
            }
        }
        let all: [(name: String, storage: ColumnStorage)] = [
            (format.userColumn, .numbered(ratings.users, among: ids(ratings.userIDs))),
            (format.itemColumn, .numbered(ratings.items, among: ids(ratings.itemIDs))),
            (format.ratingColumn, .floats(ratings.values)),
            (format.timestampColumn, .integers(ratings.timestamps)),
        ]
        let chosen = order.map { $0.compactMap { name in all.first { $0.name == name } } } ?? all
        self.init(ColumnTable(rowCount: ratings.count, chosen))
    }

    /// A report of reading a table from a file.
    public struct Report: Sendable {
        /// The number of rows with more or fewer fields than the header. Missing fields are NULL, extra ones are
        /// dropped.
        public var unevenRows = 0
        /// The number of rows that could not be read and were skipped.
        public var malformedRows = 0
        /// The errors of the first few of both, with file and line.
        public var samples: [SwiftwaterError] = []

        /// Creates an empty report.
        public init() {}

        mutating func sample(_ error: SwiftwaterError) { if samples.count < 5 { samples.append(error) } }
    }

    /// Reads a CSV file with a header.
    ///
    /// A file with columns for user, item and rating, and at most a timestamp besides, is read as ratings on all cores.
    /// Any other file is read by `readCSV`.
    public static func read(
        _ path: String, format: RatingsFormat = RatingsFormat()
    ) throws -> (table: SQLTable, report: Report) {
        let header = try header(of: path, format)
        let wanted = [format.userColumn, format.itemColumn, format.ratingColumn]
        guard wanted.allSatisfy(header.contains), Set(header).isSubset(of: wanted + [format.timestampColumn]),
            Set(header).count == header.count
        else { return try readCSV(path, separator: format.separator) }
        var keeping = format
        keeping.keepsDuplicates = true
        let reading = try Ratings.read(path, format: keeping)
        let (ratings, found) = (reading.ratings, reading.report)
        var report = Report()
        (report.malformedRows, report.samples) = (found.malformedRows, found.samples)
        return (SQLTable(ratings, format: format, order: header), report)
    }

    /// Returns the names in the first line; empty for standard input, which can be read only once.
    private static func header(of path: String, _ format: RatingsFormat) throws -> [String] {
        if path == "-" { return [] }
        let source = try ByteSource(path: path)
        let start = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            while count < buffer.count {
                let more = try source.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
                if more == 0 { break }
                count += more
            }
        }
        return start.withUnsafeBytes { bytes in
            var csv = CSVReader(bytes, separator: format.separator.asciiValue ?? 0x2C, fileName: path)
            return (try? csv.next()) == true ? csv.fields.map(\.string) : []
        }
    }

    /// Reads a CSV file with a header, plain or gzip, or standard input (`-`).
    ///
    /// A column is INTEGER if every value is a 64-bit integer, else REAL if every value is a number, else TEXT (as are
    /// ids such as `007`). An empty field is NULL. O(bytes).
    ///
    /// - Throws: `notFound`, `io`; `malformedInput` for an empty file or a header that names a column twice.
    public static func readCSV(
        _ path: String, separator: Character = ","
    ) throws -> (table: SQLTable, report: Report) {
        guard let byte = separator.asciiValue else {
            throw SwiftwaterError(
                .invalidArgument, "the separator '\(separator)' is not one ASCII character",
                remedy: "use a character such as , ; | or a tab")
        }
        return try FileBytes.with(path: path) { bytes in
            var csv = CSVReader(bytes, separator: byte, fileName: path)
            var builder = CSVTableBuilder(path: path)
            try builder.readHeader(&csv)
            while try builder.readRow(&csv) {}
            return (SQLTable(builder.table), builder.report)
        }
    }
}

/// Collects the fields of a CSV file by column.
private struct CSVTableBuilder {
    let path: String
    private var columns: [CSVColumn] = []
    private var rowCount = 0
    private(set) var report = SQLTable.Report()

    init(path: String) { self.path = path }

    var table: ColumnTable { ColumnTable(rowCount: rowCount, columns.map { ($0.name, $0.storage) }) }

    mutating func readHeader(_ csv: inout CSVReader) throws {
        guard try csv.next() else {
            throw SwiftwaterError(
                .malformedInput, "the file is empty", at: .init(file: path),
                remedy: "give a CSV file whose first line names the columns")
        }
        var seen: Set<String> = []
        for (index, field) in csv.fields.enumerated() {
            let name = field.string.isEmpty ? "column\(index + 1)" : field.string
            guard seen.insert(name.lowercased()).inserted else {
                throw SwiftwaterError(
                    .malformedInput, "the header names the column '\(name)' twice", at: .init(file: path, line: 1),
                    remedy: "give each column a different name; names in SQL are case-insensitive")
            }
            columns.append(CSVColumn(name: name))
        }
    }

    /// Reads the next row; returns false at the end.
    mutating func readRow(_ csv: inout CSVReader) throws -> Bool {
        do {
            guard try csv.next() else { return false }
        } catch let error as SwiftwaterError where error.code == .malformedInput {
            report.malformedRows += 1
            report.sample(error)
            return true
        }
        if csv.fields.count != columns.count {
            report.unevenRows += 1
            report.sample(
                SwiftwaterError(
                    .malformedInput, "the row has \(csv.fields.count) fields and the header \(columns.count)",
                    at: .init(file: path, line: csv.line)))
        }
        for column in columns.indices {
            columns[column].append(column < csv.fields.count ? csv.fields[column] : nil)
        }
        rowCount += 1
        return true
    }
}

/// A column whose type is known only after its last value.
private struct CSVColumn {
    let name: String
    private var texts = TextColumn()
    private var isNull: [Bool] = []
    private var hasNull = false
    private var isInteger = true
    private var isReal = true

    init(name: String) { self.name = name }

    mutating func append(_ field: CSVReader.Field?) {
        guard let field, field.bytes.count > 0 else {
            hasNull = true
            isNull.append(true)
            texts.append(EmptyCollection<UInt8>())
            return
        }
        isNull.append(false)
        if field.hasDoubledQuotes { texts.append(Array(field.string.utf8)) } else { texts.append(field.bytes) }
        if isInteger { isInteger = CSVColumn.integer(field.bytes) != nil }
        if !isInteger, isReal { isReal = CSVColumn.real(field.bytes) != nil }
    }

    var storage: ColumnStorage {
        let isEmpty = isNull.allSatisfy { $0 }
        let values: ColumnStorage
        if isInteger, !isEmpty {
            values = .integers(convert(0, CSVColumn.integer))
        } else if isReal, !isEmpty {
            values = .reals(convert(0, CSVColumn.real))
        } else {
            values = .texts(texts)
        }
        return hasNull ? .nullable(values, isNull: isNull) : values
    }

    private func convert<Value>(_ none: Value, _ parse: (UnsafeBufferPointer<UInt8>) -> Value?) -> [Value] {
        (0..<isNull.count).map { row in isNull[row] ? none : texts.withBytes(row, parse) ?? none }
    }

    /// Parses digits with an optional minus sign, as SQL would write them: `007` and `+7` are text, not numbers.
    static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        let digits = bytes.first == 0x2D ? bytes.dropFirst() : bytes[...]
        guard let first = digits.first, digits.count <= 19, first != 0x30 || bytes.count == 1 else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            let (times, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, more) = times.subtractingReportingOverflow(Int64(byte - 0x30))
            if overflow || more { return nil }
            value = sum
        }
        if bytes.first == 0x2D { return value }
        return value == .min ? nil : -value
    }

    /// Parses a finite decimal number with a digit before the point.
    static func real(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        let digits = bytes.first == 0x2D ? bytes.dropFirst() : bytes[...]
        guard let first = digits.first, (0x30...0x39).contains(first),
            first != 0x30 || digits.count == 1 || !(0x30...0x39).contains(digits[digits.startIndex + 1]),
            digits.allSatisfy({
                (0x30...0x39).contains($0) || [0x2E, 0x2B, 0x2D, 0x65, 0x45].contains($0)  // . + - e E
            })
        else { return nil }
        return Double(String(decoding: bytes, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }
}
