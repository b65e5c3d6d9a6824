import SwiftwaterCore
import SwiftwaterStorage

/// A file system that calls a closure before each operation, which may let it fail. For tests that let the N-th
/// operation fail, for every N.
public struct FaultyFileSystem: FileSystem {
    /// An operation about to be performed.
    public enum Operation: Sendable {
        /// `create` and `update`.
        case create
        /// `append`, `write` and `truncate` of a file.
        case append
        /// `synchronize` of a file.
        case synchronize
        /// `read`, `map`, `list` and `stamp`.
        case read
        /// `rename` and `renameIfAbsent`.
        case rename
        /// `remove`.
        case remove
        /// `createDirectory`.
        case createDirectory
        /// `synchronizeDirectory`.
        case synchronizeDirectory
    }

    private let base: any FileSystem
    private let before: @Sendable (Operation, _ path: String) throws -> Void

    /// Wraps a file system.
    ///
    /// - Parameter before: called before each operation. If it throws, the operation throws the error and does nothing.
    public init(
        _ base: any FileSystem = LocalFileSystem(),
        before: @escaping @Sendable (Operation, _ path: String) throws -> Void
    ) {
        self.base = base
        self.before = before
    }

    /// Returns a file system whose operation number `number`, counted from 0 without reads, fails with `error`.
    public static func failing(
        _ number: Int, with error: SwiftwaterError, _ base: any FileSystem = LocalFileSystem()
    ) -> FaultyFileSystem {
        let count = Monitor(0)
        return FaultyFileSystem(base) { operation, _ in
            guard operation != .read else { return }
            let isTheOne = count.update { count in
                count += 1
                return count == number + 1
            }
            if isTheOne { throw error }
        }
    }

    /// Creates a file, or empties an existing one.
    public func create(_ path: String) throws -> any WritableFile {
        try before(.create, path)
        return File(file: try base.create(path), path: path, before: before)
    }

    /// Opens an existing file for writing.
    public func update(_ path: String) throws -> any WritableFile {
        try before(.create, path)
        return File(file: try base.update(path), path: path, before: before)
    }

    private final class File: WritableFile {
        private let file: any WritableFile
        private let path: String
        private let before: @Sendable (Operation, String) throws -> Void

        init(file: any WritableFile, path: String, before: @escaping @Sendable (Operation, String) throws -> Void) {
            (self.file, self.path, self.before) = (file, path, before)
        }

        func append(_ bytes: UnsafeRawBufferPointer) throws {
            try before(.append, path)
            try file.append(bytes)
        }
        func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
            try before(.append, path)
            try file.write(bytes, at: offset)
        }
        func truncate(to count: Int) throws {
            try before(.append, path)
            try file.truncate(to: count)
        }
        func synchronize() throws {
            try before(.synchronize, path)
            try file.synchronize()
        }
        func close() { file.close() }
    }

    /// Returns all bytes of a file.
    public func read(_ path: String) throws -> [UInt8] {
        try before(.read, path)
        return try base.read(path)
    }
    /// Returns `count` bytes starting at `offset`.
    public func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        try before(.read, path)
        return try base.read(path, at: offset, count: count)
    }
    /// Opens a file for reading in place, or reads it into memory now if `copied` is true.
    public func map(_ path: String, copied: Bool) throws -> MappedFile {
        try before(.read, path)
        return try base.map(path, copied: copied)
    }
    /// Returns the names in a directory, with a `/` at the end of directories.
    public func list(_ directory: String) throws -> [String] {
        try before(.read, directory)
        return try base.list(directory)
    }
    /// Returns the stamp of a file's current version.
    public func stamp(_ path: String) throws -> FileStamp {
        try before(.read, path)
        return try base.stamp(path)
    }
    /// Returns whether there is a file or directory at the path.
    public func exists(_ path: String) throws -> Bool { try base.exists(path) }
    /// Renames a file, replacing any file at the new path.
    public func rename(_ path: String, to new: String) throws {
        try before(.rename, new)
        try base.rename(path, to: new)
    }
    /// Renames a file if there is none at the new path; returns false if there is one.
    public func renameIfAbsent(_ path: String, to new: String) throws -> Bool {
        try before(.rename, new)
        return try base.renameIfAbsent(path, to: new)
    }
    /// Removes a file. Does nothing if there is none.
    public func remove(_ path: String) throws {
        try before(.remove, path)
        try base.remove(path)
    }
    /// Creates a directory and its parents. Does nothing if it exists.
    public func createDirectory(_ path: String) throws {
        try before(.createDirectory, path)
        try base.createDirectory(path)
    }
    /// Makes all creations, renames and removals in the directory durable.
    public func synchronizeDirectory(_ path: String) throws {
        try before(.synchronizeDirectory, path)
        try base.synchronizeDirectory(path)
    }
    /// Locks a directory, without calling the closure.
    public func lock(_ directory: String) throws -> DirectoryLock { try base.lock(directory) }
    /// Returns the path of a temporary file, without calling the closure.
    public func temporaryPath(for path: String) -> String { base.temporaryPath(for: path) }
}
