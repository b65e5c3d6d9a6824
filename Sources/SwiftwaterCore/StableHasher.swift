/// A 64-bit hash that is the same in every process, on every machine and in every version of the program.
///
/// Partitioning and the order of unordered results depend on it, so its values are part of the stored formats: the tests
/// hold recorded values. It is a multiply-and-fold hash (each 16 bytes are multiplied as 64 x 64 bits and the halves of
/// the product are folded), not meant to resist an attacker who chooses keys.
@frozen
public struct StableHasher: Sendable {
    @usableFromInline internal var state: UInt64

    @inlinable public init(seed: UInt64 = 0) { state = seed ^ 0x9E37_79B9_7F4A_7C15 }

    @inlinable
    internal static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Mixes one 64-bit word in.
    @inlinable
    public mutating func combine(_ word: UInt64) {
        state = StableHasher.fold(state ^ 0xE703_7ED1_A0B4_28DB, word ^ 0x8EBC_6AF0_9C88_C6E3)
    }

    /// Mixes bytes in: their count, then 8 bytes at a time, little endian, the last word filled up with zeros.
    @inlinable
    public mutating func combine(bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 8 <= bytes.count {
            combine(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            tail |= UInt64(bytes[offset]) << shift
            shift += 8
            offset += 1
        }
        combine(tail)
        combine(UInt64(bytes.count))
    }

    @inlinable
    public func finalize() -> UInt64 {
        StableHasher.fold(state ^ 0x5895_65A3_83A2_BF5B, 0x1D8E_4E27_C47D_124F)
    }

    /// The hash of some bytes.
    @inlinable
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = StableHasher()
        hasher.combine(bytes: bytes)
        return hasher.finalize()
    }
}
