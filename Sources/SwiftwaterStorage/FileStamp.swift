import SwiftwaterCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// By what a file is known to be the same as before: its size, and when it was last written.
public struct FileStamp: Sendable, Equatable {
    public let byteCount: Int64
    /// Nanoseconds since 1970, as far as the file system keeps them.
    public let modified: Int64

    public init(byteCount: Int64, modified: Int64) {
        self.byteCount = byteCount
        self.modified = modified
    }

    /// - Throws: `notFound` or `io`.
    public init(of path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError.make("cannot look at", path, errno) }
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        self.init(byteCount: Int64(status.st_size), modified: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
