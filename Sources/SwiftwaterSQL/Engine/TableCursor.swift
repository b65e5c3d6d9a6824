import CSwiftwaterSQL
import SwiftwaterCore

/// Chooses the rows of a table that a query reads. The cursor in C reads them.
final class TableCursor {
    private let slot: TableSlot
    private var table: IndexedTable
    /// Keeps the rows where they are while the cursor in C reads them.
    private var rows: Rows = .all(count: 0)
    private var layout: ColumnLayout?
    /// How `rows` were chosen, for reuse: a row of a join often looks up the same values as the row before.
    private var last: (plan: QueryPlan, arguments: [SQLValue?], table: IndexedTable)?

    private enum Rows {
        case all(count: Int)
        case list(ArraySlice<UInt32>)
    }

    init(_ slot: TableSlot) {
        self.slot = slot
        table = slot.table
    }

    /// Whether a lookup compares numbers, so that a text such as '5' stands for the number.
    func comparesNumbers(_ number: Int32) -> Bool {
        if case .equal(let column) = QueryPlan(number: number) { slot.table.findsExactly(column) } else { false }
    }

    /// Starts a lookup.
    ///
    /// - Parameters:
    ///   - number: the plan, and whether its rows are read backwards.
    ///   - arguments: the values to compare with; nil for a blob, which is equal to no value of a table.
    ///   - used: the columns that the query reads, a bit each.
    func start(_ number: Int32, _ arguments: [SQLValue?], used: UInt64, _ cursor: inout sw_cursor) {
        let (plan, isDescending) = (QueryPlan(number: number), QueryPlan.isDescending(number))
        table = slot.table
        if last == nil || last!.plan != plan || last!.table !== table || last!.arguments != arguments {
            rows = chosen(plan, arguments)
            last = (plan, arguments, table)
        }
        // The last bit of `used` stands for all columns beyond it.
        let known = min(table.source.columns.count, 63)
        cursor.used = used & (1 << UInt64(known) - 1)
        layout = table.layout
        var isScattered = true
        if case .ordered(let column) = plan, table.layout.canBeOrdered, table.source.rowCount >= 10_000,
            !table.isInOrder(column)
        {
            layout = table.layout(inOrderOf: column, used: used)
            isScattered = false
        }
        cursor.table = UnsafePointer(layout!.table)
        switch rows {
        case .all(let count): (cursor.rows, cursor.left) = (nil, Int64(count))
        case .list(let rows):
            (cursor.rows, cursor.left) = (rows.withUnsafeBufferPointer { $0.baseAddress }, Int64(rows.count))
        }
        cursor.scattered = isScattered && cursor.rows != nil
        (cursor.position, cursor.step) = isDescending ? (max(cursor.left - 1, 0), -1) : (0, 1)
        (cursor.plan, cursor.begin, cursor.count) = (-1, cursor.position, cursor.left)
        if case .equal = plan, case .integer(let key)?? = arguments.first {
            (cursor.plan, cursor.key) = (number, key)
        }
    }

    private func chosen(_ plan: QueryPlan, _ arguments: [SQLValue?]) -> Rows {
        let all = Rows.all(count: table.source.rowCount)
        if arguments.contains(.some(.null)) { return .list([]) }
        switch plan {
        case .scan: return all
        case .ordered(let column): return table.isInOrder(column) ? all : .list(table.sortedRows(column)[...])
        case .equal(let column):
            guard let value = arguments[0] else { return .list([]) }
            if isComparable(value, column) { return .list(table.rows(column, equalTo: value)) }
            guard table.findsExactly(column) else { return all }  // SQLite decides, row by row.
            return .list([])  // A text that is not a number.
        case .range(let column, let hasLower, let hasUpper):
            let bounds = arguments.compactMap { $0 }.filter { isComparable($0, column) }
            guard bounds.count == arguments.count else {
                return .list(table.sortedRows(column)[...])
            }
            return .list(
                table.rows(
                    column, from: hasLower ? bounds.first : nil, through: hasUpper ? bounds.last : nil))
        }
    }

    private func isComparable(_ value: SQLValue, _ column: Int) -> Bool {
        let isText = table.source.columns[column].type == .text
        return isText == (value.orderClass == 2)
    }
}
