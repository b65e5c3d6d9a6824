import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterPlatform

/// A part of a file: the lines that begin in `range`. Together, the parts of a file hold each line once.
///
///     bytes    aaaa\nbbbbbb\ncc\ndddddd
///     range    0......8.......16.......      the whole line that begins at 5 belongs to the first part
package struct FileSplit: Sendable {
    /// The file's path, or `-` for standard input.
    package let path: String
    /// The byte offsets at which lines of this part begin.
    package let range: Range<Int>
    /// The size the file must have, or nil if it is not a regular file.
    package let byteCount: Int?
    /// Whether this part is the whole file: it is small, or cannot be divided (gzip, a pipe, a JSON document).
    package let isWhole: Bool

    /// The default size of a part: 32 MiB.
    package static let targetBytes = 32 << 20

    init(path: String, range: Range<Int>, byteCount: Int?, isWhole: Bool) {
        (self.path, self.range, self.byteCount, self.isWhole) = (path, range, byteCount, isWhole)
    }

    /// Creates a part that stands for a missing file: reading it throws the error of opening the file.
    package init(missing path: String) { self.init(path: path, range: 0..<0, byteCount: nil, isWhole: true) }

    /// Returns the parts of a file of `byteCount` bytes. A gzip file, a JSON document, a table, and a file of UTF-16
    /// have one part.
    package static func splits(
        of path: String, byteCount: Int, format: TextFileFormat = TextFileFormat(), targetBytes: Int = targetBytes
    ) throws -> [FileSplit] {
        if byteCount <= targetBytes || !format.isDivisible(path) {
            return [FileSplit(path: path, range: 0..<byteCount, byteCount: byteCount, isWhole: true)]
        }
        // A post of pretty-printed JSON is many lines, and a part has to begin with one.
        let head = try head(of: path)
        let isCompressed = head.starts(with: [0x1F, 0x8B])
        let isWide = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
        if isCompressed || isWide || isDocument(head) {
            return [FileSplit(path: path, range: 0..<byteCount, byteCount: byteCount, isWhole: true)]
        }
        let count = (byteCount + targetBytes - 1) / targetBytes
        return (0..<count).map {
            FileSplit(
                path: path, range: (byteCount * $0 / count)..<(byteCount * ($0 + 1) / count), byteCount: byteCount,
                isWhole: false)
        }
    }

    /// Returns the parts of a file at its current size. A pipe and standard input (`-`) have one part.
    package static func splits(of path: String, format: TextFileFormat = TextFileFormat()) throws -> [FileSplit] {
        if URLFileSystem.isRemote(path) {
            return try splits(of: path, byteCount: Int(try URLFileSystem().stamp(path).byteCount), format: format)
        }
        var status = stat()
        if path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            return try splits(of: path, byteCount: Int(status.st_size), format: format)
        }
        return [FileSplit(path: path, range: 0..<0, byteCount: nil, isWhole: true)]
    }

    /// Checks that the file still has the size it had when it was split.
    ///
    /// - Throws: `malformedInput` if the size has changed.
    func checkSize() throws {
        guard let byteCount else { return }
        let found = Int(try URLFileSystem().stamp(path).byteCount)
        guard found == byteCount else {
            throw SwiftwaterError(
                .malformedInput, "the file had \(byteCount) bytes and now has \(found)", at: .init(file: path),
                remedy: "move files into place when they are complete, and do not change them")
        }
    }

    /// Returns the first bytes of a file.
    private static func head(of path: String) throws -> [UInt8] {
        let file = try URLFileSystem().open(path)
        return try [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            count = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
    }

    /// Returns whether a file that begins so is one JSON document of many lines: a list, or pretty-printed objects.
    private static func isDocument(_ head: [UInt8]) -> Bool {
        let text = head.starts(with: [0xEF, 0xBB, 0xBF]) ? head[3...] : head[...]
        if text.starts(with: "window.YTD.".utf8) { return true }
        guard let start = text.firstIndex(where: { $0 > 0x20 }) else { return false }
        // `{` alone, or `[` alone or before `{`.
        let rest = text[start...].prefix { $0 != 0x0A }
        return rest.first == UInt8(ascii: "[") && rest.dropFirst().first { $0 > 0x20 } ?? 0x7B == 0x7B
            || rest.first == UInt8(ascii: "{") && rest.dropFirst().allSatisfy { $0 <= 0x20 }
    }
}

/// Reads the bytes of a split: from the first line that begins in its range to the end of the last such line.
final class SplitBytes {
    private let file: any ReadableFile
    private let path: String
    private var offset: Int
    private var end: Int

    init(_ split: FileSplit) throws {
        path = split.path
        file = try URLFileSystem().open(split.path)
        (offset, end) = (0, 0)
        let byteCount = split.byteCount ?? 0
        offset = try lineStart(atOrAfter: split.range.lowerBound, byteCount: byteCount)
        end = try lineStart(atOrAfter: split.range.upperBound, byteCount: byteCount)
    }

    private func lineStart(atOrAfter place: Int, byteCount: Int) throws -> Int {
        guard place > 0, place < byteCount else { return min(place, byteCount) }
        var position = place - 1
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while position < byteCount {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: position) }
            if count == 0 { break }
            if let found = buffer[..<count].firstIndex(of: 0x0A) { return position + found + 1 }
            position += count
        }
        return byteCount
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let wanted = min(buffer.count, end - offset)
        guard wanted > 0 else { return 0 }
        let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
        guard count > 0 else {
            throw SwiftwaterError(.malformedInput, "the file became shorter", at: .init(file: path, byteOffset: offset))
        }
        offset += count
        return count
    }
}
