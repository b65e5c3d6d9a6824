import SwiftwaterCore
import SwiftwaterStreaming

/// A table that is not read as a whole: the rows for the keys of a batch, from a database for instance.
///
/// ```swift
/// let users = CachedTable(
///     try MongoTable("mongodb://127.0.0.1/social", collection: "users", key: "did", columns: ["location"]))
/// posts.sql(
///     "SELECT location, count(*) FROM batch LEFT JOIN users USING (author_id) GROUP BY 1",
///     lookups: ["users": SQLLookup(users, key: "author_id")])
/// ```
///
/// In a query it is a table with the key as its first column, under the name of the batch's column and with its type,
/// and then the columns of the table, all TEXT. It has a row for each key of the batch that was found.
public struct SQLLookup: Sendable {
    private struct Row: Sendable {
        let key: SQLValue
        let values: [Text?]
    }

    let key: String
    private let table: CachedTable

    /// Creates a lookup.
    ///
    /// - Parameter key: the column of the batch that has the keys. Those of a batch that are not in the cache are
    ///   looked up with one query (of at most 10,000 keys).
    /// - Parameter table: the table to look up in.
    public init(_ table: CachedTable, key: String) { (self.table, self.key) = (table, key) }

    /// Returns the rows for the keys of elements.
    ///
    /// - Throws: `network`, `denied` or another error of the table.
    func rows<Element>(for elements: [Element], _ field: SQLField<Element>) throws -> SQLTable {
        var keys: [Text: SQLValue] = [:]
        for element in elements {
            let value = field.value(element)
            if let text = Self.text(value) { keys[text] = value.detached() }
        }
        let found = try table.rows(forKeys: keys.keys)
        let rows = found.sorted { $0.key < $1.key }.map { Row(key: keys[$0.key]!, values: $0.value) }
        return SQLTable(rows, columns: columns(field.type))
    }

    private func columns(_ type: SQLType) -> [SQLField<Row>] {
        [SQLField(key, type) { $0.key }]
            + table.columns.indices.map { place in SQLField(table.columns[place]) { $0.values[place] } }
    }

    private static func text(_ value: SQLValue) -> Text? {
        switch value {
        case .null: nil
        case .integer(let number): Text("\(number)")
        case .real(let number): Int64(exactly: number).map { Text("\($0)") } ?? Text("\(number)")
        case .text(let text): text
        }
    }
}
