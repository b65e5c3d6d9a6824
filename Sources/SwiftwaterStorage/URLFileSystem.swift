import SwiftwaterCore

/// The local disk and all stores: a path that begins with the scheme of a store, as in `s3://bucket/key`, is there, and
/// any other on the disk. `file:///path` is a local path.
public struct URLFileSystem: FileSystem {
    private let local: LocalFileSystem

    /// Creates access to the disk and to the stores in `StoreRegistry`.
    ///
    /// - Parameter isPrivate: whether only the user of this process may read what is created on the local disk.
    public init(isPrivate: Bool = false) { local = LocalFileSystem(isPrivate: isPrivate) }

    /// Returns whether a path is in a store.
    public static func isRemote(_ path: String) -> Bool { StoreAddress(path) != nil }

    private func place(_ path: String) throws -> (files: any FileSystem, path: String) {
        if let address = StoreAddress(path) { return (try StoreRegistry.files(address), path) }
        return (local, path.hasPrefix("file://") ? String(path.dropFirst(7)) : path)
    }

    /// Creates a file, or empties an existing one.
    public func create(_ path: String) throws -> any WritableFile {
        let place = try place(path)
        return try place.files.create(place.path)
    }

    /// Opens an existing file for writing.
    public func update(_ path: String) throws -> any WritableFile {
        let place = try place(path)
        return try place.files.update(place.path)
    }

    /// Opens a file for reading.
    public func open(_ path: String) throws -> any ReadableFile {
        let place = try place(path)
        return try place.files.open(place.path)
    }

    /// Returns all bytes of a file.
    public func read(_ path: String) throws -> [UInt8] {
        let place = try place(path)
        return try place.files.read(place.path)
    }

    /// Returns `count` bytes starting at `offset`.
    public func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        let place = try place(path)
        return try place.files.read(place.path, at: offset, count: count)
    }

    /// Opens a file for reading in place; one in a store is read into memory.
    public func map(_ path: String, copied: Bool) throws -> MappedFile {
        let place = try place(path)
        return try place.files.map(place.path, copied: copied)
    }

    /// Returns the names in a directory, with a `/` at the end of directories.
    public func list(_ directory: String) throws -> [String] {
        let place = try place(directory)
        return try place.files.list(place.path)
    }

    /// Returns the entries of a directory.
    public func entries(_ directory: String) throws -> [FileEntry] {
        let place = try place(directory)
        return try place.files.entries(place.path)
    }

    /// Returns whether there is a file or directory at the path.
    public func exists(_ path: String) throws -> Bool {
        let place = try place(path)
        return try place.files.exists(place.path)
    }

    /// Returns whether the path is that of a directory.
    public func isDirectory(_ path: String) throws -> Bool {
        let place = try place(path)
        return try place.files.isDirectory(place.path)
    }

    /// Returns the stamp of a file's current version.
    public func stamp(_ path: String) throws -> FileStamp {
        let place = try place(path)
        return try place.files.stamp(place.path)
    }

    /// Renames a file within the disk or a store, replacing any file at the new path.
    public func rename(_ path: String, to new: String) throws {
        let (old, new) = (try place(path), try place(new))
        try old.files.rename(old.path, to: new.path)
    }

    /// Renames a file if there is none at the new path; returns false if there is one.
    public func renameIfAbsent(_ path: String, to new: String) throws -> Bool {
        let (old, new) = (try place(path), try place(new))
        return try old.files.renameIfAbsent(old.path, to: new.path)
    }

    /// Removes a file. Does nothing if there is none.
    public func remove(_ path: String) throws {
        let place = try place(path)
        try place.files.remove(place.path)
    }

    /// Creates a directory and its parents. Does nothing if it exists.
    public func createDirectory(_ path: String) throws {
        let place = try place(path)
        try place.files.createDirectory(place.path)
    }

    /// Makes all creations, renames and removals in the directory durable.
    public func synchronizeDirectory(_ path: String) throws {
        let place = try place(path)
        try place.files.synchronizeDirectory(place.path)
    }

    /// Returns the store that a path is in, with its key there; nil for a local path.
    public func store(of path: String) throws -> (store: any ObjectStore, key: String)? {
        let place = try place(path)
        return try place.files.store(of: place.path)
    }

    /// Locks a directory for this process until the lock is destroyed.
    public func lock(_ directory: String) throws -> DirectoryLock {
        let place = try place(directory)
        return try place.files.lock(place.path)
    }

    /// Returns the path of a temporary file beside `path`, different for each call and process.
    public func temporaryPath(for path: String) -> String { local.temporaryPath(for: path) }
}
