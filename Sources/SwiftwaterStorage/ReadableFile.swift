/// A file that is read from. Not thread-safe.
public protocol ReadableFile: AnyObject {
    /// The size of the file in bytes when it was opened.
    var byteCount: Int { get }
    /// Reads bytes that begin at `offset`, and returns how many: at least one, and 0 only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int
}

/// A file whose pieces a file system reads one by one.
final class PlainReader: ReadableFile {
    private let files: any FileSystem
    private let path: String
    let byteCount: Int

    init(files: any FileSystem, path: String, byteCount: Int) {
        (self.files, self.path, self.byteCount) = (files, path, byteCount)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        let count = min(buffer.count, byteCount - offset)
        guard count > 0 else { return 0 }
        buffer.copyBytes(from: try files.read(path, at: offset, count: count))
        return count
    }
}
