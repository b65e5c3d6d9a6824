import SwiftwaterCore
import Synchronization
import SwiftwaterPlatform

/// The local file system.
public struct LocalFileSystem: FileSystem {
    private let isPrivate: Bool

    /// Creates access to the local file system.
    ///
    /// - Parameter isPrivate: whether only the user of this process may read what is created: files have the mode 0600,
    ///   directories 0700. Otherwise they have 0644 and 0755, less the process's umask.
    public init(isPrivate: Bool = false) { self.isPrivate = isPrivate }

    /// Creates a file, or empties an existing one.
    public func create(_ path: String) throws -> any WritableFile {
        try LocalFile(path: path, O_CREAT | O_TRUNC, mode: isPrivate ? 0o600 : 0o644)
    }

    /// Opens an existing file for writing: appending goes on at its end.
    public func update(_ path: String) throws -> any WritableFile {
        let file = try LocalFile(path: path, 0, mode: 0)
        try file.seekToEnd()
        return file
    }

    /// Returns all bytes of a file.
    public func read(_ path: String) throws -> [UInt8] {
        let file = try opened(path)
        defer { close(file.descriptor) }
        return try bytes(of: file.descriptor, path, at: 0, count: file.size)
    }

    /// Returns `count` bytes starting at `offset`.
    ///
    /// - Throws: `corrupted` if the file ends before.
    public func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        let file = try opened(path)
        defer { close(file.descriptor) }
        return try bytes(of: file.descriptor, path, at: offset, count: count)
    }

    private func opened(_ path: String) throws -> (descriptor: Int32, size: Int) {
        let descriptor = SwiftwaterPlatform.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.make("cannot open", path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw FileError.make("cannot look at", path, number)
        }
        return (descriptor, Int(status.st_size))
    }

    private func bytes(of descriptor: Int32, _ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0 && errno == EINTR { continue }
                guard got >= 0 else { throw FileError.make("cannot read", path, errno) }
                guard got > 0 else {
                    throw SwiftwaterError(
                        .corrupted, "expected \(count) bytes at byte \(offset), found \(filled)",
                        at: .init(file: path), remedy: "the file was truncated")
                }
                filled += got
            }
        }
    }

    /// Returns the names in a directory, with a `/` at the end of directories.
    public func list(_ directory: String) throws -> [String] {
        guard Directory.isDirectory(directory) else { return [] }
        return try Directory.entries(directory).map { $0.isDirectory ? $0.name + "/" : $0.name }
    }

    /// Opens a file for reading in place, or reads it into memory now if `copied` is true.
    public func map(_ path: String, copied: Bool) throws -> MappedFile { try MappedFile(path: path, copied: copied) }

    /// Opens a file for reading.
    public func open(_ path: String) throws -> any ReadableFile {
        let file = try opened(path)
        return LocalReader(descriptor: file.descriptor, path: path, byteCount: file.size)
    }

    /// Returns the entries of a directory, ordered by the bytes of their names.
    public func entries(_ directory: String) throws -> [FileEntry] { try Directory.entries(directory) }

    /// Returns whether the path is that of a directory.
    public func isDirectory(_ path: String) -> Bool { Directory.isDirectory(path) }

    /// Returns the stamp of a file's current version.
    public func stamp(_ path: String) throws -> FileStamp { try FileStamp(of: path) }

    /// Returns whether there is a file or directory at the path.
    public func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0
    }

    /// Renames a file, replacing any file at the new path.
    public func rename(_ path: String, to new: String) throws {
        guard SwiftwaterPlatform.rename(path, new) == 0 else { throw FileError.make("cannot rename to", new, errno) }
    }

    /// Renames a file if there is none at the new path; returns false if there is one.
    public func renameIfAbsent(_ path: String, to new: String) throws -> Bool {
        guard link(path, new) == 0 else {
            let number = errno
            guard number == EEXIST else { throw FileError.make("cannot link to", new, number) }
            return false
        }
        try remove(path)
        return true
    }

    /// Removes a file. Does nothing if there is none.
    public func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileError.make("cannot remove", path, errno) }
    }

    /// Creates a directory and its parents. Does nothing if it exists.
    public func createDirectory(_ path: String) throws { try Directory.create(path, isPrivate: isPrivate) }

    /// Makes all creations, renames and removals in the directory durable.
    public func synchronizeDirectory(_ path: String) throws {
        let file = try opened(path)
        defer { close(file.descriptor) }
        guard fsync(file.descriptor) == 0 else { throw FileError.make("cannot flush", path, errno) }
    }

    /// Locks a directory for this process until the lock is destroyed.
    public func lock(_ directory: String) throws -> DirectoryLock { try DirectoryLock(directory) }

    /// Returns the path of a temporary file beside `path`, different for each call and process.
    public func temporaryPath(for path: String) -> String {
        let number = LocalFileSystem.temporaryCount.wrappingAdd(1, ordering: .relaxed).oldValue
        return "\(path).tmp-\(getpid())-\(number)"
    }

    private static let temporaryCount = Atomic<Int>(0)
}

private final class LocalReader: ReadableFile {
    private let descriptor: Int32
    private let path: String
    let byteCount: Int

    init(descriptor: Int32, path: String, byteCount: Int) {
        (self.descriptor, self.path, self.byteCount) = (descriptor, path, byteCount)
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress!, buffer.count, off_t(offset))
            if count >= 0 { return count }
            if errno != EINTR { throw FileError.make("cannot read", path, errno) }
        }
    }
}

private final class LocalFile: WritableFile {
    private let path: String
    private var descriptor: Int32

    init(path: String, _ flags: Int32, mode: mode_t) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, mode)
        guard descriptor >= 0 else {
            throw FileError.make(flags & O_CREAT != 0 ? "cannot create" : "cannot open", path, errno)
        }
    }

    deinit { close() }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        let number = StandardStream.writeAll(to: descriptor, bytes)
        guard number == 0 else { throw FileError.make("cannot write", path, number) }
    }

    func seekToEnd() throws {
        guard lseek(descriptor, 0, SEEK_END) >= 0 else { throw FileError.make("cannot read", path, errno) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileError.make("cannot write", path, count < 0 ? errno : ENOSPC) }
            done += count
        }
    }

    func truncate(to count: Int) throws {
        guard ftruncate(descriptor, off_t(count)) == 0 else { throw FileError.make("cannot cut", path, errno) }
        try seekToEnd()
    }

    func synchronize() throws {
        guard synchronizeData(descriptor) == 0 else { throw FileError.make("cannot flush", path, errno) }
    }

    func close() {
        guard descriptor >= 0 else { return }
        _ = SwiftwaterPlatform.close(descriptor)
        descriptor = -1
    }
}
