import ArgumentParser
import Swiftwater

struct SQLCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Queries CSV files with SQL.",
        usage: "swiftwater sql [<options>] --table <name=file> <query>",
        discussion: """
            Each table is a CSV file with a header, plain or gzip, or - for standard \
            input. It is read into columns on all cores and queried in place by SQLite. \
            Empty fields are NULL.

              swiftwater sql --table ratings=ratings.csv --table movies=movies.csv \\
                "SELECT title, count(*) AS n, avg(rating) AS mean FROM ratings \\
                 JOIN movies USING (movieId) GROUP BY movieId ORDER BY n DESC LIMIT 10"

            A matrix of selected films, with NULL for no rating:

              swiftwater sql --table ratings=ratings.csv \\
                "SELECT userId, max(rating) FILTER (WHERE movieId = 1) AS film1, \\
                 max(rating) FILTER (WHERE movieId = 2) AS film2 FROM ratings \\
                 GROUP BY userId LIMIT 20"
            """)

    @Option(help: "NAME=FILE: a table and its CSV file (repeatable).")
    var table: [TableArgument] = []
    @Argument(help: "SQL query.") var query: String
    @Option(help: "Output format: table, csv, json or ndjson. (default: table)") var format: SQLFormat?
    @Flag(help: "The same as --format json: an array of objects.") var json = false
    @OptionGroup var ratings: RatingsColumnsOptions

    func validate() throws {
        if json, format != nil { throw ValidationError("--json is --format json; give one of them.") }
        for (number, table) in table.enumerated() where self.table[..<number].contains(where: { $0.name == table.name })
        {
            throw ValidationError("--table names '\(table.name)' twice; give each file a name of its own.")
        }
        if let option = ratings.optionOfRatings {
            throw ValidationError("\(option) is for ratings; sql reads every column of a file.")
        }
    }

    func run() throws {
        let console = Console()
        let session = try SQLSession(tables: [:])
        var tables: [(name: String, columns: [String])] = []
        for argument in table {
            let (table, report) = try SQLTable.read(argument.path, format: ratings.format())
            try remark(argument.path, report, console)
            try session.add(table, named: argument.name)
            tables.append((argument.name, table.columns.map(\.name)))
        }
        let names: [String]
        do { names = try session.columns(of: query) } catch var error as SwiftwaterError {
            // What there is, as for a column of a CSV file.
            if error.message.contains("no such column") || error.message.contains("no such table") {
                error.cause = nil
                error.remedy =
                    tables.isEmpty
                    ? "name files with --table NAME=FILE"
                    : "there are "
                        + tables.map { "\($0.name) (\($0.columns.joined(separator: ", ")))" }.joined(separator: ", ")
            }
            throw error
        }
        let writer = SQLResultWriter(json ? .json : format ?? .table, names: names, console: console)
        try session.forEachRow(of: query) { try writer.write($0) }
        try writer.finish()
    }

    private func remark(_ path: String, _ report: SQLTable.Report, _ console: Console) throws {
        if let missing = report.missingSample {
            console.remark(
                "\(path): \(Format.count(report.missingValues)) values are not numbers and count as NULL, first "
                    + TerminalText.safe("\(missing)"))
        }
        guard let first = report.samples.first else { return }
        if ratings.strict { throw first }
        let counts = [
            report.malformedRows > 0 ? "\(Format.count(report.malformedRows)) malformed rows were skipped" : nil,
            report.unevenRows > 0 ? "\(Format.count(report.unevenRows)) rows have too few or too many fields" : nil,
        ].compactMap { $0 }.joined(separator: ", ")
        console.remark("\(path): \(counts):")
        for sample in report.samples { console.remark("  \(TerminalText.safe("\(sample)"))") }
    }
}

/// A table argument: `NAME=FILE`.
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
