import GRDB
import GRDBSQLite
import SwiftwaterCore

/// A SQL session over named tables, with SQLite's dialect.
///
/// ```swift
/// let session = try SQLSession(tables: ["ratings": SQLTable(ratings), "movies": movies])
/// let rows = try session.query("SELECT title, avg(rating) FROM ratings JOIN movies USING (movieId) GROUP BY 1")
/// ```
///
/// Tables are virtual: their data stays in place. A column in which queries look up values gets an index at the third
/// lookup. Only small tables in the order of a key, such as titles by film, are copied, because SQLite is faster there;
/// their `rowid` is the key, and that of other tables the number of the row, from 1. Queries are read-only: statements
/// that would write or open a file are refused.
public final class SQLSession: Sendable {
    private let database: DatabaseQueue
    private let catalogue = TableCatalogue()

    /// Creates a session over these tables.
    ///
    /// - Throws: `invalidArgument` for names that SQLite does not accept.
    public init(tables: KeyValuePairs<String, SQLTable>) throws {
        database = try SQLSession.describing { try DatabaseQueue() }
        let catalogue = catalogue
        try SQLSession.describing {
            try database.inDatabase { database in
                guard VirtualTableModule.install(catalogue, in: database.sqliteConnection!) == SQLITE_OK else {
                    throw DatabaseError(message: "the virtual table module could not be installed")
                }
                // Queries cannot open anything outside this session.
                sqlite3_limit(database.sqliteConnection!, SQLITE_LIMIT_ATTACHED, 0)
            }
        }
        for (name, table) in tables { try add(table, named: name) }
    }

    /// Adds a table under a name.
    ///
    /// - Throws: `invalidArgument` for a name that SQLite does not accept or that is taken.
    public func add(_ table: SQLTable, named name: String) throws {
        guard !name.isEmpty, !name.lowercased().hasPrefix("sqlite_"), !name.contains("\0") else {
            throw SwiftwaterError(
                .invalidArgument, "'\(name)' is not a valid table name", remedy: "choose another name")
        }
        try SQLSession.describing {
            try database.inDatabase { database in
                guard let key = KeyedTable.key(of: table) else { return try attach(table, name, database) }
                let source = "\(name) (source)"
                try attach(table, source, database)
                try KeyedTable.create(name, from: source, columns: table.columns, key: key, in: database)
                try database.execute(sql: "DROP TABLE \(SQLName.quoted(source))")
                catalogue[source] = nil
            }
        }
    }

    private func attach(_ table: SQLTable, _ name: String, _ database: Database) throws {
        catalogue[name] = TableSlot(table.indexed)
        try database.execute(sql: "CREATE VIRTUAL TABLE \(SQLName.quoted(name)) USING \(VirtualTableModule.name)")
    }

    /// Replaces the rows of a table; the columns are the same.
    func replace(_ name: String, with table: SQLTable) { catalogue[name]?.replace(with: table.indexed) }

    /// Checks a query and returns the names of its result columns.
    ///
    /// - Throws: `invalidArgument`, with SQLite's message, if the query is refused.
    public func columns(of query: String) throws -> [String] {
        try SQLSession.describing { try database.inDatabase { try statement(query, $0).columnNames } }
    }

    /// Returns all rows of a query's result.
    ///
    /// - Throws: `invalidArgument` for a query that SQLite refuses.
    public func query(_ query: String) throws -> [SQLRow] {
        var rows: [SQLRow] = []
        try forEachRow(of: query) { rows.append($0) }
        return rows
    }

    /// Calls `body` with each row, in the order of the result. Only one row is in memory at a time.
    ///
    /// - Throws: `invalidArgument` for a query that SQLite refuses; errors of `body`.
    public func forEachRow(of query: String, _ body: (SQLRow) throws -> Void) throws {
        try SQLSession.describing {
            try database.inDatabase { database in
                let statement = try statement(query, database)
                let names = SQLRow.Names(statement.columnNames)
                let rows = try Row.fetchCursor(statement)
                while let row = try rows.next() {
                    try body(SQLRow(names: names, values: (0..<row.count).map { SQLSession.value(row[$0]) }))
                }
            }
        }
    }

    private func statement(_ query: String, _ database: Database) throws -> Statement {
        let statement = try database.cachedStatement(sql: query)
        guard statement.columnCount > 0, sqlite3_stmt_readonly(statement.sqliteStatement) != 0 else {
            throw SwiftwaterError(
                .invalidArgument, "the statement is not a query",
                remedy: "tables are read-only: begin with SELECT or WITH")
        }
        return statement
    }

    private static func value(_ value: DatabaseValue) -> SQLValue {
        switch value.storage {
        case .null: .null
        case .int64(let value): .integer(value)
        case .double(let value): .real(value)
        case .string(let value): .text(Text(value))
        case .blob(let data): .text(Text(data.map { SQLSession.hex($0) }.joined()))
        }
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    private static func describing<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as DatabaseError {
            // The text of this one is for programmers of GRDB.
            if error.message?.hasPrefix("Multiple statements") == true {
                throw SwiftwaterError(
                    .invalidArgument, "there are several statements", remedy: "give one query at a time")
            }
            throw SwiftwaterError(
                .invalidArgument, "SQLite refused: \(error.message ?? "\(error)")", remedy: "see sqlite.org/lang.html",
                cause: error)
        }
    }
}

/// A row of a query's result.
public struct SQLRow: Sendable, Equatable {
    /// The column names of a result, which its rows share.
    final class Names: Sendable {
        let names: [String]
        init(_ names: [String]) { self.names = names }
    }

    let shared: Names
    /// The values, in the order of the columns.
    public let values: [SQLValue]

    init(names: Names, values: [SQLValue]) {
        shared = names
        self.values = values
    }

    /// The names of the columns.
    public var names: [String] { shared.names }

    /// The value of a column, by its position.
    public subscript(column: Int) -> SQLValue { values[column] }

    /// The value of the first column with this name, or nil if there is none.
    public subscript(name: String) -> SQLValue? { names.firstIndex(of: name).map { values[$0] } }

    /// Compares the names and values.
    public static func == (left: SQLRow, right: SQLRow) -> Bool {
        left.names == right.names && left.values == right.values
    }
}

extension SQLRow: StreamCodable {
    /// Writes the names, then the values.
    public func encode(to writer: inout ByteWriter) {
        names.encode(to: &writer)
        values.encode(to: &writer)
    }

    /// Reads a row that `encode(to:)` wrote.
    public static func decode(from reader: inout ByteReader) throws -> SQLRow {
        let names = try [String].decode(from: &reader)
        return SQLRow(names: Names(names), values: try [SQLValue].decode(from: &reader))
    }

    /// Returns a copy that can outlive the batch: its texts own their bytes.
    public func detached() -> SQLRow { SQLRow(names: shared, values: values.detached()) }
}
