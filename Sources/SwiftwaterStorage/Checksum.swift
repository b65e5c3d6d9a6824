import CSwiftwaterKernels

/// CRC-32C (Castagnoli), the checksum of all stored data.
package struct Checksum: Sendable {
    /// The checksum of all bytes so far.
    package private(set) var value: UInt32 = 0

    /// Creates the checksum of no bytes.
    package init() {}

    /// Creates the checksum of some bytes.
    package init(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// Adds bytes to the checksum.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        value = sw_crc32c(value, base, bytes.count)
    }
}
