import GRDBSQLite

/// A plan for reading a table: chosen in `xBestIndex`, passed through SQLite as one number, executed in `xFilter`.
enum QueryPlan: Equatable {
    /// All rows, in order.
    case scan
    /// All rows, in the order of a column.
    case ordered(column: Int)
    /// The rows whose column equals a value: argument 0.
    case equal(column: Int)
    /// The rows from a value, up to a value, or both: arguments 0 and, for both, 1. In the order of the column.
    case range(column: Int, hasLower: Bool, hasUpper: Bool)

    /// Two bits for the kind, two for the bounds, and the column.
    var number: Int32 {
        switch self {
        case .scan: 0
        case .ordered(let column): 1 | Int32(column) << 4
        case .equal(let column): 2 | Int32(column) << 4
        case .range(let column, let hasLower, let hasUpper):
            3 | (hasLower ? 4 : 0) | (hasUpper ? 8 : 0) | Int32(column) << 4
        }
    }

    /// The bit of a number that tells that the rows are read backwards.
    private static let descending: Int32 = 1 << 30

    static func isDescending(_ number: Int32) -> Bool { number & descending != 0 }

    init(number: Int32) {
        let number = number & ~QueryPlan.descending
        let column = Int(number >> 4)
        switch number & 3 {
        case 0: self = .scan
        case 1: self = .ordered(column: column)
        case 2: self = .equal(column: column)
        default: self = .range(column: column, hasLower: number & 4 != 0, hasUpper: number & 8 != 0)
        }
    }

    /// Chooses the cheapest plan and reports to SQLite its cost and the constraints whose values it needs.
    static func choose(_ info: UnsafeMutablePointer<sqlite3_index_info>, for table: IndexedTable) {
        var (plan, cost, rowsOut) = (QueryPlan.scan, 0.0, 0.0)
        let rows = Double(table.source.rowCount)
        (cost, rowsOut) = (rows + 1, rows)
        var arguments: [Int] = []
        for column in 0..<table.source.columns.count {
            let found = Conditions(info, on: column, isText: table.source.columns[column].type == .text)
            if let equal = found.equal {
                let matches = rows / Double(table.distinctValues(column))
                // Rows of one value lie anywhere; a row by its key is near.
                let lookup = matches <= 1 ? 1 : 4 * matches + 8
                guard lookup < cost else { continue }
                (plan, cost, rowsOut, arguments) = (.equal(column: column), lookup, matches, [equal])
            } else if found.lower != nil || found.upper != nil, table.isOrderCheap(column) {
                // A scan costs less than sorting a large table for one query.
                let matches = rows / (found.lower != nil && found.upper != nil ? 16 : 4)
                guard matches + 16 < cost else { continue }
                plan = .range(column: column, hasLower: found.lower != nil, hasUpper: found.upper != nil)
                (cost, rowsOut, arguments) = (matches + 16, matches, [found.lower, found.upper].compactMap { $0 })
            }
        }
        var isDescending = false
        if let order = order(info), plan != .scan || table.isOrderCheap(order.column) {
            if plan == .scan { (plan, cost) = (.ordered(column: order.column), rows * 1.5 + 1) }
            info.pointee.orderByConsumed = plan.delivers(inOrderOf: order.column) ? 1 : 0
            isDescending = order.isDescending && plan.delivers(inOrderOf: order.column)
        }
        for (position, constraint) in arguments.enumerated() {
            info.pointee.aConstraintUsage[constraint].argvIndex = Int32(position + 1)
        }
        // SQLite need not compare again what is found by its number.
        if case .equal(let column) = plan, table.findsExactly(column) {
            info.pointee.aConstraintUsage[arguments[0]].omit = 1
        }
        info.pointee.idxNum = plan.number | (isDescending ? descending : 0)
        // The columns that the query reads, in hexadecimal.
        let text = Array(String(info.pointee.colUsed, radix: 16).utf8CString)
        if let copy = sqlite3_malloc64(UInt64(text.count)) {
            copy.copyMemory(from: text, byteCount: text.count)
            info.pointee.idxStr = copy.assumingMemoryBound(to: CChar.self)
            info.pointee.needToFreeIdxStr = 1
        }
        info.pointee.estimatedCost = cost
        info.pointee.estimatedRows = Int64(max(1, rowsOut))
    }

    private func delivers(inOrderOf wanted: Int) -> Bool {
        switch self {
        case .scan: false
        case .ordered(let column), .equal(let column), .range(let column, _, _): column == wanted
        }
    }

    /// Returns the column the query orders by, if it is a single one.
    private static func order(_ info: UnsafeMutablePointer<sqlite3_index_info>) -> (column: Int, isDescending: Bool)? {
        guard info.pointee.nOrderBy == 1, info.pointee.aOrderBy[0].iColumn >= 0 else { return nil }
        return (Int(info.pointee.aOrderBy[0].iColumn), info.pointee.aOrderBy[0].desc != 0)
    }

    /// The indexes of the usable constraints on a column: only those with the BINARY collation.
    private struct Conditions {
        var equal: Int?
        var lower: Int?
        var upper: Int?

        init(_ info: UnsafeMutablePointer<sqlite3_index_info>, on column: Int, isText: Bool) {
            for index in 0..<Int(info.pointee.nConstraint) {
                let constraint = info.pointee.aConstraint[index]
                guard constraint.usable != 0, constraint.iColumn == column,
                    String(cString: sqlite3_vtab_collation(info, Int32(index))) == "BINARY"
                else { continue }
                // SQLite makes IN of `a = 'x' COLLATE NOCASE OR a = 'y' COLLATE NOCASE`, and forgets the collation.
                if isText, sqlite3_vtab_in(info, Int32(index), -1) != 0 { continue }
                switch Int32(constraint.op) {
                case SQLITE_INDEX_CONSTRAINT_EQ: equal = equal ?? index
                case SQLITE_INDEX_CONSTRAINT_GT, SQLITE_INDEX_CONSTRAINT_GE: lower = lower ?? index
                case SQLITE_INDEX_CONSTRAINT_LT, SQLITE_INDEX_CONSTRAINT_LE: upper = upper ?? index
                default: break
                }
            }
        }
    }
}
