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

    /// Reads a CSV file with a header that names the columns. Genres are separated by `|`.
    ///
    /// - Throws: `notFound`, `io`; `malformedInput` for an empty file or a header without the id or title column.
    public static func read(
        _ path: String, idColumn: String = "movieId", titleColumn: String = "title", genresColumn: String = "genres",
        separator: Character = ","
    ) throws -> Catalogue {
        try FileBytes.with(path: path) { bytes in
            var csv = CSVReader(bytes, separator: separator.asciiValue ?? 0x2C, fileName: path)
            return try read(&csv, path, [idColumn, titleColumn, genresColumn])
        }
    }

    private static func read(_ csv: inout CSVReader, _ path: String, _ columns: [String]) throws -> Catalogue {
        guard try csv.next() else { throw SwiftwaterError(.malformedInput, "the file is empty", at: .init(file: path)) }
        let header = csv.fields.map(\.string)
        guard let id = header.firstIndex(of: columns[0]), let title = header.firstIndex(of: columns[1]) else {
            throw SwiftwaterError(
                .malformedInput, "the header has no column '\(columns[0])' or '\(columns[1])'",
                at: .init(file: path, line: 1),
                remedy: "name the columns in the first line")
        }
        let genres = header.firstIndex(of: columns[2])
        var catalogue = Catalogue()
        while try csv.next() {
            guard csv.fields.count > max(id, title) else { continue }
            let list = genres.flatMap { $0 < csv.fields.count ? csv.fields[$0].string : nil } ?? ""
            catalogue.add(
                id: csv.fields[id].string, title: csv.fields[title].string,
                genres: list.split(separator: "|").map(String.init))
        }
        return catalogue
    }
}
