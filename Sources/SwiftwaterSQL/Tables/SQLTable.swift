import SwiftwaterCore

/// A table with named columns that queries read in place.
///
/// Make one from `Ratings`, a CSV file, or an array of records. Rows are numbered from 0; at most 2^32 rows.
public struct SQLTable: Sendable {
    /// The source and its indexes, which all copies share.
    let indexed: IndexedTable

    init(_ source: any SQLTableSource) { indexed = IndexedTable(source) }

    /// Creates a table stored by column. All columns have `rowCount` rows.
    package init(rowCount: Int, columns: [(name: String, storage: ColumnStorage)]) {
        self.init(ColumnTable(rowCount: rowCount, columns))
    }

    /// The columns, if the table is stored by column.
    var storage: [(name: String, storage: ColumnStorage)]? {
        (indexed.source as? ColumnTable).map { table in zip(table.columns, table.storage).map { ($0.name, $1) } }
    }

    /// The number of rows.
    public var rowCount: Int { indexed.source.rowCount }
    /// The names and types of the columns, in order.
    public var columns: [(name: String, type: SQLType)] { indexed.source.columns }
}

/// The data behind a virtual table.
protocol SQLTableSource: Sendable {
    var rowCount: Int { get }
    var columns: [(name: String, type: SQLType)] { get }
    func value(row: Int, column: Int) -> SQLValue
    /// Returns the approximate number of distinct values of a column, if known without a scan.
    func distinctValues(column: Int) -> Int?
    /// Returns all rows with this value in the column, in order; nil if only a scan can find them.
    func rows(column: Int, equalTo value: SQLValue) -> [UInt32]?
    /// Whether all rows are known to be in the order of the column.
    func isInOrder(column: Int) -> Bool
    /// Returns all rows, ordered by the column and then by number.
    func sortedRows(column: Int) -> [UInt32]
}

extension SQLTableSource {
    func distinctValues(column: Int) -> Int? { nil }

    func rows(column: Int, equalTo value: SQLValue) -> [UInt32]? { nil }

    func isInOrder(column: Int) -> Bool { false }

    func sortedRows(column: Int) -> [UInt32] {
        let values = (0..<rowCount).map { self.value(row: $0, column: column) }
        return (0..<UInt32(rowCount)).sorted {
            let (left, right) = (values[Int($0)], values[Int($1)])
            if left < right { return true }
            return right < left ? false : $0 < $1
        }
    }
}
