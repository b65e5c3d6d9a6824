import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterPlatform

/// A temporary file of records in order. It has no name and disappears with the process, however that ends.
///
///     count, bytes of the record, count, bytes ...
@usableFromInline
final class SpillRun: @unchecked Sendable {
    private let descriptor: Int32
    let byteCount: Int
    let recordCount: Int
    /// Where every 1,024th record begins.
    private let index: [Int]

    fileprivate init(descriptor: Int32, byteCount: Int, recordCount: Int, index: [Int]) {
        self.descriptor = descriptor
        self.byteCount = byteCount
        self.recordCount = recordCount
        self.index = index
    }

    deinit { close(descriptor) }

    fileprivate static let stride = 1024

    final class Writer {
        private let descriptor: Int32
        private var writer = ByteWriter()
        private var written = 0
        private var recordCount = 0
        private var index: [Int] = []
        private let directory: String

        init(directory: String) throws {
            self.directory = directory
            var template = Array((directory + "/swiftwater-spill-XXXXXX").utf8CString)
            descriptor = mkstemp(&template)
            guard descriptor >= 0 else { throw FileError.make("cannot create a spill file in", directory, errno) }
            unlink(template)
        }

        func append(_ encode: (inout ByteWriter) -> Void) throws {
            if recordCount % SpillRun.stride == 0 { index.append(written + writer.bytes.count) }
            var record = ByteWriter()
            encode(&record)
            record.bytes.withUnsafeBytes { writer.write(countedBytes: $0) }
            recordCount += 1
            if writer.bytes.count > 1 << 20 { try flush() }
        }

        private func flush() throws {
            let number = writer.bytes.withUnsafeBytes { StandardStream.writeAll(to: descriptor, $0) }
            guard number == 0 else { throw FileError.make("cannot write a spill file in", directory, number) }
            written += writer.bytes.count
            writer = ByteWriter()
        }

        func finish() throws -> SpillRun {
            try flush()
            return SpillRun(descriptor: descriptor, byteCount: written, recordCount: recordCount, index: index)
        }
    }

    /// Returns a reader of the records from number `first` on, `count` of them at most.
    @usableFromInline
    func makeReader(from first: Int = 0, count: Int = .max) -> Reader {
        let mark = first / SpillRun.stride
        var reader = Reader(
            run: self, offset: mark < index.count ? index[mark] : byteCount, left: min(count, recordCount - first))
        reader.skip = first % SpillRun.stride
        return reader
    }

    @usableFromInline
    struct Reader {
        private let run: SpillRun
        private var offset: Int
        private var left: Int
        fileprivate var skip = 0
        private var buffer: [UInt8] = []
        private var position = 0

        fileprivate init(run: SpillRun, offset: Int, left: Int) {
            self.run = run
            self.offset = offset
            self.left = left
        }

        /// Returns the next record's bytes, or nil after the last.
        @usableFromInline
        mutating func next() throws -> [UInt8]? {
            while skip > 0 {
                _ = try read()
                skip -= 1
            }
            guard left > 0 else { return nil }
            left -= 1
            return try read()
        }

        private mutating func read() throws -> [UInt8] {
            var length = 0
            var shift = 0
            while true {
                let byte = try byte()
                length |= Int(byte & 0x7F) << shift
                if byte & 0x80 == 0 { break }
                shift += 7
            }
            while buffer.count - position < length { try fill(atLeast: length) }
            defer { position += length }
            return Array(buffer[position..<position + length])
        }

        private mutating func byte() throws -> UInt8 {
            if position == buffer.count { try fill(atLeast: 1) }
            defer { position += 1 }
            return buffer[position]
        }

        private mutating func fill(atLeast wanted: Int) throws {
            buffer.removeSubrange(..<position)
            position = 0
            let before = buffer.count
            let room = max(256 << 10, wanted)
            buffer.append(contentsOf: repeatElement(0, count: room))
            let count = buffer.withUnsafeMutableBytes {
                pread(run.descriptor, $0.baseAddress! + before, room, off_t(offset))
            }
            guard count > 0 else { throw FileError.make("cannot read", "a spill file", count == 0 ? EIO : errno) }
            buffer.removeSubrange((before + count)...)
            offset += count
        }
    }
}
