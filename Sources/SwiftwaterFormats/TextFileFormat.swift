/// How files of text become lines: their encoding, and what the rows of tables become.
public struct TextFileFormat: Sendable {
    /// The encoding of files that have no byte order mark. UTF-8 by default.
    public var encoding: TextEncoding
    /// What reads tables; nil if they have lines like any other file.
    package var tables: (any TableFormat)?

    /// Creates a format of plain lines.
    public init(encoding: TextEncoding = .utf8) { self.encoding = encoding }

    /// Creates a format in which `tables` reads the files that are tables.
    package init(encoding: TextEncoding, tables: (any TableFormat)?) {
        (self.encoding, self.tables) = (encoding, tables)
    }

    /// Whether a file can be divided at its line ends. A row of a table may have some within quotes.
    func isDivisible(_ path: String) -> Bool { encoding != .utf16 && tables?.isTable(path) != true }
}

/// Which files are tables, and what their rows become.
package protocol TableFormat: Sendable {
    /// Returns whether a file is a table.
    func isTable(_ path: String) -> Bool
    /// The separator of fields, an ASCII character; nil to take what the first line has most of.
    var separator: UInt8? { get }
    /// Returns what makes lines of the rows of one file.
    func makeRows() -> any TableRows
}

/// Makes lines of the rows of one table.
package protocol TableRows {
    /// Takes the first row. Returns whether it names the columns; if not, it is data.
    ///
    /// - Throws: `malformedInput` if a column is not there.
    mutating func begin(_ fields: [CSVReader.Field]) throws -> Bool
    /// Appends the line of a row, without a line end.
    ///
    /// - Throws: `malformedInput` if the row does not have what it needs.
    mutating func append(_ fields: [CSVReader.Field], to line: inout [UInt8]) throws
}
