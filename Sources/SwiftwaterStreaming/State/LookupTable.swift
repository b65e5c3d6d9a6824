import Logging
import SwiftwaterCore

/// Static data that a stream is joined with: a file, a database's table. It is loaded when the stream starts and again on a
/// schedule; a failing reload keeps what was there and is logged.
public protocol LookupTable: Sendable {
    associatedtype Key: StreamKey
    associatedtype Value: Sendable
    /// All rows. Of two for one key the later counts.
    func load() throws -> [(Key, Value)]
}

/// A lookup table of an array.
public struct ArrayLookupTable<Key: StreamKey, Value: Sendable>: LookupTable {
    private let rows: [(Key, Value)]
    public init(_ rows: [(Key, Value)]) { self.rows = rows }
    public func load() throws -> [(Key, Value)] { rows }
}

/// A lookup table as streams read it: the rows of the last load.
@usableFromInline
final class LoadedTable<Key: StreamKey, Value: Sendable>: @unchecked Sendable {
    @usableFromInline let rows: KeyTable<Key, Value>

    @usableFromInline
    init(_ pairs: [(Key, Value)]) {
        rows = KeyTable(minimumCapacity: pairs.count)
        for (key, value) in pairs {
            let hash = key.stableHash
            let entry = rows.find(key, hash)
            if entry >= 0 { rows.values[entry] = value } else { rows.insert(key, hash, value) }
        }
    }

    @inlinable
    func value(for key: Key) -> Value? {
        let entry = rows.find(key, key.stableHash)
        return entry >= 0 ? rows.values[entry] : nil
    }
}

/// Loads a table when a batch is made and the last load is older than the schedule says.
@usableFromInline
final class TableLoader<Table: LookupTable>: Sendable {
    private let table: Table
    private let reloadInterval: Duration?
    private let context: Context
    private let loaded: Monitor<(table: LoadedTable<Table.Key, Table.Value>, time: BatchTime)?> = Monitor(nil)

    init(table: Table, reloadInterval: Duration?, context: Context) {
        self.table = table
        self.reloadInterval = reloadInterval
        self.context = context
    }

    func current(at time: BatchTime) throws -> LoadedTable<Table.Key, Table.Value> {
        let known = loaded.read { $0 }
        if let known, reloadInterval.map({ time - known.time < $0 }) ?? true { return known.table }
        do {
            let new = LoadedTable(try table.load())
            loaded.update { $0 = (new, time) }
            return new
        } catch {
            guard let known else { throw OperatorFailure.wrap(error, in: "join(table)") }
            context.logger.warning("a lookup table could not be loaded again, the old rows stay: \(error)")
            loaded.update { $0 = (known.table, time) }
            return known.table
        }
    }
}

extension DStream {
    /// Each pair whose key the table has, with the table's value. A map-side join: nothing is shuffled.
    ///
    /// - Parameter reloadInterval: how old the table may be when a batch is made; loaded once unless given.
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

    /// As `join`; a pair whose key the table has not stands with nil.
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
        let loader = TableLoader(table: table, reloadInterval: reloadInterval, context: context.context)
        return derive(named: "join(table)") { rdd, time in make(rdd, try loader.current(at: time)) }
    }
}
