/// Bytes as they are written: little-endian fixed-width integers and counted byte strings.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func write(byte: UInt8) { bytes.append(byte) }

    @inlinable
    public mutating func write<Integer: FixedWidthInteger>(integer: Integer) {
        withUnsafeBytes(of: integer.littleEndian) { append($0) }
    }

    public mutating func append(_ raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

    /// A count as a variable-length integer: 7 bits a byte, low bits first, top bit set on all but the last.
    public mutating func write(count: Int) {
        var rest = UInt64(count)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A count and then that many bytes.
    public mutating func write(countedBytes raw: UnsafeRawBufferPointer) {
        write(count: raw.count)
        append(raw)
    }

    public mutating func write(string: String) {
        var string = string
        string.withUTF8 { write(countedBytes: UnsafeRawBufferPointer($0)) }
    }
}

/// Reads what a `ByteWriter` wrote; every read is bounds-checked and throws `corrupted` past the end.
public struct ByteReader {
    private let bytes: [UInt8]
    public private(set) var offset = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var remaining: Int { bytes.count - offset }

    private func needs(_ count: Int) throws {
        guard count >= 0, count <= remaining else {
            throw SwiftwaterError(
                .corrupted, "\(count) bytes were expected and \(remaining) are left",
                at: .init(byteOffset: offset), remedy: "the data was cut or written by another version")
        }
    }

    public mutating func readByte() throws -> UInt8 {
        try needs(1)
        defer { offset += 1 }
        return bytes[offset]
    }

    public mutating func readInteger<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        let size = MemoryLayout<Integer>.size
        try needs(size)
        defer { offset += size }
        return bytes.withUnsafeBytes { Integer(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }

    public mutating func readCount() throws -> Int {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readByte()
            guard shift < 63 else {
                throw SwiftwaterError(.corrupted, "a count of more than 63 bits", at: .init(byteOffset: offset))
            }
            result |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return Int(result) }
            shift += 7
        }
    }

    public mutating func readCountedBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let count = try readCount()
        try needs(count)
        defer { offset += count }
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    }

    public mutating func readString() throws -> String {
        try readCountedBytes { String(decoding: $0, as: UTF8.self) }
    }
}
