/// A decoder for the bytes of a `ByteWriter`. Every read is bounds-checked and throws `corrupted` past the end.
public struct ByteReader {
    private let bytes: [UInt8]
    /// The offset of the next byte to be read.
    public private(set) var offset = 0

    /// Creates a reader at the start of `bytes`.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The number of bytes left.
    public var remaining: Int { bytes.count - offset }

    private func needs(_ count: Int) throws {
        guard count >= 0, count <= remaining else {
            throw SwiftwaterError(
                .corrupted, "expected \(count) bytes, but \(remaining) are left",
                at: .init(byteOffset: offset), remedy: "the data is truncated or was written by another version")
        }
    }

    /// Reads one byte.
    public mutating func readByte() throws -> UInt8 {
        try needs(1)
        defer { offset += 1 }
        return bytes[offset]
    }

    /// Reads a little-endian integer of the width of `type`.
    public mutating func readInteger<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        let size = MemoryLayout<Integer>.size
        try needs(size)
        defer { offset += size }
        return bytes.withUnsafeBytes { Integer(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }

    /// Reads a count written by `ByteWriter.write(count:)`.
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

    /// Calls `body` with the next counted bytes, which are valid during the call only.
    public mutating func readCountedBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let count = try readCount()
        try needs(count)
        defer { offset += count }
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    }

    /// Reads counted bytes as UTF-8; invalid bytes become U+FFFD.
    public mutating func readString() throws -> String {
        try readCountedBytes { String(decoding: $0, as: UTF8.self) }
    }
}
