import SwiftwaterCore
import SwiftwaterStorage

/// Writes the sections of a file, followed by their checksum.
///
/// Arrays begin at multiples of 64 bytes, so that they can be used in place.
struct SectionWriter {
    /// The alignment of arrays in bytes.
    static let alignment = 64

    private let file: AtomicFile
    private var checksum = Checksum()
    private var byteCount = 0

    init(file: AtomicFile) { self.file = file }

    mutating func write(_ raw: UnsafeRawBufferPointer) throws {
        checksum.update(raw)
        try file.write(raw)
        byteCount += raw.count
    }

    private mutating func align() throws {
        let rest = byteCount % SectionWriter.alignment
        if rest > 0 { try write([UInt8](repeating: 0, count: SectionWriter.alignment - rest)) }
    }

    mutating func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Writes an array as it is in memory. Little-endian machines only, which is checked at compile time.
    mutating func write<Element: BitwiseCopyable>(array: [Element]) throws {
        try align()
        try array.withUnsafeBytes { try write($0) }
    }

    mutating func write<Element>(column: NumberColumn<Element>) throws {
        try align()
        try column.withUnsafeBufferPointer { try write(UnsafeRawBufferPointer($0)) }
    }

    mutating func write(identifiers: IdentifierTable) throws {
        switch identifiers.storage {
        case .integers(let ids):
            try write([0])
            try write(array: ids)
        case .strings(let ids):
            try write([1])
            var bytes = ByteWriter()
            for id in ids { bytes.write(string: id) }
            var count = ByteWriter()
            count.write(integer: UInt64(bytes.bytes.count))
            try write(count.bytes)
            try write(bytes.bytes)
        }
    }

    mutating func finish() throws {
        var writer = ByteWriter()
        writer.write(integer: checksum.value)
        try file.write(writer.bytes)
    }
}

#if _endian(big)
    #error("such files are little-endian and written as memory holds them")
#endif
