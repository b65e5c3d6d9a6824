import ArgumentParser
import Swiftwater

enum SQLFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case csv
    case ndjson
    case json
}

/// Writes rows as they arrive.
///
/// The table format buffers the first rows to size its columns.
final class SQLResultWriter {
    private static let rowsLookedAt = 500
    private static let widthMax = 48

    private let format: SQLFormat
    private let names: [String]
    private let console: Console
    private var waiting: [SQLRow] = []
    private var widths: [Int]?
    private var isRight: [Bool] = []
    private var output = ""
    private var rowCount = 0

    init(_ format: SQLFormat, names: [String], console: Console) {
        (self.format, self.names, self.console) = (format, names, console)
        if format == .json { output = "[" }
        if format == .csv { output = names.map { CSVReader.quoted($0) }.joined(separator: ",") + "\n" }
    }

    func write(_ row: SQLRow) throws {
        rowCount += 1
        switch format {
        case .csv:
            output += row.values.map { CSVReader.quoted(SQLResultWriter.plain($0)) }.joined(separator: ",") + "\n"
        case .ndjson, .json:
            let object = JSONWriter.object { json in
                for (name, value) in zip(names, row.values) { json.member(name, value) }
            }
            output += format == .ndjson ? object + "\n" : (rowCount > 1 ? ",\n" : "") + object
        case .table:
            if widths == nil {
                waiting.append(row)
                if waiting.count == SQLResultWriter.rowsLookedAt { showWaiting() }
            } else {
                show(row)
            }
        }
        if output.utf8.count > 1 << 16 { try flush() }
    }

    func finish() throws {
        if format == .json { output += "]\n" }
        if format == .table {
            if widths == nil { showWaiting() }
            try flush()
            console.remark(rowCount == 1 ? "1 row" : "\(Format.count(rowCount, "row"))")
        }
        try flush()
    }

    private func flush() throws {
        try StandardStream.output.write(output)
        output = ""
    }

    private func showWaiting() {
        let texts = waiting.map { $0.values.map(SQLResultWriter.shown) }
        widths = names.indices.map { column in
            texts.reduce(Format.columns(TerminalText.safe(names[column]))) { max($0, Format.columns($1[column])) }
        }.map { min($0, SQLResultWriter.widthMax) }
        isRight = names.indices.map { column in
            waiting.contains { $0[column].real != nil } && !waiting.contains { $0[column].text != nil }
        }
        output += console.styled(line(names.map { TerminalText.safe($0) }), .bold) + "\n"
        for row in waiting { show(row) }
        waiting = []
    }

    private func show(_ row: SQLRow) { output += line(row.values.map(SQLResultWriter.shown)) + "\n" }

    private func line(_ cells: [String]) -> String {
        let padded = zip(cells, zip(widths!, isRight)).map { cell, column in
            let cut = Format.cut(cell, column.0)
            return column.1 ? Format.right(cut, column.0) : Format.left(cut, column.0)
        }
        var line = padded.joined(separator: "  ")
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    private static func plain(_ value: SQLValue) -> String {
        switch value {
        case .null: ""
        case .integer(let value): String(value)
        case .real(let value): "\(value)"
        case .text(let text): String(text)
        }
    }

    /// Returns a value for display: NULL as `?`, as in the matrix, and numbers with at most six decimals.
    private static func shown(_ value: SQLValue) -> String {
        switch value {
        case .null: return "?"
        case .real(let value) where abs(value) < 1e9 && (value * 1e6).rounded() / 1e6 != value:
            return Format.decimal(value, 6)
        default: return TerminalText.safe(plain(value))
        }
    }
}
