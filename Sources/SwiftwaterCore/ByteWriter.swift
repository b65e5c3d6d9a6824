/// An encoder to a byte array: little-endian fixed-width integers and counted byte strings.
public struct ByteWriter: Sendable {
    /// The bytes written so far.
    public private(set) var bytes: [UInt8] = []

    /// Creates an empty writer.
    public init() {}

    /// Writes one byte.
    public mutating func write(byte: UInt8) { bytes.append(byte) }

    /// Writes an integer at its full width, little-endian.
    @inlinable
    public mutating func write<Integer: FixedWidthInteger>(integer: Integer) {
        withUnsafeBytes(of: integer.littleEndian) { append($0) }
    }

    /// Writes bytes without a count.
    public mutating func append(_ raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

    /// Writes a count as a varint (LEB128): 7 bits per byte, low bits first, top bit set on all but the last byte.
    public mutating func write(count: Int) {
        var rest = UInt64(count)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Writes a count, followed by that many bytes.
    public mutating func write(countedBytes raw: UnsafeRawBufferPointer) {
        write(count: raw.count)
        append(raw)
    }

    /// Writes the string's UTF-8 as counted bytes.
    public mutating func write(string: String) {
        var string = string
        string.withUTF8 { write(countedBytes: UnsafeRawBufferPointer($0)) }
    }
}
