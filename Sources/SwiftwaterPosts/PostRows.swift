import SwiftwaterCore
import SwiftwaterFormats

/// Makes a line of JSON, in the shape of Twitter v1.1, of each row of a table of posts.
struct PostRows: TableRows {
    /// What such files call their columns, in small letters and without signs, the best name first.
    private static let usual: (text: [String], author: [String], time: [String]) = (
        ["fulltext", "text", "tweet", "originaltweet", "tweettext", "content", "body", "message", "status", "post"],
        [
            "authorid", "userid", "author", "user", "username", "screenname", "handle", "account", "name",
        ],
        [
            "createdat", "timestamp", "time", "datetime", "date", "tweetat", "postedat", "publishedat", "published",
            "tweetcreated",
        ]
    )

    private let columns: PostColumns
    private var text = 0
    private var author: Int?
    private var time: Int?
    private var count = 0

    init(_ columns: PostColumns) { self.columns = columns }

    mutating func begin(_ fields: [CSVReader.Field]) throws -> Bool {
        count = fields.count
        if let given = columns.text, let number = PostColumns.number(given) {
            text = try place(number, fields)
            author = try columns.author.flatMap(PostColumns.number).map { try place($0, fields) }
            time = try columns.time.flatMap(PostColumns.number).map { try place($0, fields) }
            return false
        }
        let names = fields.map { PostRows.plain($0.string) }
        text = try find(columns.text, PostRows.usual.text, names, fields).orThrow {
            missing("no column of the text", fields)
        }
        author = try find(columns.author, PostRows.usual.author, names, fields)
        time = try find(columns.time, PostRows.usual.time, names, fields)
        return true
    }

    mutating func append(_ fields: [CSVReader.Field], to line: inout [UInt8]) throws {
        guard fields.count == count else {
            throw SwiftwaterError(
                .malformedInput, "\(fields.count) fields where the first row has \(count)",
                remedy: "put a text with a separator or a line end in quotes")
        }
        line.append(contentsOf: "{\"text\":".utf8)
        JSONEscapes.append(fields[text], to: &line)
        if let time, !fields[time].bytes.isEmpty {
            line.append(contentsOf: ",\"created_at\":".utf8)
            JSONEscapes.append(fields[time], to: &line)
        }
        if let author, !fields[author].bytes.isEmpty {
            line.append(contentsOf: ",\"user\":{\"id_str\":".utf8)
            JSONEscapes.append(fields[author], to: &line)
            line.append(contentsOf: ",\"name\":".utf8)
            JSONEscapes.append(fields[author], to: &line)
            line.append(UInt8(ascii: "}"))
        }
        line.append(UInt8(ascii: "}"))
    }

    // MARK: Names

    private func place(_ number: Int, _ fields: [CSVReader.Field]) throws -> Int {
        guard number <= fields.count else {
            throw SwiftwaterError(
                .malformedInput, "no column \(number): the first row has \(fields.count)",
                remedy: "check the columns and the separator")
        }
        return number - 1
    }

    /// Returns the place of a column that is given, or of the first usual name that is there.
    private func find(
        _ given: String?, _ usual: [String], _ names: [String], _ fields: [CSVReader.Field]
    ) throws -> Int? {
        guard let given else { return usual.lazy.compactMap { names.firstIndex(of: $0) }.first }
        if let exact = fields.firstIndex(where: { $0.string == given }) { return exact }
        let plain = PostRows.plain(given)
        return try names.firstIndex(of: plain).orThrow { missing("no column '\(given)'", fields) }
    }

    private func missing(_ what: String, _ fields: [CSVReader.Field]) -> SwiftwaterError {
        let shown = fields.prefix(20).map(\.shown).joined(separator: ", ") + (fields.count > 20 ? ", …" : "")
        return SwiftwaterError(
            .malformedInput, "\(what) among \(TerminalText.safe(String(shown.prefix(400))))",
            remedy: "name the columns of text, author and time, or give their numbers if the first row is data")
    }

    private static func plain(_ name: String) -> String {
        name.lowercased().filter { $0.isLetter || $0.isNumber }
    }
}

extension Optional {
    /// Returns the value.
    ///
    /// - Throws: the error, if there is none.
    fileprivate func orThrow(_ error: () -> SwiftwaterError) throws -> Wrapped {
        guard let value = self else { throw error() }
        return value
    }
}
