import Foundation
import GRDB
import SwiftwaterCore
import SwiftwaterTrends

extension TrendEnrichment {
    /// Whether a file begins as SQLite's do; false where there is none.
    public static func isSQLite(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        return (try? file.read(upToCount: 16)) == Data("SQLite format 3\0".utf8)
    }

    /// Reads what is known of authors from a table or view of an SQLite file, which is not written to.
    ///
    /// - Parameters:
    ///   - key: the column of author ids.
    ///   - columns: the columns of values; authors whose value is NULL or empty are passed over there.
    /// - Throws: `malformedInput` where the file is no database or has no such table or column.
    public static func read(sqlite path: String, table: String, key: String, columns: [String]) throws
        -> TrendEnrichment
    {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let database = try DatabaseQueue(path: path, configuration: configuration)
            let names = ([key] + columns).map { name in "CAST(\(column(name)) AS TEXT)" }
            let rows = try database.read { database in
                try Row.fetchAll(
                    database, sql: "SELECT \(names.joined(separator: ", ")) FROM \(table.quotedDatabaseIdentifier)")
            }
            return TrendEnrichment(
                columns: columns,
                rows: rows.compactMap { row in
                    (row[0] as String?).map { id in (id, (1...columns.count).map { row[$0] as String? }) }
                })
        } catch {
            throw SwiftwaterError(
                .malformedInput, "SQLite refused: \((error as? DatabaseError)?.message ?? "\(error)")",
                at: .init(file: path), remedy: "name the table and the columns as the file has them", cause: error)
        }
    }

    /// Quoted with brackets: a name in double quotes that is no column would be taken as text.
    private static func column(_ name: String) -> String { "[\(name.filter { $0 != "]" })]" }
}
