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

    init(number: Int32) {
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
            let found = Conditions(info, on: column)
            if let equal = found.equal {
                let matches =
                    rows / Double(max(1, table.source.distinctValues(column: column) ?? Int(rows.squareRoot())))
                guard matches + 8 < cost else { continue }
                (plan, cost, rowsOut, arguments) = (.equal(column: column), matches + 8, matches, [equal])
            } else if found.lower != nil || found.upper != nil {
                let matches = rows / (found.lower != nil && found.upper != nil ? 16 : 4)
                guard matches + 16 < cost else { continue }
                plan = .range(column: column, hasLower: found.lower != nil, hasUpper: found.upper != nil)
                (cost, rowsOut, arguments) = (matches + 16, matches, [found.lower, found.upper].compactMap { $0 })
            }
        }
        if let order = order(info) {
            if plan == .scan { (plan, cost) = (.ordered(column: order), rows * 1.5 + 1) }
            info.pointee.orderByConsumed = plan.delivers(inOrderOf: order) ? 1 : 0
        }
        for (position, constraint) in arguments.enumerated() {
            info.pointee.aConstraintUsage[constraint].argvIndex = Int32(position + 1)
        }
        info.pointee.idxNum = plan.number
        info.pointee.estimatedCost = cost
        info.pointee.estimatedRows = Int64(max(1, rowsOut))
    }

    private func delivers(inOrderOf wanted: Int) -> Bool {
        switch self {
        case .scan: false
        case .ordered(let column), .equal(let column), .range(let column, _, _): column == wanted
        }
    }

    /// Returns the column the query orders by, if it is a single column in ascending order.
    private static func order(_ info: UnsafeMutablePointer<sqlite3_index_info>) -> Int? {
        guard info.pointee.nOrderBy == 1, info.pointee.aOrderBy[0].desc == 0, info.pointee.aOrderBy[0].iColumn >= 0
        else { return nil }
        return Int(info.pointee.aOrderBy[0].iColumn)
    }

    /// The indexes of the usable constraints on a column: only those with the BINARY collation.
    private struct Conditions {
        var equal: Int?
        var lower: Int?
        var upper: Int?

        init(_ info: UnsafeMutablePointer<sqlite3_index_info>, on column: Int) {
            for index in 0..<Int(info.pointee.nConstraint) {
                let constraint = info.pointee.aConstraint[index]
                guard constraint.usable != 0, constraint.iColumn == column,
                    String(cString: sqlite3_vtab_collation(info, Int32(index))) == "BINARY"
                else { continue }
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
