import CSwiftwaterSQL
import GRDBSQLite
import SwiftwaterCore

/// Where the columns of a table lie in memory, for the cursor in C (`sw_table`). Other columns, such as those of
/// records, are read value by value.
final class ColumnLayout: @unchecked Sendable {
    let table: UnsafeMutablePointer<sw_table>
    private let columns: UnsafeMutablePointer<sw_column>
    /// Keeps the columns where they are: arrays do not move while nobody changes them.
    private let storage: [ColumnStorage]
    private let source: any SQLTableSource

    convenience init(_ source: any SQLTableSource) { self.init(source, (source as? ColumnTable)?.storage ?? []) }

    private init(_ source: any SQLTableSource, _ storage: [ColumnStorage]) {
        (self.source, self.storage) = (source, storage)
        let count = source.columns.count
        columns = .allocate(capacity: max(count, 1))
        columns.initialize(repeating: sw_column(), count: max(count, 1))
        table = .allocate(capacity: 1)
        table.initialize(to: sw_table())
        for (number, column) in storage.enumerated() { columns[number] = ColumnLayout.place(of: column) }
        table.pointee.columns = UnsafePointer(columns)
        table.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        table.pointee.value = { context, row, column, result in
            let layout = Unmanaged<ColumnLayout>.fromOpaque(context!).takeUnretainedValue()
            ColumnLayout.report(layout.source.value(row: Int(row), column: Int(column)), to: OpaquePointer(result!))
        }
    }

    deinit {
        columns.deallocate()
        table.deallocate()
    }

    /// Whether columns can lie in another order: all but those of records.
    var canBeOrdered: Bool { !storage.isEmpty }

    /// Returns the layout with some columns in the order of `rows`, so that they are read from the first byte to the
    /// last. The others are not to be read.
    ///
    /// - Parameters:
    ///   - rows: the rows in the order of `column`.
    ///   - used: the columns, a bit each.
    func ordered(by rows: [UInt32], of column: Int, used: UInt64) -> ColumnLayout {
        let columns = storage.indices.map { number -> ColumnStorage in
            if number < 63, used & (1 << UInt64(number)) == 0 { return .integers([]) }
            return number == column ? storage[number].sorted(by: rows) : storage[number].ordered(by: rows)
        }
        return ColumnLayout(source, columns)
    }

    private static func place(of storage: ColumnStorage) -> sw_column {
        var column = sw_column()
        switch storage {
        case .integers(let values):
            (column.kind, column.values) = (sw_column_int64, address(values))
        case .floats(let values):
            (column.kind, column.values) = (sw_column_float, address(values))
        case .reals(let values):
            (column.kind, column.values) = (sw_column_double, address(values))
        case .texts(let texts):
            (column.kind, column.values) = (sw_column_text, address(texts.bytes))
            column.ends = address(texts.ends)?.assumingMemoryBound(to: Int64.self)
        case .numbered(let numbers, let values):
            column = place(of: values)
            column.numbers = address(numbers)?.assumingMemoryBound(to: UInt32.self)
        case .nullable(let values, let isNull):
            column = place(of: values)
            column.nulls = address(isNull)?.assumingMemoryBound(to: UInt8.self)
        }
        return column
    }

    private static func address<Element>(_ array: [Element]) -> UnsafeRawPointer? {
        array.withUnsafeBytes { $0.baseAddress }
    }

    private static func report(_ value: SQLValue, to context: OpaquePointer) {
        switch value {
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
