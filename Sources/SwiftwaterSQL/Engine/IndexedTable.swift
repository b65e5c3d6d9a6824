import Algorithms
import SwiftwaterCore
import Synchronization

/// A table with indexes that are built on demand: the rows in the order of a column, 4 bytes per row and indexed
/// column.
final class IndexedTable: Sendable {
    let source: any SQLTableSource
    private let indexes = Mutex<[Int: Index]>([:])

    private enum Index {
        /// The number of lookups without an index.
        case lookups(Int)
        case sorted([UInt32])
    }

    /// The number of lookups in a column that scan it; the next one sorts it.
    static let lookupsWithoutIndex = 2

    init(_ source: any SQLTableSource) { self.source = source }

    /// Returns all rows in the order of a column; the sort is stable. O(rows log rows) the first time.
    func sortedRows(_ column: Int) -> [UInt32] {
        indexes.withLock { indexes in
            if case .sorted(let rows)? = indexes[column] { return rows }
            let rows = source.sortedRows(column: column)
            indexes[column] = .sorted(rows)
            return rows
        }
    }

    /// Returns the rows that hold a value. O(log rows + matches) with the index, O(rows) without.
    func rows(_ column: Int, equalTo value: SQLValue) -> ArraySlice<UInt32> {
        let isIndexed = indexes.withLock { indexes in
            switch indexes[column] {
            case .sorted: return true
            case .lookups(let count) where count >= IndexedTable.lookupsWithoutIndex: return true
            case .lookups(let count): indexes[column] = .lookups(count + 1)
            case nil: indexes[column] = .lookups(1)
            }
            return false
        }
        if isIndexed { return rows(column, from: value, through: value) }
        if let found = source.rows(column: column, equalTo: value) { return found[...] }
        return (0..<UInt32(source.rowCount)).filter {
            let found = source.value(row: Int($0), column: column)
            return !(found < value) && !(value < found)
        }[...]
    }

    /// Returns the rows between two values, both included, in the order of the column. A nil bound is open.
    func rows(_ column: Int, from lower: SQLValue?, through upper: SQLValue?) -> ArraySlice<UInt32> {
        let rows = sortedRows(column)
        func first(where isBehind: (SQLValue) -> Bool) -> Int {
            rows.partitioningIndex { isBehind(source.value(row: Int($0), column: column)) }
        }
        let begin = lower.map { lower in first { !($0 < lower) } } ?? 0
        let end = upper.map { upper in first { upper < $0 } } ?? rows.count
        return rows[begin..<max(begin, end)]
    }
}

/// The table behind a name. The columns are fixed; the rows may be replaced between queries.
final class TableSlot: Sendable {
    let columns: [(name: String, type: SQLType)]
    private let current: Mutex<IndexedTable>

    init(_ table: IndexedTable) {
        columns = table.source.columns
        current = Mutex(table)
    }

    var table: IndexedTable { current.withLock { $0 } }

    func replace(with table: IndexedTable) { current.withLock { $0 = table } }
}

/// The tables of a connection, by name.
final class TableCatalogue: Sendable {
    private let slots = Mutex<[String: TableSlot]>([:])

    subscript(name: String) -> TableSlot? {
        get { slots.withLock { $0[name] } }
        set { slots.withLock { $0[name] = newValue } }
    }
}
