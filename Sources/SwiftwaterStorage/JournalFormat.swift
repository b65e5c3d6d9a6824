import SwiftwaterCore

/// The bytes of a journal's segment.
///
///     segment   "SWJRNL02"  number of its first record (8)  CRC-32C of both (4)   group  group ...
///     group     frame  record  record ...   with another frame after each 64 KiB
///     frame     "SWGROUP1"  1: the begin of a group (1)  number of the next record (8)  offset of the frame (8)
///               CRC-32C (4)
///     record    length of type and payload (4)  CRC-32C (4)  type (1)  payload
///
/// A group is what one synchronization makes durable. It begins only after the group before it was durable, so the
/// frame at its begin proves that all earlier records were acknowledged.
package enum JournalFormat {
    /// The first bytes of a segment, with the version.
    package static let magic = Array("SWJRNL02".utf8)
    /// The first bytes of a segment of the version before, which had no frames and no mark.
    static let olderMagic = Array("SWJRNL01".utf8)
    static let frameMagic = Array("SWGROUP1".utf8)
    /// The size of a segment's header in bytes.
    static let segmentHeaderBytes = 20
    static let frameBytes = 29
    /// The distance of frames within a group: what damage to one sector can make unreadable beside it.
    static let frameDistanceBytes = 64 << 10
    /// The type of a record that stands for lost ones. Its payload is their count (8); it has the number of the first.
    static let lostType: UInt8 = 0

    /// The type of the record with which a process begins its part of a journal in a store: the number of its lease
    /// (8), and what names it.
    static let fenceType: UInt8 = 255

    /// A place at which a record begins, with the record's number.
    struct Frame: Equatable {
        var number: UInt64
        var offset: Int
        /// Whether a group begins here.
        var beginsGroup: Bool
    }

    /// Returns the path of a segment's file.
    static func segmentPath(_ directory: String, _ segment: UInt64) -> String {
        let digits = "\(segment)"
        return directory + "/" + String(repeating: "0", count: 20 - digits.count) + digits + ".log"
    }

    static func segmentHeader(_ number: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        magic.withUnsafeBytes { writer.append($0) }
        writer.write(integer: number)
        return sealed(writer)
    }

    /// Returns the number of a segment's first record and whether the segment is of this version; nil if the header is
    /// not that of a segment.
    static func header(of bytes: [UInt8]) -> (first: UInt64, isCurrent: Bool)? {
        guard bytes.count >= segmentHeaderBytes else { return nil }
        let version = Array(bytes[..<8])
        guard version == magic || version == olderMagic else { return nil }
        return bytes.withUnsafeBytes { raw in
            guard isSealed(raw, at: 0, count: segmentHeaderBytes) else { return nil }
            return (UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)), version == magic)
        }
    }

    static func frame(_ frame: Frame) -> [UInt8] {
        var writer = ByteWriter()
        frameMagic.withUnsafeBytes { writer.append($0) }
        writer.write(byte: frame.beginsGroup ? 1 : 0)
        writer.write(integer: frame.number)
        writer.write(integer: UInt64(frame.offset))
        return sealed(writer)
    }

    /// Returns the frame at `offset`, or nil if there is none, or one that was made for another place.
    static func frame(at offset: Int, in raw: UnsafeRawBufferPointer) -> Frame? {
        guard offset + frameBytes <= raw.count, raw[offset] == frameMagic[0],
            raw[offset..<offset + 8].elementsEqual(frameMagic), isSealed(raw, at: offset, count: frameBytes)
        else { return nil }
        let place = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 17, as: UInt64.self))
        guard place == UInt64(offset) else { return nil }
        return Frame(
            number: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 9, as: UInt64.self)),
            offset: offset, beginsGroup: raw[offset + 8] == 1)
    }

    /// Returns the frames from `offset` on, in order. O(bytes).
    static func frames(from offset: Int, in bytes: [UInt8]) -> [Frame] {
        var found: [Frame] = []
        bytes.withUnsafeBytes { raw in
            var place = offset
            while place + frameBytes <= raw.count {
                if raw[place] == frameMagic[0], let frame = frame(at: place, in: raw) {
                    found.append(frame)
                    place += frameBytes
                } else {
                    place += 1
                }
            }
        }
        return found
    }

    /// Returns the bytes of a record before its body.
    static func recordHead(_ checksum: UInt32, type: UInt8, payload: [UInt8], bodyBytes: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(integer: UInt32(1 + payload.count + bodyBytes))
        writer.write(integer: checksum)
        writer.write(byte: type)
        payload.withUnsafeBytes { writer.append($0) }
        return writer.bytes
    }

    /// Returns a whole record.
    static func record(_ number: UInt64, type: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var checksum = Checksum()
        withUnsafeBytes(of: type) { checksum.update($0) }
        payload.withUnsafeBytes { checksum.update($0) }
        withUnsafeBytes(of: number.littleEndian) { checksum.update($0) }
        return recordHead(checksum.value, type: type, payload: payload, bodyBytes: 0)
    }

    /// Returns the length that the record at `offset` says it has, or nil if it cannot be: it would not fit.
    static func statedLength(_ raw: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        guard offset + 9 <= raw.count else { return nil }
        let length = Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        return length >= 1 && offset + 8 + length <= raw.count ? length : nil
    }

    /// Returns the length of the record with this number at `offset`, or nil if there is none.
    static func record(_ raw: UnsafeRawBufferPointer, at offset: Int, number: UInt64) -> Int? {
        guard let length = statedLength(raw, at: offset) else { return nil }
        var checksum = Checksum()
        checksum.update(UnsafeRawBufferPointer(rebasing: raw[(offset + 8)..<(offset + 8 + length)]))
        withUnsafeBytes(of: number.littleEndian) { checksum.update($0) }
        let sum = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        return checksum.value == sum ? length : nil
    }

    /// Returns the bytes with their checksum (4) at the end.
    static func sealed(_ writer: ByteWriter) -> [UInt8] {
        var writer = writer
        let checksum = Checksum(writer.bytes)
        writer.write(integer: checksum.value)
        return writer.bytes
    }

    /// Returns whether the last 4 of `count` bytes are the checksum of those before them.
    static func isSealed(_ raw: UnsafeRawBufferPointer, at offset: Int, count: Int) -> Bool {
        var checksum = Checksum()
        checksum.update(UnsafeRawBufferPointer(rebasing: raw[offset..<offset + count - 4]))
        let sum = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset + count - 4, as: UInt32.self))
        return checksum.value == sum
    }
}
