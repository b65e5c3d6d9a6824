import SwiftwaterCore

/// The disk as everything durable sees it. Logs, checkpoints, models, caches and file outputs read and write through this,
/// so that a test can substitute a disk that fails and crashes.
public protocol FileSystem: Sendable {
    /// Creates a file, or empties an existing one.
    func create(_ path: String) throws -> any WritableFile
    /// Returns all bytes of a file.
    ///
    /// - Throws: `notFound`; `corrupted` where the file is shorter than it says.
    func read(_ path: String) throws -> [UInt8]
    /// Returns `count` bytes from `offset` on.
    func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8]
    /// Opens a file for reading in place.
    ///
    /// - Parameter copied: reads it now into memory of this process, for files that others may write into.
    func map(_ path: String, copied: Bool) throws -> MappedFile
    /// Returns names in a directory in order of their bytes, directories with a `/` at the end; none where there is no
    /// such directory.
    func list(_ directory: String) throws -> [String]
    /// Whether there is a file or directory.
    func exists(_ path: String) -> Bool
    /// Returns what identifies the present version of a file.
    ///
    /// - Throws: `notFound`.
    func stamp(_ path: String) throws -> FileStamp
    /// Renames a file, over another where one has the name.
    func rename(_ path: String, to new: String) throws
    /// Renames a file where none has the name.
    ///
    /// - Returns: false where one has; both are unchanged then.
    func renameIfAbsent(_ path: String, to new: String) throws -> Bool
    /// Removes a file; nothing happens where there is none.
    func remove(_ path: String) throws
    /// Creates a directory and those above it; nothing happens where it exists.
    func createDirectory(_ path: String) throws
    /// Makes what was created, renamed and removed in the directory durable.
    func synchronizeDirectory(_ path: String) throws
    /// Locks a directory for this process until the lock is released.
    ///
    /// - Throws: `invalidState` where another process holds it.
    func lock(_ directory: String) throws -> DirectoryLock
    /// Returns the path of a temporary file beside `path`, another one at each call: `PATH.tmp-` and letters, digits or `-`.
    func temporaryPath(for path: String) -> String
}

extension FileSystem {
    /// Opens a file for reading in place.
    public func map(_ path: String) throws -> MappedFile { try map(path, copied: false) }
}

/// A file that grows. Not for several threads at once.
public protocol WritableFile: AnyObject {
    /// Appends bytes.
    func append(_ bytes: UnsafeRawBufferPointer) throws
    /// Makes everything appended so far durable.
    func synchronize() throws
    /// Closes the file; nothing happens where it is closed.
    func close()
}
