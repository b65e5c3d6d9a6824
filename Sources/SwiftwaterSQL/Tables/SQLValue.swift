import SwiftwaterCore

/// A value as SQLite knows it: one cell of a table or of a result.
///
/// Order is SQLite's: NULL, then numbers by their value, then texts by their bytes.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(Text)

    /// The value as a whole number, where it is one.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    /// The value as a number.
    public var real: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        case .null, .text: nil
        }
    }

    /// The value as a text, where it is one.
    public var text: String? { if case .text(let value) = self { String(value) } else { nil } }

    /// 0 for NULL, 1 for numbers, 2 for texts: values of different classes never equal each other.
    var orderClass: Int {
        switch self {
        case .null: 0
        case .integer, .real: 1
        case .text: 2
        }
    }
}

extension SQLValue: Comparable {
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

    /// Exact, also beyond 2^53. NaN is stored as NULL and never gets here.
    static func compare(_ integer: Int64, _ real: Double) -> Int {
        if real >= 0x1p63 { return -1 }
        if real < -0x1p63 { return 1 }
        let whole = Int64(real)  // towards zero
        if integer != whole { return integer < whole ? -1 : 1 }
        let rest = real - Double(whole)
        return rest == 0 ? 0 : (rest > 0 ? -1 : 1)
    }
}

extension SQLValue: StreamCodable {
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

    public static func decode(from reader: inout ByteReader) throws -> SQLValue {
        switch try reader.readByte() {
        case 0: return .null
        case 1: return .integer(try Int64.decode(from: &reader))
        case 2: return .real(try Double.decode(from: &reader))
        case 3: return .text(try Text.decode(from: &reader))
        case let kind:
            throw SwiftwaterError(
                .corrupted, "a value of the unknown kind \(kind)", at: .init(byteOffset: reader.offset))
        }
    }

    public func precedes(_ other: SQLValue) -> Bool {
        // 2 and 2.0 are equal to SQLite and different values here.
        if self < other { return true }
        if other < self { return false }
        if case .integer = self, case .real = other { return true }
        return false
    }

    public func detached() -> SQLValue { if case .text(let text) = self { .text(text.detached()) } else { self } }
}

/// What can stand in a column of a table made of records.
public protocol SQLConvertible: SendableMetatype {
    var sqlValue: SQLValue { get }
    static var sqlType: SQLType { get }
}

/// What a column is declared as, which decides how SQLite compares it with constants.
public enum SQLType: String, Sendable {
    case integer = "INTEGER"
    case real = "REAL"
    case text = "TEXT"
}

extension SQLConvertible where Self: BinaryInteger {
    /// Beyond 64 bits signed the nearest number that there is.
    public var sqlValue: SQLValue { .integer(Int64(clamping: self)) }
    public static var sqlType: SQLType { .integer }
}
extension Int: SQLConvertible {}
extension Int32: SQLConvertible {}
extension Int64: SQLConvertible {}
extension UInt32: SQLConvertible {}
extension UInt64: SQLConvertible {}

extension Bool: SQLConvertible {
    public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
    public static var sqlType: SQLType { .integer }
}
extension Double: SQLConvertible {
    public var sqlValue: SQLValue { isNaN ? .null : .real(self) }
    public static var sqlType: SQLType { .real }
}
extension Float: SQLConvertible {
    /// The double that is written as this float is, where four decimals are enough: 4.1, not 4.0999999.
    public var sqlValue: SQLValue {
        if isNaN { return .null }
        let rounded = (Double(self) * 1e4).rounded() / 1e4
        return .real(Float(rounded) == self ? rounded : Double(self))
    }
    public static var sqlType: SQLType { .real }
}
extension Text: SQLConvertible {
    public var sqlValue: SQLValue { .text(self) }
    public static var sqlType: SQLType { .text }
}
extension String: SQLConvertible {
    public var sqlValue: SQLValue { .text(Text(self)) }
    public static var sqlType: SQLType { .text }
}
extension BatchTime: SQLConvertible {
    /// Milliseconds since 1970.
    public var sqlValue: SQLValue { .integer(milliseconds) }
    public static var sqlType: SQLType { .integer }
}
extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }
    public static var sqlType: SQLType { Wrapped.sqlType }
}
