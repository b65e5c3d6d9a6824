import GRDB
import GRDBSQLite
import SwiftwaterCore

/// A place for queries: tables by their names, and SQLite's SQL over them.
///
/// ```swift
/// let session = try SQLSession(tables: ["ratings": SQLTable(ratings), "movies": movies])
/// let rows = try session.query("SELECT title, avg(rating) FROM ratings JOIN movies USING (movieId) GROUP BY 1")
/// ```
///
/// Tables are virtual ones over data that stays where it is; a column that queries look values up in gets an index, made at the third
/// lookup. Queries read only: what would write, and what would open a file, is refused.
public final class SQLSession: Sendable {
    private let database: DatabaseQueue
    private let catalogue = TableCatalogue()

    /// - Throws: `invalidArgument` for names that SQLite does not take.
    public init(tables: KeyValuePairs<String, SQLTable>) throws {
        database = try SQLSession.describing { try DatabaseQueue() }
        let catalogue = catalogue
        try SQLSession.describing {
            try database.inDatabase { database in
                guard VirtualTableModule.install(catalogue, in: database.sqliteConnection!) == SQLITE_OK else {
                    throw DatabaseError(message: "the module of our tables was refused")
                }
                // Nothing outside this session can be opened from a query.
                sqlite3_limit(database.sqliteConnection!, SQLITE_LIMIT_ATTACHED, 0)
            }
        }
        for (name, table) in tables { try add(table, named: name) }
    }

    /// - Throws: `invalidArgument` for a name that SQLite does not take, or that is there already.
    public func add(_ table: SQLTable, named name: String) throws {
        guard !name.isEmpty, !name.lowercased().hasPrefix("sqlite_"), !name.contains("\0") else {
            throw SwiftwaterError(
                .invalidArgument, "a table cannot be called '\(name)'", remedy: "choose another name")
        }
        catalogue[name] = TableSlot(table.indexed)
        try SQLSession.describing {
            try database.inDatabase {
                try $0.execute(sql: "CREATE VIRTUAL TABLE \(SQLName.quoted(name)) USING \(VirtualTableModule.name)")
            }
        }
    }

    /// Puts other rows under a name; the columns are the same.
    func replace(_ name: String, with table: SQLTable) { catalogue[name]?.replace(with: table.indexed) }

    /// Checks that a query can be run, and says which columns its result has.
    ///
    /// - Throws: `invalidArgument` with SQLite's message.
    public func columns(of query: String) throws -> [String] {
        try SQLSession.describing { try database.inDatabase { try statement(query, $0).columnNames } }
    }

    /// All rows of a query's result.
    public func query(_ query: String) throws -> [SQLRow] {
        var rows: [SQLRow] = []
        try forEachRow(of: query) { rows.append($0) }
        return rows
    }

    /// Calls `body` with one row after the other, in the order of the result; no more than one is in memory.
    ///
    /// - Throws: `invalidArgument` for a query that SQLite refuses; what `body` throws.
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
                .invalidArgument, "this is no query", remedy: "tables can be read only: begin with SELECT or WITH")
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
            throw SwiftwaterError(
                .invalidArgument, "SQLite refused: \(error.message ?? "\(error)")", remedy: "see sqlite.org/lang.html",
                cause: error)
        }
    }
}

/// A row of a query's result.
public struct SQLRow: Sendable, Equatable {
    /// The names of a result's columns, which its rows share.
    final class Names: Sendable {
        let names: [String]
        init(_ names: [String]) { self.names = names }
    }

    let shared: Names
    public let values: [SQLValue]

    init(names: Names, values: [SQLValue]) {
        shared = names
        self.values = values
    }

    public var names: [String] { shared.names }

    public subscript(column: Int) -> SQLValue { values[column] }

    /// The value of the first column with this name, or nil where there is none.
    public subscript(name: String) -> SQLValue? { names.firstIndex(of: name).map { values[$0] } }

    public static func == (left: SQLRow, right: SQLRow) -> Bool {
        left.names == right.names && left.values == right.values
    }
}

extension SQLRow: StreamCodable {
    public func encode(to writer: inout ByteWriter) {
        names.encode(to: &writer)
        values.encode(to: &writer)
    }

    public static func decode(from reader: inout ByteReader) throws -> SQLRow {
        let names = try [String].decode(from: &reader)
        return SQLRow(names: Names(names), values: try [SQLValue].decode(from: &reader))
    }

    public func detached() -> SQLRow { SQLRow(names: shared, values: values.detached()) }
}
