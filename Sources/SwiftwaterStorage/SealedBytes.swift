import SwiftwaterCore

/// Bytes stored with their length and checksum, so that a damaged or truncated object is detected.
///
///     "SWSEAL01"   length (8 bytes)   CRC-32C of length and payload (4 bytes)   payload
package enum SealedBytes {
    /// The first bytes, with the version.
    package static let magic = Array("SWSEAL01".utf8)

    /// Returns the payload with its header.
    package static func seal(_ payload: [UInt8]) -> [UInt8] {
        var length = ByteWriter()
        length.write(integer: UInt64(payload.count))
        var writer = ByteWriter()
        magic.withUnsafeBytes { writer.append($0) }
        length.bytes.withUnsafeBytes { writer.append($0) }
        writer.write(integer: checksum(length.bytes, payload))
        payload.withUnsafeBytes { writer.append($0) }
        return writer.bytes
    }

    /// Returns the payload of sealed bytes.
    ///
    /// - Throws: `corrupted`, with the object's name.
    package static func open(_ sealed: [UInt8], name: String) throws -> [UInt8] {
        guard sealed.count >= 20, Array(sealed[..<8]) == magic else {
            throw damaged(name, "the header is not that of a sealed object")
        }
        var reader = ByteReader(Array(sealed[8..<20]))
        let length = try reader.readInteger(UInt64.self)
        let sum = try reader.readInteger(UInt32.self)
        guard length == UInt64(sealed.count - 20) else {
            throw damaged(name, "expected \(length) bytes, found \(sealed.count - 20)")
        }
        let payload = Array(sealed[20...])
        guard checksum(Array(sealed[8..<16]), payload) == sum else {
            throw damaged(name, "the checksum does not match")
        }
        return payload
    }

    private static func checksum(_ length: [UInt8], _ payload: [UInt8]) -> UInt32 {
        var checksum = Checksum()
        length.withUnsafeBytes { checksum.update($0) }
        payload.withUnsafeBytes { checksum.update($0) }
        return checksum.value
    }

    private static func damaged(_ name: String, _ what: String) -> SwiftwaterError {
        SwiftwaterError(.corrupted, "the object is damaged: \(what)", at: .init(file: name))
    }
}
