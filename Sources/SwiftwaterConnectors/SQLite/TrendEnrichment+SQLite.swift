import Foundation
import GRDB
import SwiftwaterCore
import SwiftwaterTrends

extension TrendEnrichment {
    /// Returns whether a file begins like an SQLite database; false if there is no file.
    public static func isSQLite(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        return (try? file.read(upToCount: 16)) == Data("SQLite format 3\0".utf8)
    }

    /// Reads an enrichment from a table or view of an SQLite file, without writing to the file.
    ///
    /// - Parameters:
    ///   - key: the column of author ids.
    ///   - columns: the columns of values. Authors whose value is NULL or empty are skipped there.
    ///   - path: the path of the database.
    ///   - table: the name of the table.
    /// - Throws: `malformedInput` if the file is not a database or has no such table or column.
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
                at: .init(file: path), remedy: "check the names of the table and the columns", cause: error)
        }
    }

    /// Quoted with brackets: SQLite takes an unknown column in double quotes for a string.
    private static func column(_ name: String) -> String { "[\(name.filter { $0 != "]" })]" }
}
