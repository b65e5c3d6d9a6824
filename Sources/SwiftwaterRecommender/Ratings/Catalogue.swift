import SwiftwaterCore
import SwiftwaterFormats

/// The titles and genres of items, from a file such as MovieLens's `movies.csv`.
public struct Catalogue: Sendable {
    /// The title and genres of one item.
    public struct Entry: Sendable, Equatable {
        /// The title.
        public let title: String
        /// The genres.
        public let genres: [String]
    }

    private var entries: [Text: Entry] = [:]

    /// Creates an empty catalog.
    public init() {}

    /// The number of items.
    public var count: Int { entries.count }

    /// The entry of an item, by its id as written; nil if there is none.
    public subscript(id: String) -> Entry? { entries[Text(id)] }

    /// Returns the title of an item, or its id if the catalog lacks it.
    public func title(_ id: String) -> String { self[id]?.title ?? id }

    /// Adds an item, or replaces the entry it has.
    public mutating func add(id: String, title: String, genres: [String]) {
        entries[Text(id)] = Entry(title: title, genres: genres)
    }

    /// The format of a file of items.
    public struct Format: Sendable {
        /// The column of ids: a name in any case, or a number from 1.
        public var idColumn: String
        /// The column of titles.
        public var titleColumn: String
        /// The column of genres, which may be missing.
        public var genresColumn: String
        /// The field separator: ASCII, of one or more characters.
        public var separator: String
        /// Whether the first line names the columns.
        public var hasHeader: Bool
        /// The encoding of the file.
        public var encoding: TextEncoding

        /// Creates a format. The defaults are those of MovieLens's `movies.csv`.
        public init(
            idColumn: String = "movieId", titleColumn: String = "title", genresColumn: String = "genres",
            separator: String = ",", hasHeader: Bool = true, encoding: TextEncoding = .utf8
        ) {
            (self.idColumn, self.titleColumn, self.genresColumn) = (idColumn, titleColumn, genresColumn)
            (self.separator, self.hasHeader, self.encoding) = (separator, hasHeader, encoding)
        }

        /// The format of MovieLens 100K's `u.item`. Its genres are in columns of their own and are not read.
        public static var movieLens100K: Format {
            Format(
                idColumn: "1", titleColumn: "2", genresColumn: "", separator: "|", hasHeader: false, encoding: .latin1)
        }
        /// The format of MovieLens 1M's `movies.dat`.
        public static var movieLens1M: Format {
            Format(
                idColumn: "1", titleColumn: "2", genresColumn: "3", separator: "::", hasHeader: false,
                encoding: .latin1)
        }
    }

    /// What was noticed while a file was read.
    public struct Report: Sendable {
        /// The number of rows that were passed over, because they have no id, or more or fewer fields than the others.
        public var malformedRows = 0
        /// The errors of the first few of them.
        public var samples: [SwiftwaterError] = []
        /// The number of items without a title, which show their ids.
        public var untitled = 0
        /// Whether the file is not UTF-8: what could not be read became U+FFFD.
        public var isRepaired = false
    }

    /// Reads a CSV file. Genres are separated by `|`; `(no genres listed)` is none. A row that cannot be read is passed
    /// over and counted.
    ///
    /// - Throws: `notFound`, `io`; `malformedInput` for an empty file or a header without the id or title column.
    public static func read(_ path: String, format: Format = Format()) throws -> (catalogue: Catalogue, report: Report)
    {
        let separator = try FieldSeparator(format.separator)
        return try FileBytes.with(path: path, encoding: format.encoding) { bytes in
            try separator.with(bytes) { bytes, byte in try read(bytes, byte, path, format) }
        }
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer, _ separator: UInt8, _ path: String, _ format: Format
    ) throws -> (catalogue: Catalogue, report: Report) {
        var csv = CSVReader(bytes, separator: separator, fileName: path)
        guard try csv.next() else { throw SwiftwaterError(.malformedInput, "the file is empty", at: .init(file: path)) }
        let (first, width) = (csv.fields.map(\.string), csv.fields.count)
        guard let id = position(of: format.idColumn, in: first, format),
            let title = position(of: format.titleColumn, in: first, format)
        else {
            let names = first.prefix(12).map { "'\(TerminalText.safe(String($0.prefix(40))))'" }
            let missing = [format.idColumn, format.titleColumn].filter { position(of: $0, in: first, format) == nil }
            throw SwiftwaterError(
                .malformedInput,
                "the header has no column \(missing.map { "'\($0)'" }.joined(separator: ", and no ")); it has "
                    + names.joined(separator: ", "),
                at: .init(file: path, line: 1), remedy: "name the file's columns, or its separator",
                setting: .catalogueFormat)
        }
        let genres = position(of: format.genresColumn, in: first, format)
        if !format.hasHeader { csv = CSVReader(bytes, separator: separator, fileName: path) }
        var (catalogue, report) = (Catalogue(), Report())
        func refuse(_ error: SwiftwaterError) {
            report.malformedRows += 1
            if report.samples.count < 5 { report.samples.append(error) }
        }
        while true {
            do { guard try csv.next() else { break } } catch let error as SwiftwaterError {
                refuse(error)
                continue
            }
            guard csv.fields.count == width, !csv.fields[id].bytes.isEmpty else {
                let what =
                    csv.fields.count == width
                    ? "the id is empty" : "the row has \(csv.fields.count) fields, and the first \(width)"
                refuse(
                    SwiftwaterError(
                        .malformedInput, what, at: .init(file: path, line: csv.line),
                        remedy: "put a field with a separator in quotes"))
                continue
            }
            if !UTF8Check.isValid(csv.fields[title].bytes) { report.isRepaired = true }
            let name = trimmed(csv.fields[title].string)
            if name.isEmpty { report.untitled += 1 }
            let list = genres.map { csv.fields[$0].string } ?? ""
            let key = trimmed(csv.fields[id].string)
            catalogue.add(
                id: key, title: name.isEmpty ? key : name,
                genres: list.split(separator: "|").map(String.init).filter { $0 != "(no genres listed)" })
        }
        return (catalogue, report)
    }

    private static func position(of name: String, in first: [String], _ format: Format) -> Int? {
        let number = Int(name).flatMap { (1...first.count).contains($0) ? $0 - 1 : nil }
        guard format.hasHeader else { return number }
        return first.firstIndex(of: name)
            ?? first.firstIndex { trimmed($0).lowercased() == name.lowercased() } ?? number
    }

    private static func trimmed(_ text: String) -> String {
        var part = text[...]
        while part.first == " " { part.removeFirst() }
        while part.last == " " { part.removeLast() }
        return String(part)
    }
}
