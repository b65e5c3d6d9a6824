import SwiftwaterCore
import SwiftwaterFormats

/// The columns of files of posts (CSV) that have a post's text, author and time.
///
///     let format = TextFileFormat(posts: PostColumns(text: "tweet", time: "date"), encoding: .latin1)
///     let posts = context.textFileStream(directory: "tweets", format: format)
///
/// A column is named as the file's first row names it, or, in a file without names, by its number from 1. Upper and
/// lower case, spaces and signs make no difference. A column that is not given is found by the names that such files
/// usually have, such as `text`, `tweet` or `content`.
public struct PostColumns: Sendable, Hashable {
    /// The column of the text; nil to find it.
    public var text: String?
    /// The column of the author's name or number; nil to find one, if there is one.
    public var author: String?
    /// The column of the time, in a form of `docs/FORMATS.md`; nil to find one, if there is one.
    public var time: String?
    /// The separator of fields, an ASCII character; nil to take the one of `,`, `;`, `|` and tab that the first line
    /// has most of.
    public var separator: UInt8?

    /// Creates columns. Those that are nil are found by their names.
    ///
    /// - Throws: `invalidArgument` if a separator is not one ASCII character, or numbers and names are mixed.
    public init(
        text: String? = nil, author: String? = nil, time: String? = nil, separator: String? = nil
    ) throws {
        (self.text, self.author, self.time) = (text, author, time)
        if let separator {
            guard separator.utf8.count == 1, let byte = separator.utf8.first, byte >= 0x20 || byte == 0x09, byte < 0x7F,
                byte != UInt8(ascii: "\"")
            else {
                throw SwiftwaterError(
                    .invalidArgument, "the separator '\(separator)' is not one ASCII character",
                    remedy: "use one such as , ; | or a tab")
            }
            self.separator = byte
        }
        let given = [text, author, time].compactMap(\.self)
        let numbers = given.filter { PostColumns.number($0) != nil }
        guard numbers.isEmpty || numbers.count == given.count && text != nil else {
            throw SwiftwaterError(
                .invalidArgument, "columns are given by name and by number",
                remedy: "give names, or, for files without names, the number of each column from 1")
        }
    }

    /// Whether any column is given.
    package var areGiven: Bool { text != nil || author != nil || time != nil || separator != nil }

    static func number(_ column: String) -> Int? {
        Int(column).flatMap { (1...10_000).contains($0) ? $0 : nil }
    }
}

extension TextFileFormat {
    /// Creates a format in which the rows of CSV files become posts.
    ///
    /// Files whose names end in `.csv` or `.tsv`, also before `.gz`, are tables. If any column is given, all files are
    /// but those whose names end in `.ndjson`, `.jsonl`, `.json` or `.txt`.
    public init(posts columns: PostColumns, encoding: TextEncoding = .utf8) {
        self.init(encoding: encoding, tables: columns)
    }
}

extension PostColumns: TableFormat {
    package func isTable(_ path: String) -> Bool {
        var name = path.lowercased()
        if name.hasSuffix(".gz") { name.removeLast(3) }
        let endings = areGiven ? [".ndjson", ".jsonl", ".json", ".txt"] : [".csv", ".tsv"]
        return endings.contains(where: name.hasSuffix) != areGiven
    }

    package func makeRows() -> any TableRows { PostRows(self) }
}
