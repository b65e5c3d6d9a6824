import SwiftwaterCore
import SwiftwaterStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where and when stages write to disk what does not fit into memory.
@usableFromInline
struct SpillSettings: Sendable {
    let directory: String
    /// What one task may hold. A fixed share of the whole: it may not depend on the number of threads.
    let taskMemoryMaxBytes: Int
    /// Told of every file's size.
    let spilled: @Sendable (Int) -> Void
}

/// A temporary file of records in order, without a name: it is gone with the process, however that ends.
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
            let number = writer.bytes.withUnsafeBytes { writeAll(to: descriptor, $0) }
            guard number == 0 else { throw FileError.make("cannot write a spill file in", directory, number) }
            written += writer.bytes.count
            writer = ByteWriter()
        }

        func finish() throws -> SpillRun {
            try flush()
            return SpillRun(descriptor: descriptor, byteCount: written, recordCount: recordCount, index: index)
        }
    }

    /// Reads the records from number `first` on, `count` of them at most.
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

        /// The next record's bytes, or nil after the last.
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

/// A sorted sequence that is read piece by piece and may fail.
struct SortedCursor<Element> {
    let next: () throws -> Element?
}

/// Merges sorted sequences; of equal elements those of the earlier sequence come first. O(log sequences) an element.
struct MergedCursor<Element> {
    private var heads: [(element: Element, source: Int)] = []
    private let sources: [SortedCursor<Element>]
    private let areInOrder: (Element, Element) -> Bool

    init(_ sources: [SortedCursor<Element>], _ areInOrder: @escaping (Element, Element) -> Bool) throws {
        self.sources = sources
        self.areInOrder = areInOrder
        for (number, source) in sources.enumerated() {
            if let element = try source.next() {
                heads.append((element, number))
                var child = heads.count - 1
                while child > 0, isBefore(heads[child], heads[(child - 1) / 2]) {
                    heads.swapAt(child, (child - 1) / 2)
                    child = (child - 1) / 2
                }
            }
        }
    }

    private func isBefore(_ left: (element: Element, source: Int), _ right: (element: Element, source: Int)) -> Bool {
        if areInOrder(left.element, right.element) { return true }
        if areInOrder(right.element, left.element) { return false }
        return left.source < right.source
    }

    mutating func next() throws -> Element? {
        guard let first = heads.first else { return nil }
        if let element = try sources[first.source].next() {
            heads[0].element = element
        } else {
            let last = heads.removeLast()
            if !heads.isEmpty { heads[0] = last }
        }
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heads.count {
                if isBefore(heads[child], heads[best]) { best = child }
            }
            if best == parent { break }
            heads.swapAt(parent, best)
            parent = best
        }
        return first.element
    }
}
