import SwiftwaterStorage
import Testing

@Suite struct ChecksumTests {
    /// The check value of CRC-32C in the catalogue of parametrised CRC algorithms, and RFC 3720's vector of 32 zero bytes.
    @Test func checksumsAreCastagnoli() {
        func crc(_ bytes: [UInt8]) -> UInt32 {
            var checksum = Checksum()
            bytes.withUnsafeBytes { checksum.update($0) }
            return checksum.value
        }
        #expect(crc(Array("123456789".utf8)) == 0xE306_9283)
        #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        var parts = Checksum()
        Array("1234".utf8).withUnsafeBytes { parts.update($0) }
        Array("56789".utf8).withUnsafeBytes { parts.update($0) }
        #expect(parts.value == 0xE306_9283)
    }
}
