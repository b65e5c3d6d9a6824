import SwiftwaterCore

/// The contents of a journal's directory, read once after a start.
///
/// A crash may tear the last record of the segment that was then the last. Such bytes were never confirmed and are
/// dropped. Damage anywhere else is an error.
package struct JournalContents: Sendable {
    /// All records, in order.
    package let entries: [Journal.Entry]
    /// The numbers of the segments' first records, oldest first.
    package let segments: [UInt64]
    /// The number of the next record.
    package let nextNumber: UInt64
    /// The number of bytes dropped because they were not a whole record.
    package let droppedBytes: Int

    /// The size of a segment's header in bytes.
    package static let segmentHeaderBytes = 20
    /// The first bytes of a segment, with the version.
    package static let magic = Array("SWJRNL01".utf8)

    /// Returns the path of a segment's file.
    package static func segmentPath(_ directory: String, _ segment: UInt64) -> String {
        let digits = "\(segment)"
        return directory + "/" + String(repeating: "0", count: 20 - digits.count) + digits + ".log"
    }

    static func segmentHeader(_ number: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        magic.withUnsafeBytes { writer.append($0) }
        writer.write(integer: number)
        var checksum = Checksum()
        writer.bytes.withUnsafeBytes { checksum.update($0) }
        writer.write(integer: checksum.value)
        return writer.bytes
    }

    /// Reads all segments and checks every record.
    ///
    /// - Throws: `corrupted` if records before the end are damaged or missing.
    package init(directory: String, files: any FileSystem = LocalFileSystem()) throws {
        var entries: [Journal.Entry] = []
        var segments: [UInt64] = []
        var next: UInt64?
        var pending: (path: String, offset: Int, bytes: Int)?
        var dropped = 0
        let names = try files.list(directory).filter { $0.hasSuffix(".log") }
        for (position, name) in names.enumerated() {
            let path = directory + "/" + name
            let bytes = try files.read(path)
            guard let first = JournalContents.firstNumber(bytes, path: path) else {
                // A crash may leave the last segment without a whole header; it has no records.
                if position == names.count - 1 && bytes.count <= JournalContents.segmentHeaderBytes {
                    dropped += bytes.count
                    try files.remove(path)
                    continue
                }
                throw JournalContents.damaged(path, 0, "the header is not that of a segment")
            }
            guard path == JournalContents.segmentPath(directory, first) else {
                throw JournalContents.damaged(path, 0, "the file's name does not match its first record, \(first)")
            }
            if let expected = next, first != expected {
                let place = pending ?? (path, 0, 0)
                throw JournalContents.damaged(
                    place.path, place.offset, "records \(expected) to \(first &- 1) are damaged or missing")
            }
            dropped += pending?.bytes ?? 0
            segments.append(first)
            let scan = JournalContents.scan(bytes, segment: first, into: &entries)
            next = scan.next
            pending = scan.offset < bytes.count ? (path, scan.offset, bytes.count - scan.offset) : nil
            if pending != nil, JournalContents.hasRecord(bytes, after: scan.offset, number: scan.next + 1) {
                throw JournalContents.damaged(path, scan.offset, "record \(scan.next) is damaged, and others follow it")
            }
        }
        dropped += pending?.bytes ?? 0
        self.entries = entries
        self.segments = segments
        nextNumber = next ?? 0
        droppedBytes = dropped
    }

    private static func firstNumber(_ bytes: [UInt8], path: String) -> UInt64? {
        guard bytes.count >= segmentHeaderBytes, Array(bytes[..<8]) == magic else { return nil }
        let number = bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        return Array(bytes[..<segmentHeaderBytes]) == segmentHeader(number) ? number : nil
    }

    private static func scan(
        _ bytes: [UInt8], segment: UInt64, into entries: inout [Journal.Entry]
    ) -> (next: UInt64, offset: Int) {
        var offset = segmentHeaderBytes
        var number = segment
        while let length = record(bytes, at: offset, number: number) {
            entries.append(
                Journal.Entry(
                    number: number, type: bytes[offset + 8],
                    location: Journal.Location(segment: segment, offset: offset + 9, count: length - 1)))
            offset += 8 + length
            number += 1
        }
        return (number, offset)
    }

    /// Returns the length of the record with this number at `offset`, or nil if there is none.
    private static func record(_ bytes: [UInt8], at offset: Int, number: UInt64) -> Int? {
        guard offset + 9 <= bytes.count else { return nil }
        return bytes.withUnsafeBytes { raw in
            let length = Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            let sum = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
            guard length >= 1, offset + 8 + length <= bytes.count else { return nil }
            var checksum = Checksum()
            checksum.update(UnsafeRawBufferPointer(rebasing: raw[(offset + 8)..<(offset + 8 + length)]))
            withUnsafeBytes(of: number.littleEndian) { checksum.update($0) }
            return checksum.value == sum ? length : nil
        }
    }

    /// Returns whether record `number` comes somewhere after the damaged bytes at `offset`. If so, the damage is not a
    /// torn end.
    private static func hasRecord(_ bytes: [UInt8], after offset: Int, number: UInt64) -> Bool {
        var place = offset + 1
        while place + 9 <= bytes.count {
            if record(bytes, at: place, number: number) != nil { return true }
            place += 1
        }
        return false
    }

    private static func damaged(_ path: String, _ offset: Int, _ what: String) -> SwiftwaterError {
        SwiftwaterError(
            .corrupted, "the log is damaged: \(what)", at: .init(file: path, byteOffset: offset),
            remedy: "restore the directory from a copy, or start again with an empty one")
    }
}
