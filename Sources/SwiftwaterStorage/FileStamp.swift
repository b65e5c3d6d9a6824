import SwiftwaterCore
import SwiftwaterPlatform

/// Identifies a version of a file by its size and time of change.
public struct FileStamp: Sendable, Equatable {
    /// The file's size.
    public let byteCount: Int64
    /// Nanoseconds since 1970, as far as the file system keeps them.
    public let modified: Int64
    /// The file system's number of the file, another one after it was replaced; 0 where it has none.
    public let fileNumber: UInt64

    /// Creates a stamp.
    public init(byteCount: Int64, modified: Int64, fileNumber: UInt64 = 0) {
        self.byteCount = byteCount
        self.modified = modified
        self.fileNumber = fileNumber
    }

    /// Looks at a file of the machine.
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
