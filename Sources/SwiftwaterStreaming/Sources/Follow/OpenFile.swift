import SwiftwaterCore
import SwiftwaterPlatform
import SwiftwaterStorage

/// A local file that stays open, also when it is renamed or removed.
final class OpenFile {
    /// What tells files apart while they exist.
    struct Identity: Equatable {
        let device: UInt64
        let number: UInt64

        init(_ status: stat) { (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino)) }
    }

    let path: String
    let identity: Identity
    private let descriptor: Int32

    /// Opens a file for reading; returns nil if there is none.
    ///
    /// - Throws: `io`; `invalidArgument` if it is not a regular file.
    init?(_ path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileError.make("cannot open", path, errno)
        }
        self.path = path
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = FileError.make("cannot look at", path, errno)
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw SwiftwaterError(
                .invalidArgument, "\(path) is not a file that can be followed",
                remedy: "name a regular file; a directory is read with files:")
        }
        // Last: once all is set, an error would close the file by `deinit` as well.
        identity = Identity(status)
    }

    deinit { close(descriptor) }

    /// The size in bytes and the time of the last change, in nanoseconds since 1970.
    var state: (byteCount: Int, modified: Int64) {
        get throws {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw FileError.make("cannot look at", path, errno) }
            return (Int(status.st_size), OpenFile.modified(status))
        }
    }

    /// Reads at most `count` bytes at an offset.
    func read(_ count: Int, at offset: Int) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                filled += got
            }
        }
        guard failure == 0 else { throw FileError.make("cannot read", path, failure) }
        return bytes
    }

    /// Returns the identity of the file that is at a path, and when it was changed; nil if there is none.
    static func look(at path: String) -> (identity: Identity, modified: Int64)? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return (Identity(status), modified(status))
    }

    private static func modified(_ status: stat) -> Int64 {
        Int64(status.modificationTime.tv_sec) * 1_000_000_000 + Int64(status.modificationTime.tv_nsec)
    }
}
