import ArgumentParser
import Swiftwater

struct SQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Asks questions of files in SQL.",
        discussion: """
            A table is a CSV file with a header, plain or gzip. It is read into columns on \
            all cores and queried in place with SQLite's SQL. Empty fields are NULL.

              swiftwater sql --table ratings=ratings.csv --table movies=movies.csv \\
                "SELECT title, count(*) AS n, avg(rating) AS mean FROM ratings \\
                 JOIN movies USING (movieId) GROUP BY movieId ORDER BY n DESC LIMIT 10"

            The matrix of some films, with NULL where nobody rated:

              swiftwater sql --table ratings=ratings.csv \\
                "SELECT userId, max(rating) FILTER (WHERE movieId = 1) AS film1, \\
                 max(rating) FILTER (WHERE movieId = 2) AS film2 FROM ratings \\
                 GROUP BY userId LIMIT 20"
            """)

    @Option(help: "NAME=FILE: a CSV file (- for standard input) and what the query calls it; repeat for more.")
    var table: [TableArgument] = []
    @Argument(help: "The query.") var query: String
    @Option(help: "table (for people), csv or ndjson.") var format = SQLFormat.table
    @OptionGroup var ratings: RatingsOptions

    func run() throws {
        let console = Console()
        let session = try SQLSession(tables: [:])
        for argument in table {
            let (table, report) = try SQLTable.read(argument.path, format: try ratings.format())
            try remark(argument.path, report, console)
            try session.add(table, named: argument.name)
        }
        let writer = SQLResultWriter(format, names: try session.columns(of: query), console: console)
        try session.forEachRow(of: query) { try writer.write($0) }
        try writer.finish()
    }

    private func remark(_ path: String, _ report: SQLTable.Report, _ console: Console) throws {
        guard let first = report.samples.first else { return }
        if ratings.strict { throw first }
        let counts = [
            report.malformedRows > 0 ? "\(Format.count(report.malformedRows)) malformed rows were passed over" : nil,
            report.unevenRows > 0 ? "\(Format.count(report.unevenRows)) rows have too few or too many fields" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
        console.remark("\(path): \(counts):")
        for sample in report.samples { console.remark("  \(TerminalText.safe("\(sample)"))") }
    }
}

/// `NAME=FILE`
struct TableArgument: ExpressibleByArgument {
    let name: String
    let path: String

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else { return nil }
        name = String(argument[..<sign])
        path = String(argument[argument.index(after: sign)...])
        if path.isEmpty { return nil }
    }
}

enum SQLFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case csv
    case ndjson
}

/// Writes rows as they come. A table for people waits for the first rows to know how wide its columns are.
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
        if format == .csv { output = names.map { CSVReader.quoted($0) }.joined(separator: ",") + "\n" }
    }

    func write(_ row: SQLRow) throws {
        rowCount += 1
        switch format {
        case .csv:
            output += row.values.map { CSVReader.quoted(SQLResultWriter.plain($0)) }.joined(separator: ",") + "\n"
        case .ndjson:
            let members = zip(names, row.values).map { "\(JSONValue.quoted($0)):\(SQLResultWriter.json($1))" }
            output += "{" + members.joined(separator: ",") + "}\n"
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
        if format == .table {
            if widths == nil { showWaiting() }
            try flush()
            console.remark(rowCount == 1 ? "1 row" : "\(Format.count(rowCount)) rows")
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

    /// For people: NULL as `?`, as the matrix has it, and numbers with at most six decimals.
    private static func shown(_ value: SQLValue) -> String {
        switch value {
        case .null: return "?"
        case .real(let value) where abs(value) < 1e9 && (value * 1e6).rounded() / 1e6 != value:
            return Format.decimal(value, 6)
        default: return TerminalText.safe(plain(value))
        }
    }

    private static func json(_ value: SQLValue) -> String {
        switch value {
        case .null: "null"
        case .real(let value) where !value.isFinite: "null"
        case .text(let text): JSONValue.quoted(String(text))
        default: plain(value)
        }
    }
}
