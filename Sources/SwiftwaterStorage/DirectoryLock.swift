import SwiftwaterCore
import SwiftwaterPlatform

/// Ownership of a directory, as long as the object lives.
public final class DirectoryLock: Sendable {
    private let release: @Sendable () -> Void

    /// Makes a lock that calls `release` when it goes: for file systems other than the machine's.
    public init(release: @escaping @Sendable () -> Void) { self.release = release }

    /// Locks the directory's file `lock`, which is made where it does not exist. The operating system releases it when the
    /// process ends, however it ends.
    ///
    /// - Throws: `invalidState` where another process holds it.
    convenience init(_ directory: String) throws {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError.make("cannot create", path, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EWOULDBLOCK else { throw FileError.make("cannot lock", path, number) }
            throw SwiftwaterError(
                .invalidState, "\(directory) is in use by another program",
                remedy: "stop that program, or name another directory")
        }
        self.init { close(descriptor) }
    }

    deinit { release() }
}
