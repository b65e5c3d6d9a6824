import SwiftwaterCore

/// Access to a disk.
///
/// Logs, checkpoints, models, caches and file outputs read and write through this protocol, so that a test can
/// substitute a disk that fails and crashes.
public protocol FileSystem: Sendable {
    /// Creates a file, or empties an existing one.
    func create(_ path: String) throws -> any WritableFile
    /// Opens an existing file for writing: appending goes on at its end.
    ///
    /// - Throws: `notFound`.
    func update(_ path: String) throws -> any WritableFile
    /// Returns all bytes of a file.
    ///
    /// - Throws: `notFound`; `corrupted` if the file is shorter than its reported size.
    func read(_ path: String) throws -> [UInt8]
    /// Returns `count` bytes starting at `offset`.
    func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8]
    /// Opens a file for reading in place.
    ///
    /// - Parameter copied: reads the file into memory now, for files that others may write to.
    /// - Parameter path: the path of the file.
    func map(_ path: String, copied: Bool) throws -> MappedFile
    /// Returns the names in a directory, ordered by their bytes, with a `/` at the end of directories. Returns an empty
    /// array if the directory does not exist.
    func list(_ directory: String) throws -> [String]
    /// Opens a file for reading.
    ///
    /// - Throws: `notFound`.
    func open(_ path: String) throws -> any ReadableFile
    /// Returns the entries of a directory, ordered by the bytes of their names.
    ///
    /// - Throws: `notFound` if the directory does not exist, where that can be known.
    func entries(_ directory: String) throws -> [FileEntry]
    /// Returns whether there is a file or directory at the path.
    func exists(_ path: String) throws -> Bool
    /// Returns whether the path is that of a directory.
    func isDirectory(_ path: String) throws -> Bool
    /// Returns the stamp of a file's current version.
    ///
    /// - Throws: `notFound`.
    func stamp(_ path: String) throws -> FileStamp
    /// Renames a file, replacing any file at the new path.
    func rename(_ path: String, to new: String) throws
    /// Renames a file if there is none at the new path.
    ///
    /// - Returns: false if there is one; both are unchanged.
    func renameIfAbsent(_ path: String, to new: String) throws -> Bool
    /// Removes a file. Does nothing if there is none.
    func remove(_ path: String) throws
    /// Creates a directory and its parents. Does nothing if it exists.
    func createDirectory(_ path: String) throws
    /// Makes all creations, renames and removals in the directory durable.
    func synchronizeDirectory(_ path: String) throws
    /// Returns the store that a path is in, with its key there; nil for a file of its own, which can be appended to.
    func store(of path: String) throws -> (store: any ObjectStore, key: String)?
    /// Locks a directory for this process until the lock is destroyed.
    ///
    /// - Throws: `invalidState` if another process holds the lock.
    func lock(_ directory: String) throws -> DirectoryLock
    /// Returns the path of a temporary file beside `path`, different for each call: `PATH.tmp-` followed by letters,
    /// digits or `-`.
    func temporaryPath(for path: String) -> String
}

extension FileSystem {
    /// Opens a file for reading in place.
    public func map(_ path: String) throws -> MappedFile { try map(path, copied: false) }

    /// Returns nil: files are not objects.
    public func store(of path: String) throws -> (store: any ObjectStore, key: String)? { nil }

    /// Opens a file, each piece of which is read by `read(_:at:count:)`.
    public func open(_ path: String) throws -> any ReadableFile {
        PlainReader(files: self, path: path, byteCount: Int(try stamp(path).byteCount))
    }

    /// Returns the entries that `list(_:)` names.
    public func entries(_ directory: String) throws -> [FileEntry] {
        try list(directory).map { name in
            if name.hasSuffix("/") { return FileEntry(name: String(name.dropLast()), isDirectory: true, byteCount: 0) }
            return FileEntry(
                name: name, isDirectory: false, byteCount: Int(try stamp(directory + "/" + name).byteCount))
        }
    }

    /// Returns whether the parent lists the path as a directory.
    public func isDirectory(_ path: String) throws -> Bool {
        let parent = PathName.parent(of: path)
        return try list(parent).contains(String(path.dropFirst(parent == "/" ? 1 : parent.count + 1)) + "/")
    }
}

/// A file that is written to. Not thread-safe.
public protocol WritableFile: AnyObject {
    /// Appends bytes.
    func append(_ bytes: UnsafeRawBufferPointer) throws
    /// Replaces bytes, or appends them after zeros if the file ends before `offset`.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws
    /// Removes what comes after the first `count` bytes. Appending goes on there.
    func truncate(to count: Int) throws
    /// Makes everything written so far durable.
    func synchronize() throws
    /// Closes the file. Does nothing if it is closed.
    func close()
}
