import Logging
import SwiftwaterCore
import SwiftwaterStreaming

/// A sink of tables in a PostgreSQL database, one for each output: a column `batch` with the batch time in
/// milliseconds, and the output's columns. Rows and the record of their batch are written in one transaction, so each
/// batch is there once, whatever breaks.
///
/// The table `swiftwater_batches (output, batch, rows)` lists the batches that are there, including those without rows.
/// Columns are made when their first value comes: `bigint`, `double precision` or `text`; one that has other values
/// later becomes wider. A table that exists may have other types, as long as the server can make them of the values,
/// and further columns.
public final class PostgreSQLSink: TableSink {
    private static let batches = "swiftwater_batches"

    private let session: DatabaseSession<PostgreSQLConnection>
    private let address: PostgreSQLAddress
    /// The columns of each output's table, and their types.
    private let tables = Monitor<[String: [String: String]]>([:])

    /// Creates a sink.
    ///
    /// - Parameter address: `postgresql://[USER@]HOST[:PORT]/DATABASE`; `docs/DATABASES.md` has its parameters.
    /// - Parameter logger: receives messages; the context's logger by default.
    /// - Throws: `invalidArgument` for another address.
    public convenience init(_ address: String, logger: Logger = Logger(label: "swiftwater")) throws {
        self.init(try PostgreSQLAddress(address), clock: SystemClock()) { logger.warning("\($0)") }
    }

    init(_ address: PostgreSQLAddress, clock: any StreamClock, report: @escaping @Sendable (String) -> Void) {
        self.address = address
        session = DatabaseSession(address.label, patience: address.patience, clock: clock, report: report) {
            let database = try PostgreSQLConnection(address)
            // Someone who alters a table may hold it for long.
            let milliseconds = min(max(1000, address.patience.wholeMilliseconds), 10_000)
            try database.run("SET lock_timeout = \(milliseconds)")
            return database
        }
    }

    /// Creates the output's table if there is none.
    ///
    /// - Throws: `invalidArgument` for a reserved name; `denied`, `notFound`, `network`, or `unsupported` without
    ///   PostgreSQL's client library.
    public func open(output: String, columns: [String]) throws {
        guard output != Self.batches, !output.isEmpty, output.utf8.count <= 63, !output.contains("\0") else {
            throw SwiftwaterError(
                .invalidArgument, "an output cannot be named '\(output)' in PostgreSQL",
                remedy: "choose a name of at most 63 bytes, other than \(Self.batches)")
        }
        for column in columns where column.utf8.count > 63 || column == "batch" || column.contains("\0") {
            throw SwiftwaterError(
                .invalidArgument, "a column cannot be named '\(column)' in PostgreSQL",
                remedy: "choose a name of at most 63 bytes, other than batch")
        }
        let table = address.table(output)
        try session.run(isPatient: false) { database in
            try database.run(
                """
                CREATE TABLE IF NOT EXISTS \(address.table(Self.batches)) (
                    output text NOT NULL, batch bigint NOT NULL, rows bigint NOT NULL, PRIMARY KEY (output, batch))
                """)
            try database.run("CREATE TABLE IF NOT EXISTS \(table) (batch bigint NOT NULL)")
            try database.run(
                "CREATE INDEX IF NOT EXISTS \(PostgreSQLConnection.quoted(String(output.prefix(50)) + "_batch")) "
                    + "ON \(table) (batch)")
            let known = try types(of: table, database)
            guard known["batch"] != nil else {
                throw SwiftwaterError(
                    .invalidState, "\(address.label): the table \(table) has no column batch",
                    remedy: "add one of the type bigint, or name another output")
            }
            tables.update { $0[output] = known }
        }
    }

    private func types(of table: String, _ database: PostgreSQLConnection) throws -> [String: String] {
        let rows = try database.run(
            """
            SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
            WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
            """, [table])
        return Dictionary(rows.values.map { ($0[0] ?? "", $0[1] ?? "") }) { first, _ in first }
    }

    /// Writes a batch and its record in one transaction. Does nothing if the batch is there already.
    public func commit(output: String, _ batch: SinkBatch) throws {
        try session.run(isPatient: true) { database in
            try database.transaction {
                let record = try database.run(
                    "INSERT INTO \(address.table(Self.batches)) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    [output, "\(batch.time.milliseconds)", "\(batch.rows.count)"])
                guard record.affected == 1, !batch.rows.isEmpty else { return }
                let columns = try prepare(output, batch, database)
                try database.copy(
                    into: address.table(output), columns: ["batch"] + columns.map { batch.columns[$0] },
                    batch.rows.map { row in
                        ["\(batch.time.milliseconds)"] + columns.map { Self.text(row[$0]) }
                    })
            }
        }
    }

    private static func text(_ value: SinkValue) -> String? {
        switch value {
        case .null: nil
        case .integer(let number): "\(number)"
        case .real(let number):
            number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : "\(number)"
        case .text(let text): String(text)
        }
    }

    // MARK: Columns

    /// Adds the columns that have their first values, and widens those that have other ones. Returns the places of the
    /// columns that the table has.
    private func prepare(_ output: String, _ batch: SinkBatch, _ database: PostgreSQLConnection) throws -> [Int] {
        let table = address.table(output)
        // As the transaction sees it: a column may have been dropped meanwhile, or be of one that was rolled back.
        var known = try types(of: table, database)
        for (place, name) in batch.columns.enumerated() {
            guard let wanted = Self.type(of: batch.rows, place) else { continue }
            let column = PostgreSQLConnection.quoted(name)
            if known[name] == nil {
                try database.run("ALTER TABLE \(table) ADD COLUMN IF NOT EXISTS \(column) \(wanted)")
                known[name] = wanted
            } else if let wider = Self.wider(known[name]!, wanted) {
                try database.run("ALTER TABLE \(table) ALTER COLUMN \(column) TYPE \(wider)")
                known[name] = wider
            }
        }
        return batch.columns.indices.filter { known[batch.columns[$0]] != nil }
    }

    /// The type that has all values of a column; nil if there are none.
    private static func type(of rows: [[SinkValue]], _ place: Int) -> String? {
        var found: String?
        for row in rows {
            switch row[place] {
            case .null: continue
            case .text: return "text"
            case .real: found = "double precision"
            case .integer: found = found ?? "bigint"
            }
        }
        return found
    }

    /// The type that a column of ours must have for values of another; nil if it can stay.
    private static func wider(_ type: String, _ wanted: String) -> String? {
        switch (type, wanted) {
        case ("bigint", "double precision"), ("bigint", "text"), ("double precision", "text"): wanted
        default: nil
        }
    }

    /// Returns whether a batch of an output is there.
    public func isCommitted(output: String, _ time: BatchTime) throws -> Bool {
        try session.run(isPatient: true) { database in
            try !database.run(
                "SELECT 1 FROM \(address.table(Self.batches)) WHERE output = $1 AND batch = $2",
                [output, "\(time.milliseconds)"]
            ).values.isEmpty
        }
    }

    /// Returns the time of the last batch of an output, or nil if there is none.
    public func lastCommitted(output: String) throws -> BatchTime? {
        try session.run(isPatient: true) { database in
            let rows = try database.run(
                "SELECT max(batch) FROM \(address.table(Self.batches)) WHERE output = $1", [output])
            return rows.values.first?.first.flatMap { $0 }.flatMap { Int64($0) }.map { BatchTime(milliseconds: $0) }
        }
    }
}
