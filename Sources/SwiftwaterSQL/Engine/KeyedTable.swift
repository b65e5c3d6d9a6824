import GRDB
import SwiftwaterCore

/// Small tables with a key, such as titles by film, become tables of SQLite's own: a lookup by an INTEGER PRIMARY KEY
/// takes half the time of one in a virtual table. The rows keep their order, which is that of the key.
enum KeyedTable {
    /// The copy of more rows would take longer than it saves.
    static let rowsMax = 100_000

    /// Returns the first column whose integers ascend and differ, so that they number the rows; nil if there is none.
    static func key(of table: SQLTable) -> Int? {
        guard let storage = table.storage, (1...rowsMax).contains(table.rowCount) else { return nil }
        return storage.firstIndex { column in
            guard case .integers(let values) = column.storage else { return false }
            return zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
        }
    }

    /// Creates a table with the rows of another.
    static func create(
        _ name: String, from source: String, columns: [(name: String, type: SQLType)], key: Int,
        in database: Database
    ) throws {
        let definitions = columns.enumerated().map { number, column in
            "\(SQLName.quoted(column.name)) \(column.type.rawValue)\(number == key ? " PRIMARY KEY" : "")"
        }
        try database.execute(sql: "CREATE TABLE \(SQLName.quoted(name)) (\(definitions.joined(separator: ", ")))")
        try database.execute(sql: "INSERT INTO \(SQLName.quoted(name)) SELECT * FROM \(SQLName.quoted(source))")
        // The planner gets to know how many rows there are.
        try database.execute(sql: "ANALYZE \(SQLName.quoted(name))")
    }
}
