import SwiftwaterCore
import SwiftwaterStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A part of a file: the lines that begin in `range`. All parts together hold each line once.
///
///     bytes    aaaa\nbbbbbb\ncc\ndddddd
///     range    0......8.......16.......      the line that begins at 5 belongs to the first part, whole
public struct FileSplit: Sendable {
    public let path: String
    public let range: Range<Int>
    /// The size that the file must have; nil for what is no regular file.
    public let byteCount: Int?
    /// Whether the file is compressed and cannot be divided.
    public let isWhole: Bool

    public static let targetBytes = 32 << 20

    init(path: String, range: Range<Int>, byteCount: Int?, isWhole: Bool) {
        (self.path, self.range, self.byteCount, self.isWhole) = (path, range, byteCount, isWhole)
    }

    /// Stands for a file that is not there: reading it says so.
    public init(missing path: String) { self.init(path: path, range: 0..<0, byteCount: nil, isWhole: true) }

    /// The parts of a file of that size. Gzip files have one.
    public static func splits(of path: String, byteCount: Int, targetBytes: Int = targetBytes) throws -> [FileSplit] {
        if byteCount <= targetBytes {
            return [FileSplit(path: path, range: 0..<byteCount, byteCount: byteCount, isWhole: true)]
        }
        if try isGzip(path) {
            return [FileSplit(path: path, range: 0..<byteCount, byteCount: byteCount, isWhole: true)]
        }
        let count = (byteCount + targetBytes - 1) / targetBytes
        return (0..<count).map {
            FileSplit(
                path: path, range: (byteCount * $0 / count)..<(byteCount * ($0 + 1) / count), byteCount: byteCount,
                isWhole: false)
        }
    }

    /// The parts of a file as it is now; of a pipe or standard input (`-`) one.
    public static func splits(of path: String) throws -> [FileSplit] {
        var status = stat()
        if path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            return try splits(of: path, byteCount: Int(status.st_size))
        }
        return [FileSplit(path: path, range: 0..<0, byteCount: nil, isWhole: true)]
    }

    /// - Throws: `malformedInput` where the file has another size than it had.
    func checkSize() throws {
        guard let byteCount else { return }
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError.make("cannot open", path, errno) }
        guard Int(status.st_size) == byteCount else {
            throw SwiftwaterError(
                .malformedInput, "the file had \(byteCount) bytes and has \(status.st_size) now", at: .init(file: path),
                remedy: "move files into place when they are complete, and leave them as they are")
        }
    }

    private static func isGzip(_ path: String) throws -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.make("cannot open", path, errno) }
        defer { close(descriptor) }
        var head: (UInt8, UInt8) = (0, 0)
        return withUnsafeMutableBytes(of: &head) { pread(descriptor, $0.baseAddress!, 2, 0) } == 2
            && head == (0x1F, 0x8B)
    }
}

/// Reads the bytes of a split: from the first line that begins in its range to the end of the last.
final class SplitBytes {
    private let descriptor: Int32
    private let path: String
    private var offset: Int
    private var end: Int

    init(_ split: FileSplit) throws {
        path = split.path
        descriptor = open(split.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.make("cannot open", split.path, errno) }
        (offset, end) = (0, 0)
        let byteCount = split.byteCount ?? 0
        offset = try lineStart(atOrAfter: split.range.lowerBound, byteCount: byteCount)
        end = try lineStart(atOrAfter: split.range.upperBound, byteCount: byteCount)
    }

    deinit { close(descriptor) }

    private func lineStart(atOrAfter place: Int, byteCount: Int) throws -> Int {
        guard place > 0, place < byteCount else { return min(place, byteCount) }
        var position = place - 1
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while position < byteCount {
            let count = try buffer.withUnsafeMutableBytes { try read($0, at: position) }
            if count == 0 { break }
            if let found = buffer[..<count].firstIndex(of: 0x0A) { return position + found + 1 }
            position += count
        }
        return byteCount
    }

    private func read(_ buffer: UnsafeMutableRawBufferPointer, at place: Int) throws -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress!, buffer.count, off_t(place))
            if count >= 0 { return count }
            if errno != EINTR { throw FileError.make("cannot read", path, errno) }
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let wanted = min(buffer.count, end - offset)
        guard wanted > 0 else { return 0 }
        let count = try read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
        guard count > 0 else {
            throw SwiftwaterError(.malformedInput, "the file became shorter", at: .init(file: path, byteOffset: offset))
        }
        offset += count
        return count
    }
}
