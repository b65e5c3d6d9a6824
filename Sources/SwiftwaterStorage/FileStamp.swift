import SwiftwaterCore
import SwiftwaterPlatform

/// A version of a file, identified by its size, modification time and file number.
public struct FileStamp: Sendable, Equatable {
    /// The file's size in bytes.
    public let byteCount: Int64
    /// The modification time in nanoseconds since 1970, as precise as the file system keeps it.
    public let modified: Int64
    /// The file system's number for the file, which changes when the file is replaced; 0 if there is none.
    public let fileNumber: UInt64

    /// Creates a stamp.
    public init(byteCount: Int64, modified: Int64, fileNumber: UInt64 = 0) {
        self.byteCount = byteCount
        self.modified = modified
        self.fileNumber = fileNumber
    }

    /// Creates the stamp of a local file.
    ///
    /// - Throws: `notFound` or `io`.
    init(of path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError.make("cannot look at", path, errno) }
        let time = status.modificationTime
        self.init(
            byteCount: Int64(status.st_size), modified: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
            fileNumber: UInt64(status.st_ino))
    }
}
