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

    typealias Parsed = (user: Identifier, item: Identifier, value: Float, time: Int64)

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
        guard !fields[columns.user].bytes.isEmpty, !fields[columns.item].bytes.isEmpty else {
            let column = fields[columns.user].bytes.isEmpty ? format.userColumn : format.itemColumn
            throw malformed(line, column, "the id is empty", "complete the row")
        }
        let user = try identifier(fields[columns.user], line, isInteger: isIntegerUser, isUser: true)
        let item = try identifier(fields[columns.item], line, isInteger: isIntegerItem, isUser: false)
        var time: Int64 = 0
        if let column = columns.timestamp, column < fields.count { time = Int64.parse(fields[column].bytes) ?? 0 }
        return (user, item, value, time)
    }

    /// Parses a single line without quotes; nil if it is empty.
    ///
    /// - Throws: `NotPlain` if an id is not an integer.
    func parse(
        line bytes: UnsafeRawBufferPointer, at line: Int
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
            return (user, item, parsed.value, parsed.time)
        } catch is StringIDs { throw NotPlain.stringID }
    }

    private func rating(_ field: CSVReader.Field, _ line: Int) throws -> Float {
        guard let rating = Double.parse(field.bytes) else {
            throw malformed(
                line, format.ratingColumn, "the rating '\(field.string)' is not a number", "write it like 3.5")
        }
        guard Float(rating).isFinite else {
            throw malformed(
                line, format.ratingColumn, "the rating '\(field.string)' is not finite",
                "leave out rows without a rating")
        }
        return Float(rating)
    }

    private func identifier(
        _ field: CSVReader.Field, _ line: Int, isInteger: Bool, isUser: Bool
    ) throws -> Identifier {
        if isInteger, let id = Int64.parse(field.bytes) { return .integer(id) }
        guard sw_is_utf8(field.bytes.baseAddress, field.bytes.count) != 0 else {
            throw malformed(
                line, isUser ? format.userColumn : format.itemColumn, "the id is not valid UTF-8",
                "write the file in UTF-8")
        }
        if isInteger {
            guard format.requiresIntegerIDs else { throw StringIDs(isUser: isUser) }
            throw malformed(
                line, isUser ? format.userColumn : format.itemColumn,
                "the id '\(field.string)' is not a 64-bit integer", "allow text ids", .requiresIntegerIDs)
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
