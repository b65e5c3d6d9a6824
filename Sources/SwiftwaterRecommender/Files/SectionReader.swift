import SwiftwaterCore
import SwiftwaterStorage

/// Reads the sections of a file that a `SectionWriter` wrote, checking every bound.
struct SectionReader {
    private let bytes: UnsafeRawBufferPointer
    /// The file that the bytes belong to; nil if they are borrowed.
    private let file: MappedFile?
    private let remedy: String
    private(set) var offset = 0
    /// Whether arrays begin at multiples of `SectionWriter.alignment`. In older files they are contiguous.
    var isAligned = true

    /// Verifies the magic number and the checksum, and reads the sections between them.
    ///
    /// - Throws: `corrupted` if either does not match.
    init(
        _ bytes: UnsafeRawBufferPointer, of file: MappedFile?, magic: [UInt8], what: String, writer: String,
        remedy: String
    ) throws {
        guard bytes.count >= magic.count + 4, bytes[..<magic.count].elementsEqual(magic) else {
            throw SwiftwaterError(.corrupted, "this is not a \(what)", remedy: "name a file that \(writer) wrote")
        }
        let content = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 4)])
        var checksum = Checksum()
        checksum.update(content)
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
        guard stored == checksum.value else {
            throw SwiftwaterError(
                .corrupted, "the checksum does not match: the file was cut or damaged",
                remedy: "\(remedy), or restore a copy")
        }
        (self.bytes, self.file, self.remedy, offset) = (content, file, remedy, magic.count)
    }

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - offset else {
            throw SwiftwaterError(
                .corrupted, "the file ends too early", at: .init(byteOffset: offset), remedy: remedy)
        }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func bytes(count: Int) throws -> [UInt8] { Array(try take(count)) }

    mutating func integer<Integer: FixedWidthInteger>() throws -> Integer {
        Integer(littleEndian: try take(MemoryLayout<Integer>.size).loadUnaligned(as: Integer.self))
    }

    /// Reads a number of users, items or ratings. Each takes at least a byte, which bounds the number.
    mutating func count() throws -> Int {
        let found: UInt64 = try integer()
        guard found <= UInt64(bytes.count) else {
            throw SwiftwaterError(
                .corrupted, "the file claims \(found) entries in \(bytes.count) bytes", remedy: remedy)
        }
        return Int(found)
    }

    mutating func array<Element: BitwiseCopyable>(count: Int) throws -> [Element] {
        let raw = try takeArray(count, of: Element.self)
        return [Element](unsafeUninitializedCapacity: count) { buffer, filled in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
            filled = count
        }
    }

    /// Reads a column, in place if the file is mapped and its arrays are aligned.
    mutating func column<Element>(count: Int) throws -> NumberColumn<Element> {
        guard let file, isAligned else { return NumberColumn(try array(count: count)) }
        return NumberColumn(try takeArray(count, of: Element.self), in: file)
    }

    private mutating func takeArray<Element>(_ count: Int, of: Element.Type) throws -> UnsafeRawBufferPointer {
        let rest = offset % SectionWriter.alignment
        if isAligned, rest > 0 { _ = try take(SectionWriter.alignment - rest) }
        let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        return try take(overflow ? -1 : size)
    }

    mutating func identifiers(count: Int) throws -> IdentifierTable {
        let kind: UInt8 = try integer()
        if kind == 0 { return IdentifierTable(storage: .integers(try array(count: count))) }
        let size: UInt64 = try integer()
        var reader = ByteReader(Array(try take(Int(truncatingIfNeeded: size))))
        var ids: [String] = []
        for _ in 0..<count { ids.append(try reader.readString()) }
        return IdentifierTable(storage: .strings(ids))
    }
}
