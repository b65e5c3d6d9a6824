import ArgumentParser
import Swiftwater

/// Options for files of posts: their encoding, and the columns of tables.
struct PostFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "CSV files: the column of a post's text, by its name, or by its number if the first row is data. (default: found)",
            valueName: "column"))
    var textColumn: String?
    @Option(help: ArgumentHelp("CSV files: the column of the author.", valueName: "column")) var authorColumn: String?
    @Option(help: ArgumentHelp("CSV files: the column of the time.", valueName: "column")) var timeColumn: String?
    @Option(help: "CSV files: the separator of fields, such as ; or tab. (default: found)") var separator: String?
    @Option(help: "Encoding of files without a byte order mark: utf-8, latin-1 or utf-16. (default: utf-8)")
    var encoding: TextEncoding?

    func validate() throws { _ = try columns }

    private var columns: PostColumns {
        get throws {
            do {
                return try PostColumns(
                    text: textColumn, author: authorColumn, time: timeColumn,
                    separator: ["tab", "\\t"].contains(separator) ? "\t" : separator)
            } catch let error as SwiftwaterError {
                throw ValidationError([error.message, error.remedy].compactMap(\.self).joined(separator: "; "))
            }
        }
    }

    /// The format of the files.
    var format: TextFileFormat {
        get throws { TextFileFormat(posts: try columns, encoding: encoding ?? .utf8) }
    }

    /// Whether any of the options is given.
    var areGiven: Bool {
        textColumn != nil || authorColumn != nil || timeColumn != nil || separator != nil || encoding != nil
    }

    /// Refuses the options where no file is read, and those of tables for a file of lines.
    ///
    /// - Parameter path: the file, if it is one.
    func check(hasFiles: Bool, path: String? = nil) throws {
        if let path, try columns.areGiven, try !columns.isTable(path) {
            throw ValidationError(
                "--text-column, --author-column, --time-column and --separator are for tables, and "
                    + "\(TerminalText.safe(path)) has lines, by its name.")
        }
        if areGiven, !hasFiles {
            throw ValidationError(
                "--text-column, --author-column, --time-column, --separator and --encoding are for files of posts.")
        }
    }
}
