import Foundation
import GRDB
import SwiftwaterCore
import SwiftwaterStreaming

/// A sink of tables in an SQLite file, one for each output: a column `batch` with the batch time in milliseconds, and
/// the output's columns. Rows and the record of their batch are written in one transaction.
///
/// The table `swiftwater_batches (output, batch, rows)` lists the batches in the file, including those without rows.
public final class SQLiteSink: TableSink {
    /// The path of the file.
    public let path: String
    private let database: DatabaseQueue

    /// Opens the file, or creates it.
    ///
    /// - Throws: `io` if the file cannot be opened, `malformedInput` if it is not a database.
    public init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            // A committed batch survives a power failure.
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            try database.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS swiftwater_batches (
                            output TEXT NOT NULL, batch INTEGER NOT NULL, rows INTEGER NOT NULL,
                            PRIMARY KEY (output, batch)) WITHOUT ROWID
                        """)
            }
        } catch { throw SQLiteSink.describe(error, path) }
    }

    private static func describe(_ error: any Error, _ path: String) -> SwiftwaterError {
        let known = error as? DatabaseError
        let isNoDatabase = known?.resultCode == .SQLITE_NOTADB
        return SwiftwaterError(
            isNoDatabase ? .malformedInput : .io, "SQLite refused: \(known?.message ?? "\(error)")",
            at: .init(file: path), remedy: isNoDatabase ? "name a new file" : nil, cause: error)
    }

    private static func quoted(_ name: String) -> String { name.quotedDatabaseIdentifier }

    /// Creates the output's table if it does not exist, and adds columns that it lacks at its end.
    ///
    /// - Throws: `invalidArgument` if the name is reserved, `invalidState` if the table has other columns, `io` or
    ///   `malformedInput` if SQLite fails.
    public func open(output: String, columns: [String]) throws {
        guard output != "swiftwater_batches", !output.lowercased().hasPrefix("sqlite_") else {
            throw SwiftwaterError(
                .invalidArgument, "an output cannot be named '\(output)' in SQLite", remedy: "choose another name")
        }
        do {
            try database.write { database in
                let list = (["batch INTEGER NOT NULL"] + columns.map(SQLiteSink.quoted)).joined(separator: ", ")
                try database.execute(sql: "CREATE TABLE IF NOT EXISTS \(SQLiteSink.quoted(output)) (\(list))")
                try database.execute(
                    sql: "CREATE INDEX IF NOT EXISTS \(SQLiteSink.quoted(output + "_batch")) "
                        + "ON \(SQLiteSink.quoted(output)) (batch)")
                var existing = try database.columns(in: output).map(\.name)
                // A table of an earlier version has the first of the columns.
                if (["batch"] + columns).starts(with: existing), !existing.isEmpty {
                    for column in columns.dropFirst(existing.count - 1) {
                        try database.execute(
                            sql: "ALTER TABLE \(SQLiteSink.quoted(output)) ADD COLUMN \(SQLiteSink.quoted(column))")
                    }
                    existing = ["batch"] + columns
                }
                guard existing == ["batch"] + columns else {
                    throw SwiftwaterError(
                        .invalidState, "the table '\(output)' has the columns \(existing.joined(separator: ", "))",
                        at: .init(file: path), remedy: "name another file or output")
                }
            }
        } catch let error as SwiftwaterError { throw error } catch { throw SQLiteSink.describe(error, path) }
    }

    /// Writes a batch and its record in one transaction. Does nothing if the batch is already in the file.
    public func commit(output: String, _ batch: SinkBatch) throws {
        do {
            try database.write { database in
                let known = try Int.fetchOne(
                    database, sql: "SELECT rows FROM swiftwater_batches WHERE output = ? AND batch = ?",
                    arguments: [output, batch.time.milliseconds])
                guard known == nil else { return }
                let marks = Array(repeating: "?", count: batch.columns.count + 1).joined(separator: ", ")
                let insert = try database.makeStatement(
                    sql: "INSERT INTO \(SQLiteSink.quoted(output)) VALUES (\(marks))")
                for row in batch.rows {
                    let values: [(any DatabaseValueConvertible)?] =
                        [batch.time.milliseconds] + row.map(SQLiteSink.value)
                    try insert.execute(arguments: StatementArguments(values))
                }
                try database.execute(
                    sql: "INSERT INTO swiftwater_batches VALUES (?, ?, ?)",
                    arguments: [output, batch.time.milliseconds, batch.rows.count])
            }
        } catch { throw SQLiteSink.describe(error, path) }
    }

    private static func value(_ value: SinkValue) -> (any DatabaseValueConvertible)? {
        switch value {
        case .null: nil
        case .integer(let number): number
        case .real(let number): number
        case .text(let text): String(text)
        }
    }

    /// Returns whether a batch of an output is in the file.
    public func isCommitted(output: String, _ time: BatchTime) throws -> Bool {
        try number("SELECT 1 FROM swiftwater_batches WHERE output = ? AND batch = ?", [output, time.milliseconds])
            != nil
    }

    /// Returns the time of the last batch of an output in the file, or nil if there is none.
    public func lastCommitted(output: String) throws -> BatchTime? {
        try number("SELECT max(batch) FROM swiftwater_batches WHERE output = ?", [output])
            .map { BatchTime(milliseconds: $0) }
    }

    private func number(_ sql: String, _ arguments: StatementArguments) throws -> Int64? {
        do {
            return try database.read { try Int64.fetchOne($0, sql: sql, arguments: arguments) }
        } catch { throw SQLiteSink.describe(error, path) }
    }
}
