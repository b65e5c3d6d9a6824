import Logging
import SwiftwaterCore

/// Static data that a stream is joined with, such as a file or a database table. It is loaded when the stream starts
/// and again on a schedule. If a reload fails, the old rows stay and the error is logged.
public protocol LookupTable: Sendable {
    /// The keys of the rows.
    associatedtype Key: StreamKey
    /// The values of the rows.
    associatedtype Value: Sendable
    /// Returns all rows. Of two rows for one key, the later counts.
    func load() throws -> [(Key, Value)]
}

/// A lookup table over the rows of an array.
public struct ArrayLookupTable<Key: StreamKey, Value: Sendable>: LookupTable {
    private let rows: [(Key, Value)]
    /// Creates a table of `rows`.
    public init(_ rows: [(Key, Value)]) { self.rows = rows }
    /// Returns the rows of the array.
    public func load() throws -> [(Key, Value)] { rows }
}

extension DStream {
    /// Joins each pair with the table's value for its key; pairs whose key is not in the table are dropped. This is a
    /// map-side join: nothing is shuffled.
    ///
    /// - Parameter reloadInterval: the maximum age of the table when a batch is made. By default, the table is loaded
    ///   once.
    /// - Parameter table: the table to join with.
    @inlinable
    public func join<Table: LookupTable, Value: Sendable>(
        _ table: Table, reloadInterval: Duration? = nil
    ) -> DStream<(Table.Key, (Value, Table.Value))> where Element == (Table.Key, Value) {
        withTable(table, reloadInterval) { rdd, rows in
            rdd.flatMap { key, value in
                CollectionOfOne<(Table.Key, (Value, Table.Value))?>(rows.value(for: key).map { (key, (value, $0)) })
                    .compactMap { $0 }
            }
        }
    }

    /// Joins like `join`. A pair whose key is not in the table gets nil.
    @inlinable
    public func leftOuterJoin<Table: LookupTable, Value: Sendable>(
        _ table: Table, reloadInterval: Duration? = nil
    ) -> DStream<(Table.Key, (Value, Table.Value?))> where Element == (Table.Key, Value) {
        withTable(table, reloadInterval) { rdd, rows in
            rdd.map { key, value in (key, (value, rows.value(for: key))) }
        }
    }

    @usableFromInline
    func withTable<Table: LookupTable, Result: Sendable>(
        _ table: Table, _ reloadInterval: Duration?,
        _ make: @escaping @Sendable (RDD<Element>, LoadedTable<Table.Key, Table.Value>) -> RDD<Result>
    ) -> DStream<Result> {
        let loader = TableLoader(table: table, reloadInterval: reloadInterval, context: context.engine)
        return derive(named: "join(table)") { rdd, time in make(rdd, try loader.current(at: time)) }
    }
}
