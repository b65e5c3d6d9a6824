import SwiftwaterCore
import SwiftwaterStreaming

/// A table, a view or a query of a PostgreSQL database, looked up by key. Values are text, in PostgreSQL's form.
public final class PostgreSQLTable: StaticTable {
    private enum Selection {
        case table(name: String, key: String)
        case query(String)
    }

    /// Types whose keys are compared in the column's type, so that its index is used. Others are compared as text.
    private enum KeyType {
        case text
        case integer(name: String, ClosedRange<Int64>)
        case other

        init(_ name: String) {
            self =
                switch name {
                case "text", "character varying": .text
                case "smallint": .integer(name: name, Int64(Int16.min)...Int64(Int16.max))
                case "integer": .integer(name: name, Int64(Int32.min)...Int64(Int32.max))
                case "bigint": .integer(name: name, .min ... .max)
                default: .other
                }
        }
    }

    private let selection: Selection
    private let address: PostgreSQLAddress
    private let session: DatabaseSession<PostgreSQLConnection>
    private let keyType = Monitor<KeyType?>(nil)
    public let columns: [String]

    /// Prepares lookups in a table or view. It connects when the first key is looked up.
    ///
    /// - Parameters:
    ///   - address: `postgresql://[USER@]HOST[:PORT]/DATABASE`; `docs/DATABASES.md` has its parameters.
    ///   - key: the column of the keys, best with an index. The index is used for text and integers.
    ///   - columns: the columns of the values.
    ///   - table: the name of the table or view.
    /// - Throws: `invalidArgument` for another address.
    public convenience init(_ address: String, table: String, key: String, columns: [String]) throws {
        try self.init(address, .table(name: table, key: key), columns)
    }

    /// Prepares lookups by a query of your own.
    ///
    /// - Parameters:
    ///   - query: selects the keys and then the columns, for an array of keys:
    ///     `SELECT id, place FROM users JOIN places USING (place_id) WHERE id = ANY($1::text[])`. Keys are any text
    ///     that posts have, so ids that are numbers need `id::text`.
    ///   - columns: the names of the columns after the key.
    ///   - address: `postgresql://[USER@]HOST[:PORT]/DATABASE`.
    /// - Throws: `invalidArgument` for another address.
    public convenience init(_ address: String, query: String, columns: [String]) throws {
        guard query.contains("$1") else {
            throw SwiftwaterError(
                .invalidArgument, "the query has no place for the keys",
                remedy: "write $1, such as in WHERE id = ANY($1::text[])")
        }
        try self.init(address, .query(query), columns)
    }

    private init(_ address: String, _ selection: Selection, _ columns: [String]) throws {
        let address = try PostgreSQLAddress(address)
        (self.address, self.selection, self.columns) = (address, selection, columns)
        // The cache above is the one that is patient.
        session = DatabaseSession(address.label, patience: .zero, clock: SystemClock()) { _ in
        } connect: {
            let database = try PostgreSQLConnection(address)
            // A server that hangs is one that is away.
            try database.run("SET statement_timeout = \(max(1000, address.patience.wholeMilliseconds))")
            return database
        }
    }

    /// The address without what is secret, and the table.
    public var label: String {
        if case .table(let name, _) = selection { "\(address.label), table \(name)" } else { address.label }
    }

    public func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])] {
        // PostgreSQL has no text with a zero byte.
        let keys = keys.map { String($0) }.filter { !$0.utf8.contains(0) }
        let found = try session.run(isPatient: false) { database in
            let (sql, keys) = try statement(keys, database)
            return keys.isEmpty ? [] : try database.run(sql, [Self.array(keys)]).values
        }
        return try found.compactMap { row in
            guard row.count == columns.count + 1 else {
                throw SwiftwaterError(
                    .invalidArgument, "\(label): the query gives \(row.count) columns",
                    remedy: "select the key and then \(columns.joined(separator: ", "))")
            }
            return row[0].map { (Text($0), row.dropFirst().map { $0.map { Text($0) } }) }
        }
    }

    /// Returns the SQL, and those keys that the table can have.
    private func statement(_ keys: [String], _ database: PostgreSQLConnection) throws -> (sql: String, keys: [String]) {
        switch selection {
        case .query(let sql): return (sql, keys)
        case .table(let name, let key): return try statement(keys, in: name, by: key, database)
        }
    }

    private func statement(
        _ keys: [String], in table: String, by key: String, _ database: PostgreSQLConnection
    ) throws -> (sql: String, keys: [String]) {
        let type = try keyType.read { $0 } ?? typeOfKey(table, key, database)
        keyType.update { $0 = type }
        let column = PostgreSQLConnection.quoted(key)
        let names = ([key] + columns).map { PostgreSQLConnection.quoted($0) + "::text" }.joined(separator: ", ")
        let begin = "SELECT \(names) FROM \(address.table(table)) WHERE "
        switch type {
        case .text: return (begin + "\(column) = ANY($1::text[])", keys)
        case .integer(let name, let range):
            let numbers = keys.filter { key in Int64(key).map { range.contains($0) && "\($0)" == key } ?? false }
            return (begin + "\(column) = ANY($1::\(name)[])", numbers)
        case .other: return (begin + "\(column)::text = ANY($1::text[])", keys)
        }
    }

    private func typeOfKey(_ table: String, _ key: String, _ database: PostgreSQLConnection) throws -> KeyType {
        let types = try database.run(
            """
            SELECT format_type(atttypid, NULL) FROM pg_attribute
            WHERE attrelid = $1::regclass AND attname = $2 AND NOT attisdropped
            """, [address.table(table), key])
        guard let type = types.values.first?[0] else {
            throw SwiftwaterError(
                .notFound, "\(address.label): the table \(table) has no column \(key)", remedy: "name another")
        }
        return KeyType(type)
    }

    /// Returns the text form of an array.
    private static func array(_ values: [String]) -> String {
        let quoted = values.map { "\"" + $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }
        return "{" + quoted.joined(separator: ",") + "}"
    }
}
