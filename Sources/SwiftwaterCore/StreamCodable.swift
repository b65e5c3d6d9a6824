/// A value that the engine can store, send through a shuffle, hash and order in the same way in every process.
///
/// Keys and state must conform (`Hashable & StreamCodable`, see `StreamKey`). The standard types do. A `Codable` type
/// conforms with an empty extension:
///
/// ```swift
/// struct Meter: Hashable, Codable { var site: String; var number: Int }
/// extension Meter: StreamCodable {}
/// ```
///
/// Contract, which tests check for the types here: `decode` returns an equal value; equal values encode to equal bytes
/// and have equal `stableHash`; `precedes` is a strict total order in which equal values do not precede each other.
public protocol StreamCodable: Sendable {
    /// Writes the value.
    func encode(to writer: inout ByteWriter)
    /// Reads a value written by `encode(to:)`.
    static func decode(from reader: inout ByteReader) throws -> Self
    /// A hash that is the same in every process. By default, the hash of the encoded bytes.
    var stableHash: UInt64 { get }
    /// Returns whether the value comes before `other` in ties and output. By default, the order of the encoded bytes.
    func precedes(_ other: Self) -> Bool
    /// Returns a copy that can outlive the batch. Only types that hold `Text` need more than the default.
    func detached() -> Self
}

/// The requirements on a key of a by-key operator.
public typealias StreamKey = Hashable & StreamCodable

extension StreamCodable {
    /// The hash of the encoded bytes.
    public var stableHash: UInt64 {
        var writer = ByteWriter()
        encode(to: &writer)
        return writer.bytes.withUnsafeBytes { StableHasher.hash($0) }
    }

    /// Returns whether the encoded bytes come before those of `other`.
    public func precedes(_ other: Self) -> Bool {
        var left = ByteWriter()
        encode(to: &left)
        var right = ByteWriter()
        other.encode(to: &right)
        return left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// Returns the value itself.
    @inlinable public func detached() -> Self { self }
}

extension StreamCodable where Self: Codable {
    /// Writes the value as counted JSON with sorted keys.
    public func encode(to writer: inout ByteWriter) { RecordEncoder.encode(self, into: &writer) }
    /// Reads a value from counted JSON.
    public static func decode(from reader: inout ByteReader) throws -> Self {
        try RecordDecoder.decode(Self.self, from: &reader)
    }
}

extension StreamCodable where Self: FixedWidthInteger & Codable {
    /// Writes the integer in 8 bytes, whatever its width.
    @inlinable public func encode(to writer: inout ByteWriter) {
        writer.write(integer: Int64(truncatingIfNeeded: self))
    }
    /// Reads an integer from 8 bytes.
    public static func decode(from reader: inout ByteReader) throws -> Self {
        Self(truncatingIfNeeded: try reader.readInteger(Int64.self))
    }
    /// The hash of the integer as one 64-bit word.
    @inlinable public var stableHash: UInt64 {
        var hasher = StableHasher()
        hasher.combine(UInt64(truncatingIfNeeded: Int64(truncatingIfNeeded: self)))
        return hasher.finalize()
    }
    /// Returns whether the integer is less than `other`.
    @inlinable public func precedes(_ other: Self) -> Bool { self < other }
}

extension Int: StreamCodable {}
extension Int8: StreamCodable {}
extension Int16: StreamCodable {}
extension Int32: StreamCodable {}
extension Int64: StreamCodable {}
extension UInt: StreamCodable {}
extension UInt8: StreamCodable {}
extension UInt16: StreamCodable {}
extension UInt32: StreamCodable {}
extension UInt64: StreamCodable {}

extension Bool: StreamCodable {
    /// Writes one byte, 0 or 1.
    public func encode(to writer: inout ByteWriter) { writer.write(byte: self ? 1 : 0) }
    /// Reads one byte; any value but 0 is true.
    public static func decode(from reader: inout ByteReader) throws -> Bool { try reader.readByte() != 0 }
    /// Returns whether this is false and `other` true.
    public func precedes(_ other: Bool) -> Bool { !self && other }
}

extension Double: StreamCodable {
    /// Writes the bit pattern; negative zero is stored as zero, since the two are equal.
    public func encode(to writer: inout ByteWriter) { writer.write(integer: (self == 0 ? 0 : self).bitPattern) }
    /// Reads a bit pattern of 8 bytes.
    public static func decode(from reader: inout ByteReader) throws -> Double {
        Double(bitPattern: try reader.readInteger(UInt64.self))
    }
    /// Returns whether the number is less than `other`.
    public func precedes(_ other: Double) -> Bool { self < other }
}

extension Float: StreamCodable {
    /// Writes the bit pattern; negative zero is stored as zero, since the two are equal.
    public func encode(to writer: inout ByteWriter) { writer.write(integer: (self == 0 ? 0 : self).bitPattern) }
    /// Reads a bit pattern of 4 bytes.
    public static func decode(from reader: inout ByteReader) throws -> Float {
        Float(bitPattern: try reader.readInteger(UInt32.self))
    }
    /// Returns whether the number is less than `other`.
    public func precedes(_ other: Float) -> Bool { self < other }
}

extension String: StreamCodable {
    /// Writes the canonical composition, since `==` treats canonical forms as equal.
    ///
    /// Prefer `Text` for keys: it compares bytes and is faster.
    public func encode(to writer: inout ByteWriter) {
        var composed = isCanonicallyPlain ? self : canonicalForm
        composed.withUTF8 { writer.write(countedBytes: UnsafeRawBufferPointer($0)) }
    }
    /// Reads counted UTF-8.
    public static func decode(from reader: inout ByteReader) throws -> String {
        try reader.readCountedBytes { String(decoding: $0, as: UTF8.self) }
    }
    /// Returns whether the string is less than `other`.
    public func precedes(_ other: String) -> Bool { self < other }

    private var isCanonicallyPlain: Bool { utf8.allSatisfy { $0 < 0x80 } }
}

extension Substring: StreamCodable {
    /// Writes what the string of the same characters writes.
    public func encode(to writer: inout ByteWriter) { String(self).encode(to: &writer) }
    /// Reads counted UTF-8.
    public static func decode(from reader: inout ByteReader) throws -> Substring {
        Substring(try String.decode(from: &reader))
    }
    /// Returns whether the substring is less than `other`.
    public func precedes(_ other: Substring) -> Bool { self < other }
    /// Returns a copy that does not keep the whole string alive.
    public func detached() -> Substring { Substring(String(self)) }
}

extension Text: StreamCodable {
    /// Writes the bytes with their count.
    public func encode(to writer: inout ByteWriter) {
        withBytes { writer.write(countedBytes: UnsafeRawBufferPointer($0)) }
    }
    /// Reads counted bytes into a text that owns them.
    public static func decode(from reader: inout ByteReader) throws -> Text {
        try reader.readCountedBytes { Text(copying: $0.bindMemory(to: UInt8.self)) }
    }
    /// The hash of the bytes.
    @inlinable public var stableHash: UInt64 {
        var hasher = StableHasher()
        if isInline {
            // The same words that `combine(bytes:)` mixes in for 8...15 bytes, and for fewer.
            let count = UInt64(utf8Count)
            if count >= 8 {
                hasher.combine(word0)
                hasher.combine(word1 & 0x00FF_FFFF_FFFF_FFFF)
            } else {
                hasher.combine(word0)
            }
            hasher.combine(count)
        } else {
            withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
        return hasher.finalize()
    }
    /// Returns whether the bytes come before those of `other`.
    @inlinable public func precedes(_ other: Text) -> Bool { self < other }
}

extension Optional: StreamCodable where Wrapped: StreamCodable {
    /// Writes a byte, 0 for nil and 1 otherwise, followed by the value.
    public func encode(to writer: inout ByteWriter) {
        writer.write(byte: self == nil ? 0 : 1)
        self?.encode(to: &writer)
    }
    /// Reads an optional value.
    public static func decode(from reader: inout ByteReader) throws -> Wrapped? {
        try reader.readByte() == 0 ? nil : try Wrapped.decode(from: &reader)
    }
    /// Returns a copy whose value is detached.
    public func detached() -> Wrapped? { map { $0.detached() } }
}

extension Array: StreamCodable where Element: StreamCodable {
    /// Writes the count, followed by the elements.
    public func encode(to writer: inout ByteWriter) {
        writer.write(count: count)
        for element in self { element.encode(to: &writer) }
    }
    /// Reads a count and that many elements.
    public static func decode(from reader: inout ByteReader) throws -> [Element] {
        let count = try reader.readCount()
        var result: [Element] = []
        for _ in 0..<count { result.append(try Element.decode(from: &reader)) }
        return result
    }
    /// Returns a copy whose elements are detached.
    public func detached() -> [Element] { map { $0.detached() } }
}
