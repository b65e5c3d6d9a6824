import CSwiftwaterSQL
import GRDBSQLite
import SwiftwaterCore

/// The C callbacks of the virtual tables, implemented with `TableCursor`. See sqlite.org/vtab.html.
///
/// SQLite checks constraints again, so a plan may return extra rows but must not miss one; except for equality in
/// columns of numbers, which `QueryPlan` says is exact.
enum VirtualTableModule {
    static let name = "swiftwater"

    /// Registers the tables of a catalog with a connection, which retains the catalog until it closes.
    static func install(_ catalogue: TableCatalogue, in connection: OpaquePointer) -> Int32 {
        sqlite3_create_module_v2(
            connection, name, module, Unmanaged.passRetained(catalogue).toOpaque(),
            { Unmanaged<TableCatalogue>.fromOpaque($0!).release() })
    }

    /// The module, never freed since SQLite keeps its address.
    private nonisolated(unsafe) static let module: UnsafeMutablePointer<sqlite3_module> = {
        var module = sqlite3_module()
        module.xCreate = { connection, catalogue, count, words, table, message in
            VirtualTableModule.connect(connection, catalogue, count, words, table, message)
        }
        module.xConnect = module.xCreate
        module.xBestIndex = { table, info in
            QueryPlan.choose(info!, for: Attached<sqlite3_vtab, TableSlot>.value(table!).table)
            return SQLITE_OK
        }
        module.xDisconnect = { Attached<sqlite3_vtab, TableSlot>.free($0!) }
        module.xDestroy = { Attached<sqlite3_vtab, TableSlot>.free($0!) }
        module.xOpen = { table, cursor in
            var cursorInC = sw_cursor()
            cursorInC.start = { cursor, number, used, count, values in
                VirtualTableModule.start(cursor!, number, used, count, values)
            }
            let made = Attached.make(cursorInC, TableCursor(Attached<sqlite3_vtab, TableSlot>.value(table!)))
            cursor!.pointee = UnsafeMutableRawPointer(made).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
            return SQLITE_OK
        }
        module.xClose = { Attached<sw_cursor, TableCursor>.free(VirtualTableModule.cursor($0!)) }
        // The functions in C themselves, called for each row. They take the cursor by a pointer without a type.
        let filter: Filter = sw_cursor_filter
        let (next, eof): (Step, Step) = (sw_cursor_next, sw_cursor_eof)
        let (column, rowid): (Column, RowID) = (sw_cursor_column, sw_cursor_rowid)
        module.xFilter = unsafeBitCast(filter, to: type(of: module.xFilter))
        module.xNext = unsafeBitCast(next, to: type(of: module.xNext))
        module.xEof = unsafeBitCast(eof, to: type(of: module.xEof))
        module.xColumn = unsafeBitCast(column, to: type(of: module.xColumn))
        module.xRowid = unsafeBitCast(rowid, to: type(of: module.xRowid))
        let pointer = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        pointer.initialize(to: module)
        return pointer
    }()

    private typealias Step = @convention(c) (UnsafeMutableRawPointer?) -> Int32
    private typealias RowID = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int64>?) -> Int32
    private typealias Column = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int32) -> Int32
    private typealias Filter =
        @convention(c) (
            UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, Int32,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> Int32

    /// Starts a lookup. `used` are the columns that the query reads, in hexadecimal.
    private static func start(
        _ cursor: UnsafeMutablePointer<sw_cursor>, _ number: Int32, _ used: UnsafePointer<CChar>?, _ count: Int32,
        _ values: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32 {
        let table = Attached<sw_cursor, TableCursor>.value(cursor)
        let comparesNumbers = table.comparesNumbers(number)
        let arguments = (0..<Int(count)).map { place in
            let value = OpaquePointer(values![place]!)
            return comparesNumbers ? VirtualTableModule.number(of: value) : VirtualTableModule.value(of: value)
        }
        let used = used.flatMap { UInt64(String(cString: $0), radix: 16) } ?? 0
        table.start(number, arguments, used: used, &cursor.pointee)
        return SQLITE_OK
    }

    /// Handles `CREATE VIRTUAL TABLE name USING swiftwater`; the third of the words is the name.
    private static func connect(
        _ connection: OpaquePointer?, _ catalogue: UnsafeMutableRawPointer?, _ count: Int32,
        _ words: UnsafePointer<UnsafePointer<CChar>?>?,
        _ table: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
        _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> Int32 {
        let catalogue = Unmanaged<TableCatalogue>.fromOpaque(catalogue!).takeUnretainedValue()
        guard count >= 3, let slot = catalogue[String(cString: words![2]!)] else { return SQLITE_ERROR }
        let columns = slot.columns.map { "\(SQLName.quoted($0.name)) \($0.type.rawValue)" }.joined(separator: ", ")
        let status = sqlite3_declare_vtab(connection, "CREATE TABLE x(\(columns))")
        guard status == SQLITE_OK else { return status }
        table!.pointee = Attached.make(sqlite3_vtab(), slot)
        return SQLITE_OK
    }

    private static func cursor(_ base: UnsafeMutablePointer<sqlite3_vtab_cursor>) -> UnsafeMutablePointer<sw_cursor> {
        UnsafeMutableRawPointer(base).assumingMemoryBound(to: sw_cursor.self)
    }

    /// Returns a value as SQLite compares it with a column of numbers: a text that is a number becomes one.
    private static func number(of value: OpaquePointer) -> SQLValue? {
        // The conversion changes the value, which may be in use elsewhere.
        guard sqlite3_value_type(value) == SQLITE_TEXT, let copy = sqlite3_value_dup(value) else {
            return VirtualTableModule.value(of: value)
        }
        defer { sqlite3_value_free(copy) }
        _ = sqlite3_value_numeric_type(copy)
        return VirtualTableModule.value(of: copy)
    }

    private static func value(of value: OpaquePointer) -> SQLValue? {
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: return .integer(sqlite3_value_int64(value))
        case SQLITE_FLOAT: return .real(sqlite3_value_double(value))
        case SQLITE_TEXT:
            let start = sqlite3_value_text(value)
            return .text(Text(copying: UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))))
        case SQLITE_NULL: return .null
        default: return nil
        }
    }
}

enum SQLName {
    static func quoted(_ name: String) -> String {
        var result = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { result += "\"" }
            if scalar != "\0" { result.unicodeScalars.append(scalar) }
        }
        return result + "\""
    }
}

/// A C structure that SQLite knows by its address, followed by a reference to a Swift object:
///
///     | base (SQLite's) | reference (ours) |
private enum Attached<Base, Value: AnyObject> {
    private static var offset: Int {
        let alignment = MemoryLayout<UnsafeRawPointer>.alignment
        return (MemoryLayout<Base>.size + alignment - 1) / alignment * alignment
    }

    static func make(_ base: Base, _ value: Value) -> UnsafeMutablePointer<Base> {
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: offset + MemoryLayout<UnsafeRawPointer>.size, alignment: 16)
        (raw + offset).storeBytes(of: Unmanaged.passRetained(value).toOpaque(), as: UnsafeMutableRawPointer.self)
        let pointer = raw.bindMemory(to: Base.self, capacity: 1)
        pointer.initialize(to: base)
        return pointer
    }

    private static func reference(_ pointer: UnsafeMutablePointer<Base>) -> Unmanaged<Value> {
        .fromOpaque((UnsafeMutableRawPointer(pointer) + offset).load(as: UnsafeMutableRawPointer.self))
    }

    static func value(_ pointer: UnsafeMutablePointer<Base>) -> Value { reference(pointer).takeUnretainedValue() }

    static func free(_ pointer: UnsafeMutablePointer<Base>) -> Int32 {
        reference(pointer).release()
        UnsafeMutableRawPointer(pointer).deallocate()
        return SQLITE_OK
    }
}
