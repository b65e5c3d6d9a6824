import SwiftwaterCore
import SwiftwaterStreaming

extension DStream where Element: SQLRecord {
    /// Runs a query over each batch, which is the table `batch`, and over static tables.
    ///
    /// ```swift
    /// posts.sql(
    ///     "SELECT country, count(*) FROM batch JOIN users USING (author_id) GROUP BY 1", tables: ["users": users])
    /// ```
    ///
    /// Over a window, `batch` is the window. A batch is collected in one task, and the query runs on one thread: filter
    /// and reduce large streams first. Rows are in the order of the query. A batch without elements is a table without
    /// rows.
    ///
    /// A query that SQLite refuses is an error at `start()`.
    ///
    /// - Parameter lookups: tables of which only the rows for the keys of the batch are read.
    /// - Parameter tables: further tables of the query.
    /// - Parameter query: the query, in SQLite's SQL.
    public func sql(
        _ query: String, tables: KeyValuePairs<String, SQLTable> = [:],
        lookups: KeyValuePairs<String, SQLLookup> = [:]
    ) -> DStream<SQLRow> {
        sql(query, columns: Element.sqlColumns, tables: tables, lookups: lookups)
    }
}

extension DStream {
    /// Runs a query over each batch of elements of any type, which are rows with these columns.
    ///
    /// ```swift
    /// counts.sql(
    ///     "SELECT word, n FROM batch WHERE n > 10", columns: [SQLField("word") { $0.0 }, SQLField("n") { $0.1 }])
    /// ```
    ///
    /// - Parameter lookups: tables of which only the rows for the keys of the batch are read.
    /// - Parameter columns: the names of the columns of the batch, for elements that have none of their own.
    /// - Parameter query: the query, in SQLite's SQL.
    /// - Parameter tables: further tables of the query.
    public func sql(
        _ query: String, columns: [SQLField<Element>], tables: KeyValuePairs<String, SQLTable> = [:],
        lookups: KeyValuePairs<String, SQLLookup> = [:]
    ) -> DStream<SQLRow> {
        let batchQuery: BatchQuery<Element>
        do {
            batchQuery = try BatchQuery(query, columns, tables, lookups)
        } catch {
            context.reportProblem(error, in: "sql")
            return transform { $0.mapPartitions { _ in [] } }
        }
        return transform { rdd in rdd.coalesce(1).mapPartitions { try batchQuery.rows(over: $0) } }
    }
}

extension RDD {
    /// Runs a query over these elements, which are the table `batch`.
    ///
    /// - Parameter lookups: tables of which only the rows for the keys of these elements are read.
    /// - Parameter query: the query, in SQLite's SQL.
    /// - Parameter tables: further tables of the query.
    /// - Parameter columns: the names of the columns of the batch, for elements that have none of their own.
    /// - Throws: `invalidArgument` for a query that SQLite refuses.
    public func sql(
        _ query: String, columns: [SQLField<Element>], tables: KeyValuePairs<String, SQLTable> = [:],
        lookups: KeyValuePairs<String, SQLLookup> = [:]
    ) throws -> RDD<SQLRow> {
        let batchQuery = try BatchQuery(query, columns, tables, lookups)
        return coalesce(1).mapPartitions { try batchQuery.rows(over: $0) }
    }
}

/// A query over successive batches. Tables and statement are prepared once.
private final class BatchQuery<Element: Sendable>: Sendable {
    private let query: String
    private let columns: [SQLField<Element>]
    private let lookups: [(name: String, lookup: SQLLookup, field: SQLField<Element>)]
    private let session: Monitor<SQLSession>

    init(
        _ query: String, _ columns: [SQLField<Element>], _ tables: KeyValuePairs<String, SQLTable>,
        _ lookups: KeyValuePairs<String, SQLLookup>
    ) throws {
        self.query = query
        self.columns = columns
        self.lookups = try lookups.map { name, lookup in
            guard let field = columns.first(where: { $0.name == lookup.key }) else {
                throw SwiftwaterError(
                    .invalidArgument, "the batch has no column '\(lookup.key)' with keys of '\(name)'",
                    remedy: "it has \(columns.map(\.name).joined(separator: ", "))")
            }
            return (name, lookup, field)
        }
        let session = try SQLSession(tables: tables)
        try session.add(SQLTable([Element](), columns: columns), named: "batch")
        for (name, lookup, field) in self.lookups {
            try session.add(try lookup.rows(for: [], field), named: name)
        }
        _ = try session.columns(of: query)
        self.session = Monitor(session)
    }

    func rows(over elements: [Element]) throws -> [SQLRow] {
        try session.update { session in
            session.replace("batch", with: SQLTable(elements, columns: columns))
            defer { session.replace("batch", with: SQLTable([Element](), columns: columns)) }
            for (name, lookup, field) in lookups { session.replace(name, with: try lookup.rows(for: elements, field)) }
            return try session.query(query)
        }
    }
}
