/// A value that the engine can store, send through a shuffle, hash and order in the same way in every process.
///
/// Keys and state conform (`Hashable & StreamCodable`, see `StreamKey`). The standard types do; a `Codable` type of your
/// own joins with an empty extension:
///
/// ```swift
/// struct Meter: Hashable, Codable { var site: String; var number: Int }
/// extension Meter: StreamCodable {}
/// ```
///
/// Contract, checked for the types here by tests: `decode` gives back an equal value; equal values encode to equal bytes
/// and have equal `stableHash`; `precedes` is a strict total order in which equal values do not precede each other.
public protocol StreamCodable: Sendable {
    func encode(to writer: inout ByteWriter)
    static func decode(from reader: inout ByteReader) throws -> Self
    /// The same in every process. By default the hash of the encoded bytes.
    var stableHash: UInt64 { get }
    /// Order for ties and output. By default the order of the encoded bytes.
    func precedes(_ other: Self) -> Bool
    /// A copy that can outlive the batch; only types that hold `Text` need more than the default.
    func detached() -> Self
}

/// What a key of a by-key operator must be.
public typealias StreamKey = Hashable & StreamCodable

extension StreamCodable {
    public var stableHash: UInt64 {
        var writer = ByteWriter()
        encode(to: &writer)
        return writer.bytes.withUnsafeBytes { StableHasher.hash($0) }
    }

    public func precedes(_ other: Self) -> Bool {
        var left = ByteWriter()
        encode(to: &left)
        var right = ByteWriter()
        other.encode(to: &right)
        return left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    @inlinable public func detached() -> Self { self }
}

extension StreamCodable where Self: Codable {
    public func encode(to writer: inout ByteWriter) { RecordEncoder.encode(self, into: &writer) }
    public static func decode(from reader: inout ByteReader) throws -> Self {
        try RecordDecoder.decode(Self.self, from: &reader)
    }
}

extension StreamCodable where Self: FixedWidthInteger & Codable {
    @inlinable public func encode(to writer: inout ByteWriter) {
        writer.write(integer: Int64(truncatingIfNeeded: self))
    }
    public static func decode(from reader: inout ByteReader) throws -> Self {
        Self(truncatingIfNeeded: try reader.readInteger(Int64.self))
    }
    @inlinable public var stableHash: UInt64 {
        var hasher = StableHasher()
        hasher.combine(UInt64(truncatingIfNeeded: Int64(truncatingIfNeeded: self)))
        return hasher.finalize()
    }
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
    public func encode(to writer: inout ByteWriter) { writer.write(byte: self ? 1 : 0) }
    public static func decode(from reader: inout ByteReader) throws -> Bool { try reader.readByte() != 0 }
    public func precedes(_ other: Bool) -> Bool { !self && other }
}

extension Double: StreamCodable {
    /// Negative zero is stored as zero, since the two are equal.
    public func encode(to writer: inout ByteWriter) { writer.write(integer: (self == 0 ? 0 : self).bitPattern) }
    public static func decode(from reader: inout ByteReader) throws -> Double {
        Double(bitPattern: try reader.readInteger(UInt64.self))
    }
    public func precedes(_ other: Double) -> Bool { self < other }
}

extension Float: StreamCodable {
    public func encode(to writer: inout ByteWriter) { writer.write(integer: (self == 0 ? 0 : self).bitPattern) }
    public static func decode(from reader: inout ByteReader) throws -> Float {
        Float(bitPattern: try reader.readInteger(UInt32.self))
    }
    public func precedes(_ other: Float) -> Bool { self < other }
}

extension String: StreamCodable {
    /// Stored in canonical composition, since `==` calls canonical forms equal. Prefer `Text` for keys: bytes, and faster.
    public func encode(to writer: inout ByteWriter) {
        var composed = isCanonicallyPlain ? self : canonicalForm
        composed.withUTF8 { writer.write(countedBytes: UnsafeRawBufferPointer($0)) }
    }
    public static func decode(from reader: inout ByteReader) throws -> String {
        try reader.readCountedBytes { String(decoding: $0, as: UTF8.self) }
    }
    public func precedes(_ other: String) -> Bool { self < other }

    private var isCanonicallyPlain: Bool { utf8.allSatisfy { $0 < 0x80 } }
}

extension Text: StreamCodable {
    public func encode(to writer: inout ByteWriter) {
        withBytes { writer.write(countedBytes: UnsafeRawBufferPointer($0)) }
    }
    public static func decode(from reader: inout ByteReader) throws -> Text {
        try reader.readCountedBytes { Text(copying: $0.bindMemory(to: UInt8.self)) }
    }
    @inlinable public var stableHash: UInt64 {
        var hasher = StableHasher()
        if isInline {
            // Same words as `combine(bytes:)` sees for 8...15 bytes, and as for fewer.
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
    @inlinable public func precedes(_ other: Text) -> Bool { self < other }
}

extension Optional: StreamCodable where Wrapped: StreamCodable {
    public func encode(to writer: inout ByteWriter) {
        writer.write(byte: self == nil ? 0 : 1)
        self?.encode(to: &writer)
    }
    public static func decode(from reader: inout ByteReader) throws -> Wrapped? {
        try reader.readByte() == 0 ? nil : try Wrapped.decode(from: &reader)
    }
    public func detached() -> Wrapped? { map { $0.detached() } }
}

extension Array: StreamCodable where Element: StreamCodable {
    public func encode(to writer: inout ByteWriter) {
        writer.write(count: count)
        for element in self { element.encode(to: &writer) }
    }
    public static func decode(from reader: inout ByteReader) throws -> [Element] {
        let count = try reader.readCount()
        var result: [Element] = []
        for _ in 0..<count { result.append(try Element.decode(from: &reader)) }
        return result
    }
    public func detached() -> [Element] { map { $0.detached() } }
}
