import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterFormats

/// Parses a CSV row as a rating, or reports what is wrong with it.
struct RatingsRowParser: Sendable {
    /// Why a file cannot be read by `PlainRatingsParser`: it has to be read again from the start by the general parser.
    enum NotPlain: Error { case quote, stringID }

    let path: String
    let format: RatingsFormat
    let separator: UInt8
    let columns: RatingsColumns

    /// An id that is not an integer was found: the column has to be read again, as strings.
    struct StringIDs: Error { let isUser: Bool }

    /// An id that is not yet in a table: a row is added as a whole or not at all.
    enum Identifier {
        case integer(Int64)
        case text(Text)

        func insert(into table: inout IdentifierTable) -> UInt32 {
            switch self {
            case .integer(let id): table.insert(id)
            case .text(let id): table.insert(id)
            }
        }
    }

    /// - Parameter time: nil if it is missing or cannot be read.
    typealias Parsed = (user: Identifier, item: Identifier, value: Float, time: Int64?)

    /// Parses the row that `csv` has read. Texts point into its bytes.
    ///
    /// - Parameter line: the row's line in the file, if it is not the one `csv` counts.
    func parse(_ csv: CSVReader, isIntegerUser: Bool, isIntegerItem: Bool, line: Int? = nil) throws -> Parsed {
        let line = line ?? csv.line
        let fields = csv.fields
        guard fields.count >= columns.needed else {
            throw malformed(
                line, nil, "the row has \(fields.count) fields and \(columns.needed) are needed", "complete the row")
        }
        let value = try columns.rating.map { try rating(fields[$0], line) } ?? 0
        let (userID, itemID) = (Self.trimmed(fields[columns.user]), Self.trimmed(fields[columns.item]))
        guard !userID.bytes.isEmpty, !itemID.bytes.isEmpty else {
            let column = userID.bytes.isEmpty ? format.userColumn : format.itemColumn
            throw malformed(line, column, "the id is empty", "complete the row")
        }
        let user = try identifier(userID, line, isInteger: isIntegerUser, isUser: true)
        let item = try identifier(itemID, line, isInteger: isIntegerItem, isUser: false)
        let time = columns.timestamp.flatMap { $0 < fields.count ? Int64.parse(time: fields[$0].bytes) : nil }
        return (user, item, value, time)
    }

    /// Counts a row without a time in `report`.
    func countTimeless(_ csv: CSVReader, _ report: inout RatingsReport, line: Int? = nil) {
        guard let column = columns.timestamp else { return }
        report.rowsWithoutTime += 1
        guard report.timeSample == nil, column < csv.fields.count, !csv.fields[column].bytes.isEmpty else { return }
        report.timeSample = malformed(
            line ?? csv.line, format.timestampColumn, "'\(csv.fields[column].shown)' is not a time",
            "write seconds since 1970, or 2026-11-23 12:00:00")
    }

    private static func trimmed(_ field: CSVReader.Field) -> CSVReader.Field {
        var (start, end) = (0, field.bytes.count)
        while start < end, field.bytes[start] == 0x20 { start += 1 }
        while end > start, field.bytes[end - 1] == 0x20 { end -= 1 }
        if start == 0, end == field.bytes.count { return field }
        return CSVReader.Field(
            bytes: UnsafeBufferPointer(rebasing: field.bytes[start..<end]), hasDoubledQuotes: field.hasDoubledQuotes)
    }

    /// Parses a single line without quotes; nil if it is empty.
    ///
    /// - Throws: `NotPlain` if an id is not an integer.
    func parse(
        line bytes: UnsafeRawBufferPointer, at line: Int, _ report: inout RatingsReport
    ) throws -> (user: Int64, item: Int64, value: Float, time: Int64)? {
        // The reader would skip a byte order mark, which is one only at the start of the file.
        if bytes.first == 0xEF { throw NotPlain.stringID }
        var csv = CSVReader(bytes, separator: separator, fileName: path)
        guard try csv.next() else { return nil }
        do {
            let parsed = try parse(csv, isIntegerUser: true, isIntegerItem: true, line: line)
            guard case .integer(let user) = parsed.user, case .integer(let item) = parsed.item else {
                throw NotPlain.stringID
            }
            if parsed.time == nil { countTimeless(csv, &report, line: line) }
            return (user, item, parsed.value, parsed.time ?? 0)
        } catch is StringIDs { throw NotPlain.stringID }
    }

    private func rating(_ field: CSVReader.Field, _ line: Int) throws -> Float {
        guard let rating = try Double.parse(field.bytes) ?? decimalComma(field, line) else {
            throw malformed(
                line, format.ratingColumn, "the rating '\(field.shown)' is not a number", "write it like 3.5")
        }
        guard Float(rating).isFinite else {
            throw malformed(
                line, format.ratingColumn, "the rating '\(field.shown)' is not finite",
                "leave out rows without a rating")
        }
        return Float(rating)
    }

    /// Returns a rating with a decimal comma; nil if it has none.
    private func decimalComma(_ field: CSVReader.Field, _ line: Int) throws -> Double? {
        guard let comma = field.bytes.firstIndex(of: 0x2C), field.bytes.count < 32 else { return nil }
        var text = Array(field.bytes)
        text[comma] = 0x2E
        guard let rating = text.withUnsafeBufferPointer({ Double.parse($0) }) else { return nil }
        guard format.hasDecimalComma else {
            throw SwiftwaterError(
                .invalidArgument, "the rating '\(field.shown)' has a decimal comma",
                at: .init(file: path, line: line, column: format.ratingColumn),
                remedy: "say that ratings have decimal commas", setting: .decimalComma)
        }
        return rating
    }

    private func identifier(
        _ field: CSVReader.Field, _ line: Int, isInteger: Bool, isUser: Bool
    ) throws -> Identifier {
        if isInteger, let id = Int64.parse(id: field.bytes) { return .integer(id) }
        guard sw_is_utf8(field.bytes.baseAddress, field.bytes.count) != 0 else {
            throw malformed(
                line, isUser ? format.userColumn : format.itemColumn, "the id is not valid UTF-8",
                "write the file in UTF-8")
        }
        if isInteger {
            guard format.requiresIntegerIDs else { throw StringIDs(isUser: isUser) }
            throw malformed(
                line, isUser ? format.userColumn : format.itemColumn,
                "the id '\(field.shown)' is not a 64-bit integer", "allow text ids", .requiresIntegerIDs)
        }
        return .text(field.hasDoubledQuotes ? Text(field.string) : Text(unownedBytes: field.bytes, owner: nil))
    }

    private func malformed(
        _ line: Int, _ column: String?, _ what: String, _ remedy: String, _ setting: SwiftwaterError.Setting? = nil
    ) -> SwiftwaterError {
        SwiftwaterError(
            .malformedInput, what, at: .init(file: path, line: line, column: column), remedy: remedy, setting: setting)
    }
}
