import Algorithms
import SwiftwaterCore
import Synchronization

/// A table with indexes that are built on demand: the rows in the order of a column, 4 bytes per row and indexed
/// column.
final class IndexedTable: Sendable {
    let source: any SQLTableSource
    /// Where the columns lie, for the cursor in C.
    let layout: ColumnLayout
    private let indexes = Mutex<[Int: Index]>([:])

    private enum Index {
        /// The number of lookups without an index.
        case lookups(Int)
        case sorted([UInt32])
    }

    /// The number of lookups in a column that scan it; the next one sorts it.
    static let lookupsWithoutIndex = 2

    /// Layouts in the order of a column, with the columns they have.
    private let orders = Mutex<[Int: (used: UInt64, layout: ColumnLayout)]>([:])
    private let estimates = Mutex<[Int: Int]>([:])
    private let inOrder = Mutex<[Int: Bool]>([:])

    init(_ source: any SQLTableSource) { (self.source, layout) = (source, ColumnLayout(source)) }

    /// Whether rows in the order of a column are there, or cheap to have.
    func isOrderCheap(_ column: Int) -> Bool {
        if source.rowCount < 100_000 || source.distinctValues(column: column) != nil { return true }
        return indexes.withLock { if case .sorted? = $0[column] { true } else { false } }
    }

    /// Whether `rows(_:equalTo:)` finds what SQLite calls equal, whatever the value: in columns of numbers.
    func findsExactly(_ column: Int) -> Bool { layout.canBeOrdered && source.columns[column].type != .text }

    /// Returns about how many distinct values a column has: a guess from a sample, if the source does not know.
    func distinctValues(_ column: Int) -> Int {
        if let known = source.distinctValues(column: column) { return known }
        return estimates.withLock { estimates in
            if let known = estimates[column] { return known }
            let (rows, size) = (source.rowCount, min(source.rowCount, 1024))
            let sample = Set((0..<size).map { "\(source.value(row: $0 * rows / size, column: column))" })
            // All different: probably a key.
            let estimate = sample.count == size ? rows : max(sample.count, Int(Double(rows).squareRoot()))
            estimates[column] = max(estimate, 1)
            return estimates[column]!
        }
    }

    /// Whether the rows are in the order of a column, as those of most files of ratings are by user. O(rows) the first
    /// time, and much less than sorting.
    func isInOrder(_ column: Int) -> Bool {
        inOrder.withLock { known in
            if let isInOrder = known[column] { return isInOrder }
            let isInOrder = source.isInOrder(column: column)
            known[column] = isInOrder
            return isInOrder
        }
    }

    /// Returns all rows in the order of a column; the sort is stable. O(rows log rows) the first time.
    func sortedRows(_ column: Int) -> [UInt32] {
        indexes.withLock { indexes in
            if case .sorted(let rows)? = indexes[column] { return rows }
            let rows = source.sortedRows(column: column)
            indexes[column] = .sorted(rows)
            return rows
        }
    }

    /// Returns the layout in the order of a column, with at least these columns. O(rows) the first time.
    func layout(inOrderOf column: Int, used: UInt64) -> ColumnLayout {
        let rows = sortedRows(column)
        return orders.withLock { orders in
            if let known = orders[column], known.used & used == used { return known.layout }
            let all = used | (orders[column]?.used ?? 0)
            let made = layout.ordered(by: rows, of: column, used: all)
            orders[column] = (all, made)
            return made
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
