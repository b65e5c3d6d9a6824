import SwiftwaterCore
import SwiftwaterFormats

/// A SQLite value: one cell of a table or of a result.
///
/// The order is SQLite's: NULL, then numbers by value, then texts by bytes.
public enum SQLValue: Sendable, Hashable {
    /// NULL.
    case null
    /// A 64-bit integer.
    case integer(Int64)
    /// A floating-point number.
    case real(Double)
    /// A text.
    case text(Text)

    /// The value of an integer, else nil.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    /// The value of an integer or real as a double, else nil.
    public var real: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        case .null, .text: nil
        }
    }

    /// The value of a text, else nil.
    public var text: String? { if case .text(let value) = self { String(value) } else { nil } }

    /// 0 for NULL, 1 for numbers, 2 for texts: values of different classes are never equal.
    var orderClass: Int {
        switch self {
        case .null: 0
        case .integer, .real: 1
        case .text: 2
        }
    }
}

extension SQLValue: Comparable {
    /// Compares values in SQLite's order; integers and reals compare by their exact values.
    public static func < (left: SQLValue, right: SQLValue) -> Bool {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): return a < b
        case (.real(let a), .real(let b)): return a < b
        case (.integer(let a), .real(let b)): return SQLValue.compare(a, b) < 0
        case (.real(let a), .integer(let b)): return SQLValue.compare(b, a) > 0
        case (.text(let a), .text(let b)): return a < b
        default: return left.orderClass < right.orderClass
        }
    }

    /// Compares exactly, even beyond 2^53. NaN is stored as NULL and never gets here.
    static func compare(_ integer: Int64, _ real: Double) -> Int {
        if real >= 0x1p63 { return -1 }
        if real < -0x1p63 { return 1 }
        let whole = Int64(real)  // toward zero
        if integer != whole { return integer < whole ? -1 : 1 }
        let rest = real - Double(whole)
        return rest == 0 ? 0 : (rest > 0 ? -1 : 1)
    }
}

extension SQLValue: StreamCodable {
    /// Writes a byte for the kind, then the value.
    public func encode(to writer: inout ByteWriter) {
        switch self {
        case .null: writer.write(byte: 0)
        case .integer(let value):
            writer.write(byte: 1)
            value.encode(to: &writer)
        case .real(let value):
            writer.write(byte: 2)
            value.encode(to: &writer)
        case .text(let value):
            writer.write(byte: 3)
            value.encode(to: &writer)
        }
    }

    /// Reads a value that `encode(to:)` wrote.
    ///
    /// - Throws: `corrupted` for an unknown kind.
    public static func decode(from reader: inout ByteReader) throws -> SQLValue {
        switch try reader.readByte() {
        case 0: return .null
        case 1: return .integer(try Int64.decode(from: &reader))
        case 2: return .real(try Double.decode(from: &reader))
        case 3: return .text(try Text.decode(from: &reader))
        case let kind:
            throw SwiftwaterError(
                .corrupted, "a value of unknown kind \(kind)", at: .init(byteOffset: reader.offset))
        }
    }

    /// Returns whether the value comes before another: SQLite's order, with integers before equal reals.
    public func precedes(_ other: SQLValue) -> Bool {
        // 2 and 2.0 are equal in SQLite but different values here.
        if self < other { return true }
        if other < self { return false }
        if case .integer = self, case .real = other { return true }
        return false
    }

    /// Returns a copy that can outlive the batch: a text owns its bytes.
    public func detached() -> SQLValue { if case .text(let text) = self { .text(text.detached()) } else { self } }
}

/// A type that can be a column of a table of records.
public protocol SQLConvertible: SendableMetatype {
    /// The value in SQL.
    var sqlValue: SQLValue { get }
    /// The declared type of such a column.
    static var sqlType: SQLType { get }
}

/// The declared type of a column, which decides how SQLite compares it with constants.
public enum SQLType: String, Sendable {
    /// INTEGER.
    case integer = "INTEGER"
    /// REAL.
    case real = "REAL"
    /// TEXT.
    case text = "TEXT"
}

extension SQLConvertible where Self: BinaryInteger {
    /// The integer, clamped to the range of `Int64`.
    public var sqlValue: SQLValue { .integer(Int64(clamping: self)) }
    /// INTEGER.
    public static var sqlType: SQLType { .integer }
}
extension Int: SQLConvertible {}
extension Int32: SQLConvertible {}
extension Int64: SQLConvertible {}
extension UInt32: SQLConvertible {}
extension UInt64: SQLConvertible {}

extension Bool: SQLConvertible {
    /// 1 for true, 0 for false.
    public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
    /// INTEGER.
    public static var sqlType: SQLType { .integer }
}
extension Double: SQLConvertible {
    /// The number, or NULL for NaN.
    public var sqlValue: SQLValue { isNaN ? .null : .real(self) }
    /// REAL.
    public static var sqlType: SQLType { .real }
}
extension Float: SQLConvertible {
    /// The number as a double with the same decimal notation, if four decimals suffice (4.1, not 4.0999999); NULL for
    /// NaN.
    public var sqlValue: SQLValue {
        if isNaN { return .null }
        let rounded = (Double(self) * 1e4).rounded() / 1e4
        return .real(Float(rounded) == self ? rounded : Double(self))
    }
    /// REAL.
    public static var sqlType: SQLType { .real }
}
extension Text: SQLConvertible {
    /// The text.
    public var sqlValue: SQLValue { .text(self) }
    /// TEXT.
    public static var sqlType: SQLType { .text }
}
extension String: SQLConvertible {
    /// The string as a text.
    public var sqlValue: SQLValue { .text(Text(self)) }
    /// TEXT.
    public static var sqlType: SQLType { .text }
}
extension BatchTime: SQLConvertible {
    /// Milliseconds since 1970.
    public var sqlValue: SQLValue { .integer(milliseconds) }
    /// INTEGER.
    public static var sqlType: SQLType { .integer }
}
extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    /// The wrapped value, or NULL for nil.
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }
    /// The type of the wrapped value.
    public static var sqlType: SQLType { Wrapped.sqlType }
}

extension SQLValue: JSONWritable {
    /// Writes the value; a number that is not finite is null.
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .integer(let value): json.value(value)
        case .real(let value): json.value(value)
        case .text(let text): json.value(text)
        }
    }
}
