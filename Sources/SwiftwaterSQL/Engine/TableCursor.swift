import GRDBSQLite
import SwiftwaterCore

/// A cursor over the rows of a table that a query reads.
final class TableCursor {
    private let slot: TableSlot
    private var table: IndexedTable
    private var rows: Rows = .all(count: 0)
    private var position = 0
    /// How `rows` were chosen, for reuse: a row of a join often looks up the same values as the row before.
    private var last: (plan: QueryPlan, arguments: [SQLValue], table: IndexedTable)?

    private enum Rows {
        case all(count: Int)
        case list(ArraySlice<UInt32>)
    }

    init(_ slot: TableSlot) {
        self.slot = slot
        table = slot.table
    }

    func start(_ plan: QueryPlan, _ arguments: [SQLValue]) {
        table = slot.table
        if last == nil || last!.plan != plan || last!.table !== table || last!.arguments != arguments {
            rows = chosen(plan, arguments)
            last = (plan, arguments, table)
        }
        if case .list(let rows) = rows { position = rows.startIndex } else { position = 0 }
    }

    private func chosen(_ plan: QueryPlan, _ arguments: [SQLValue]) -> Rows {
        let all = Rows.all(count: table.source.rowCount)
        if arguments.contains(.null) { return .list([]) }
        switch plan {
        case .scan: return all
        case .ordered(let column): return .list(table.sortedRows(column)[...])
        case .equal(let column):
            // A number compared with a text: SQLite decides, row by row.
            guard isComparable(arguments[0], column) else { return all }
            return .list(table.rows(column, equalTo: arguments[0]))
        case .range(let column, let hasLower, let hasUpper):
            guard arguments.allSatisfy({ isComparable($0, column) }) else {
                return .list(table.sortedRows(column)[...])
            }
            return .list(
                table.rows(
                    column, from: hasLower ? arguments.first : nil, through: hasUpper ? arguments.last : nil))
        }
    }

    private func isComparable(_ value: SQLValue, _ column: Int) -> Bool {
        let isText = table.source.columns[column].type == .text
        return isText == (value.orderClass == 2)
    }

    func advance() { position += 1 }

    var isAtEnd: Bool {
        switch rows {
        case .all(let count): position >= count
        case .list(let rows): position >= rows.endIndex
        }
    }

    var row: Int {
        switch rows {
        case .all: position
        case .list(let rows): Int(rows[position])
        }
    }

    func report(_ column: Int, to context: OpaquePointer) {
        switch table.source.value(row: row, column: column) {
        case .null: sqlite3_result_null(context)
        case .integer(let value): sqlite3_result_int64(context, value)
        case .real(let value): sqlite3_result_double(context, value)
        case .text(let text):
            text.withBytes { bytes in
                let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
                if let start {
                    sqlite3_result_text64(
                        context, start, UInt64(bytes.count), SQLiteLifetime.copied, UInt8(SQLITE_UTF8))
                } else {
                    sqlite3_result_text(context, "", 0, nil)
                }
            }
        }
    }
}

enum SQLiteLifetime {
    /// SQLITE_TRANSIENT: SQLite copies the bytes. Swift does not import the macro.
    nonisolated(unsafe) static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}
