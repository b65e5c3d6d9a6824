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
    ///   - ratings: the ratings, one for each row.
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
        /// The number of values such as `nan` in columns of numbers, which are NULL.
        public var missingValues = 0
        /// The first of them.
        public var missingSample: SwiftwaterError?

        /// Creates an empty report.
        public init() {}

        mutating func sample(_ error: SwiftwaterError) { if samples.count < 5 { samples.append(error) } }
    }

    /// Reads a CSV file, by the rules of `readCSV`. One with the columns of ratings in the format's names, whose values
    /// are all in their usual form, is read on all cores.
    public static func read(
        _ path: String, format: RatingsFormat = RatingsFormat()
    ) throws -> (table: SQLTable, report: Report) {
        if let table = try ratings(path, format) { return (table, Report()) }
        return try readCSV(
            path, separator: format.separator, hasHeader: format.hasHeader, encoding: format.encoding)
    }

    /// Returns the table of a file of ratings that says the same as `readCSV` would; nil if there is none.
    private static func ratings(_ path: String, _ format: RatingsFormat) throws -> SQLTable? {
        guard format.hasHeader else { return nil }
        let header = try header(of: path, format)
        let usual = [format.userColumn, format.itemColumn, format.ratingColumn, format.timestampColumn]
        guard header == usual || header == Array(usual.dropLast()) else { return nil }
        var keeping = format
        (keeping.keepsDuplicates, keeping.isStrict, keeping.requiresIntegerIDs) = (true, false, false)
        guard let reading = try? Ratings.read(path, format: keeping), reading.report.isVerbatim else { return nil }
        let ratings = reading.ratings
        guard !reading.report.hasDecimalPoint else { return SQLTable(ratings, format: format, order: header) }
        // Whole numbers are INTEGER.
        var columns = SQLTable(ratings, format: format, order: header).storage ?? []
        columns[2].storage = .integers(ratings.values.map { Int64($0) })
        return SQLTable(ColumnTable(rowCount: ratings.count, columns))
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
        let separator = try FieldSeparator(format.separator)
        return start.withUnsafeBytes { bytes in
            separator.with(bytes) { bytes, byte in
                var csv = CSVReader(bytes, separator: byte, fileName: path)
                return (try? csv.next()) == true ? csv.fields.map(\.string) : []
            }
        }
    }

    /// Reads a CSV file, plain or gzip, or standard input (`-`).
    ///
    /// A column is INTEGER if every value is a 64-bit integer, else REAL if every value is a number, else TEXT (as are
    /// ids such as `007`, and integers of more than 64 bits). An empty field is NULL, and so is `nan`, `na`, `n/a`,
    /// `null` or `none`, in any case, in a column whose other values are numbers. O(bytes).
    ///
    /// - Parameter hasHeader: whether the first line names the columns, which are otherwise `column1`, `column2`, ...
    /// - Parameter path: the path of the file.
    /// - Parameter separator: what stands between fields.
    /// - Parameter encoding: how the file's text is written.
    /// - Throws: `notFound`, `io`; `malformedInput` for an empty file or a header that names a column twice.
    public static func readCSV(
        _ path: String, separator: String = ",", hasHeader: Bool = true, encoding: TextEncoding = .utf8
    ) throws -> (table: SQLTable, report: Report) {
        let separator = try FieldSeparator(separator)
        return try FileBytes.with(path: path, encoding: encoding) { bytes in
            try separator.with(bytes) { bytes, byte in
                var csv = CSVReader(bytes, separator: byte, fileName: path)
                var builder = CSVTableBuilder(path: path)
                try builder.readHeader(&csv, hasHeader)
                if !hasHeader { csv = CSVReader(bytes, separator: byte, fileName: path) }
                while try builder.readRow(&csv) {}
                return (SQLTable(builder.table), builder.finalReport)
            }
        }
    }
}

/// Collects the fields of a CSV file by column.
private struct CSVTableBuilder {
    let path: String
    private var columns: [CSVColumn] = []
    private var rowCount = 0
    private var report = SQLTable.Report()

    init(path: String) { self.path = path }

    var table: ColumnTable { ColumnTable(rowCount: rowCount, columns.map { ($0.name, $0.storage) }) }

    /// What was noticed, with the missing values of columns that turned out to be numbers.
    var finalReport: SQLTable.Report {
        var report = report
        for column in columns where column.isNumber && column.missing > 0 {
            report.missingValues += column.missing
            if report.missingSample.map({ $0.location!.line! > column.firstMissing!.line }) ?? true {
                report.missingSample = SwiftwaterError(
                    .malformedInput, "'\(column.firstMissing!.text)' counts as NULL",
                    at: .init(file: path, line: column.firstMissing!.line, column: column.name))
            }
        }
        return report
    }

    mutating func readHeader(_ csv: inout CSVReader, _ hasHeader: Bool) throws {
        guard try csv.next() else {
            throw SwiftwaterError(
                .malformedInput, "the file is empty", at: .init(file: path),
                remedy: "give a CSV file whose first line names the columns")
        }
        var seen: Set<String> = []
        for (index, field) in csv.fields.enumerated() {
            let name = field.string.isEmpty || !hasHeader ? "column\(index + 1)" : field.string
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
            columns[column].append(column < csv.fields.count ? csv.fields[column] : nil, line: csv.line)
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
    /// The number of values that are NULL if the others are numbers, and the first of them.
    private(set) var missing = 0
    private(set) var firstMissing: (text: String, line: Int)?
    private var hasNumber = false

    init(name: String) { self.name = name }

    mutating func append(_ field: CSVReader.Field?, line: Int) {
        guard let field, field.bytes.count > 0 else {
            hasNull = true
            isNull.append(true)
            texts.append(EmptyCollection<UInt8>())
            return
        }
        isNull.append(false)
        if field.hasDoubledQuotes { texts.append(Array(field.string.utf8)) } else { texts.append(field.bytes) }
        guard isReal else { return }
        if CSVColumn.isMissing(field.bytes) {
            missing += 1
            if firstMissing == nil { firstMissing = (field.string, line) }
            return
        }
        hasNumber = true
        if isInteger { isInteger = CSVColumn.integer(field.bytes) != nil }
        if !isInteger { isReal = CSVColumn.real(field.bytes) != nil }
    }

    /// Whether all values but missing ones are numbers, and there is one.
    var isNumber: Bool { isReal && hasNumber }

    var storage: ColumnStorage {
        guard isNumber else {
            return hasNull ? .nullable(.texts(texts), isNull: isNull) : .texts(texts)
        }
        var isNull = isNull
        if missing > 0 {
            for row in isNull.indices where !isNull[row] { isNull[row] = texts.withBytes(row, CSVColumn.isMissing) }
        }
        let values: ColumnStorage =
            isInteger
            ? .integers(convert(0, isNull, CSVColumn.integer)) : .reals(convert(0, isNull, CSVColumn.real))
        return hasNull || missing > 0 ? .nullable(values, isNull: isNull) : values
    }

    private static let missingWords = ["nan", "na", "n/a", "null", "none"].map { Array($0.utf8) }

    private static func isMissing(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard (2...4).contains(bytes.count), bytes[0] | 0x20 == 0x6E else { return false }
        let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return missingWords.contains(lower)
    }

    private func convert<Value>(_ none: Value, _ isNull: [Bool], _ parse: (UnsafeBufferPointer<UInt8>) -> Value?)
        -> [Value]
    {
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

    /// Parses a finite decimal number with a digit before the point. Integers of more than 64 bits are none: their last
    /// digits would be lost.
    static func real(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        let digits = bytes.first == 0x2D ? bytes.dropFirst() : bytes[...]
        guard let first = digits.first, (0x30...0x39).contains(first),
            first != 0x30 || digits.count == 1 || !(0x30...0x39).contains(digits[digits.startIndex + 1]),
            digits.contains(where: { !(0x30...0x39).contains($0) }) || integer(bytes) != nil,
            digits.allSatisfy({
                (0x30...0x39).contains($0) || [0x2E, 0x2B, 0x2D, 0x65, 0x45].contains($0)  // . + - e E
            })
        else { return nil }
        return Double(String(decoding: bytes, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }
}
