/// A 64-bit hash that is the same in every process, on every machine and in every version of the program.
///
/// Partitioning and the order of unordered results depend on it, so its values are part of the stored formats. Tests
/// compare with recorded values. It is a multiply-and-fold hash: each step multiplies 64 x 64 bits and folds the halves
/// of the product. It does not resist an attacker who chooses keys.
@frozen
@usableFromInline package struct StableHasher: Sendable {
    @usableFromInline internal var state: UInt64

    /// Creates a hasher. Different seeds give different hash functions.
    @inlinable package init(seed: UInt64 = 0) { state = seed ^ 0x9E37_79B9_7F4A_7C15 }

    @inlinable
    internal static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// Mixes in one 64-bit word.
    @inlinable
    package mutating func combine(_ word: UInt64) {
        state = StableHasher.fold(state ^ 0xE703_7ED1_A0B4_28DB, word ^ 0x8EBC_6AF0_9C88_C6E3)
    }

    /// Mixes in bytes: 8 at a time, little-endian, the last word padded with zeros, and then their count.
    @inlinable
    package mutating func combine(bytes: UnsafeRawBufferPointer) {
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

    /// Returns the hash of everything mixed in so far.
    @inlinable
    package func finalize() -> UInt64 {
        StableHasher.fold(state ^ 0x5895_65A3_83A2_BF5B, 0x1D8E_4E27_C47D_124F)
    }

    /// Returns the hash of `bytes` with seed 0.
    @inlinable
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = StableHasher()
        hasher.combine(bytes: bytes)
        return hasher.finalize()
    }
}
