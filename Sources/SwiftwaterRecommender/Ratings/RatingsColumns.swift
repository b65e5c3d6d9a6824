import SwiftwaterCore
import SwiftwaterFormats

/// The positions of the columns of a ratings file: by name in the header, or by number.
struct RatingsColumns: Sendable {
    let user: Int
    let item: Int
    let rating: Int?
    let timestamp: Int?

    /// - Parameter firstRow: the header, or the first row of a file without one.
    /// - Throws: `malformedInput` if a column is missing; `invalidArgument` if one is named for two roles.
    init(firstRow: [String], format: RatingsFormat, path: String) throws {
        let search = ColumnSearch(columns: firstRow, format: format, path: path)
        user = try search.position(of: format.userColumn, RatingsFormat.usual.userColumn, 0)
        item = try search.position(of: format.itemColumn, RatingsFormat.usual.itemColumn, 1)
        rating =
            format.readsPairs ? nil : try search.position(of: format.ratingColumn, RatingsFormat.usual.ratingColumn, 2)
        timestamp = try search.optionalPosition(of: format.timestampColumn, RatingsFormat.usual.timestampColumn, 3)
        let roles = [
            (user, format.userColumn), (item, format.itemColumn), (rating, format.ratingColumn),
            (timestamp, format.timestampColumn),
        ]
        for (number, (position, name)) in roles.enumerated()
        where position != nil && roles[..<number].contains(where: { $0.0 == position }) {
            throw SwiftwaterError(
                .invalidArgument, "the column '\(name)' is named for two of user, item, rating and time",
                at: .init(file: path), remedy: "name another column for each", setting: .ratingsFormat)
        }
    }

    var needed: Int { max(user, item, rating ?? 0) + 1 }

    /// Whether the columns are in MovieLens's order: user, item, rating, and the timestamp or nothing.
    var isUsualOrder: Bool { user == 0 && item == 1 && rating == 2 && (timestamp ?? 3) == 3 }
}

/// Finds the columns of a file.
private struct ColumnSearch {
    let columns: [String]
    let format: RatingsFormat
    let path: String

    /// Returns the position of a column.
    ///
    /// - Parameters:
    ///   - usual: the default of the name, which without a header is the column at `place`.
    func position(of name: String, _ usual: String, _ place: Int) throws -> Int {
        guard format.hasHeader else {
            if name == usual, place < columns.count { return place }
            guard let number = Int(name), (1...columns.count).contains(number) else { throw missing(name) }
            return number - 1
        }
        // The name as it is; otherwise in any case; otherwise a number.
        for isSame in [{ $0 == name }, { trimmed($0).lowercased() == name.lowercased() }] as [(String) -> Bool] {
            let found = columns.indices.filter { isSame(columns[$0]) }
            guard found.count < 2 else {
                throw SwiftwaterError(
                    .malformedInput, "the header has \(found.count) columns called '\(name)'",
                    at: .init(file: path, line: 1), remedy: "name one by its number, such as \(found[1] + 1)",
                    setting: .ratingsFormat)
            }
            if let first = found.first { return first }
        }
        if let number = Int(name), (1...columns.count).contains(number) { return number - 1 }
        throw missing(name)
    }

    /// Returns the position of a column that may be missing if it has its usual name.
    func optionalPosition(of name: String, _ usual: String, _ place: Int) throws -> Int? {
        do { return try position(of: name, usual, place) } catch let error as SwiftwaterError {
            if name == usual, error.message.hasPrefix("the header has no") || !format.hasHeader { return nil }
            throw error
        }
    }

    private func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private func missing(_ name: String) -> SwiftwaterError {
        guard format.hasHeader else {
            return SwiftwaterError(
                .malformedInput, "the first row has \(columns.count) fields, and no column '\(name)'",
                at: .init(file: path, line: 1), remedy: "without a header, give the numbers of columns, from 1",
                setting: .ratingsFormat)
        }
        // A file of another kind may have a first line of megabytes.
        let shown = columns.prefix(12).map {
            "'\(TerminalText.safe(String($0.prefix(40))))\($0.count > 40 ? "…" : "")'"
        }
        let list = shown.joined(separator: ", ") + (columns.count > 12 ? ", and \(columns.count - 12) more" : "")
        return SwiftwaterError(
            .malformedInput, "the header has no column '\(name)'; it has \(list)", at: .init(file: path, line: 1),
            remedy: remedy, setting: .ratingsFormat)
    }

    private var remedy: String {
        let first = columns[0]
        if columns.contains(where: { $0.utf8.dropLast().contains(0x0D) }) {
            return "the lines end in CR alone; write them with LF"
        }
        let others = ["::", "\t", ";", "|", ","].filter { $0 != format.separator && first.contains($0) }
        if columns.count == 1, let separator = others.first {
            let name = separator == "\t" ? "a tab" : "'\(separator)'"
            let isData = first.prefix(1).allSatisfy(\.isNumber) ? ", and say that there is no header" : ""
            return "the separator seems to be \(name): set it\(isData)"
        }
        if columns.allSatisfy({ Double(trimmed($0)) != nil }) {
            return "the first line looks like data: say that there is no header"
        }
        return "name the file's columns, or its separator"
    }
}
