import SwiftwaterCore
import SwiftwaterPlatform

/// Exclusive use of a directory for the lifetime of the object.
public final class DirectoryLock: Sendable {
    private let release: @Sendable () -> Void
    /// The lease, if the directory is in a store.
    package let lease: StoreLease?

    /// Creates a lock that gives a lease back when it is destroyed.
    init(_ lease: StoreLease) {
        self.lease = lease
        release = { lease.giveBack() }
    }

    /// Creates a lock that calls `release` when it is destroyed, for file systems other than the local one.
    public init(release: @escaping @Sendable () -> Void) { (self.release, lease) = (release, nil) }

    /// Locks the directory's file `lock`, which is created if needed. The operating system releases the lock when the
    /// process ends, even after a crash.
    ///
    /// - Throws: `invalidState` if another process holds the lock.
    convenience init(_ directory: String) throws {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.make("cannot create", path, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            guard number == EWOULDBLOCK else { throw FileError.make("cannot lock", path, number) }
            throw SwiftwaterError(
                .invalidState, "\(directory) is in use by another program",
                remedy: "stop that program, or use another directory")
        }
        self.init { close(descriptor) }
    }

    deinit { release() }
}
