import SwiftwaterCore

/// The objects of a store as files. A directory is a prefix of keys: it is there as soon as an object is in it.
///
/// A file that is created under a temporary name (`temporaryPath(for:)`) is sent to the store while it is written, and
/// appears when it is renamed, as `AtomicFile` does. Any other file is held in memory and put whole when it is
/// synchronized.
public final class StoreFileSystem: FileSystem {
    /// The store.
    public let store: any ObjectStore
    /// What all paths begin with, such as `s3://bucket/`.
    public let root: String
    private let leases: StoreLease.Settings
    private let uploads = Monitor<[String: UncheckedSendable<any ObjectUpload>]>([:])

    /// Creates files over a store.
    ///
    /// - Parameter root: what all paths begin with.
    /// - Parameter store: the store.
    public convenience init(_ store: any ObjectStore, root: String) {
        self.init(store, root: root, leases: StoreLease.Settings())
    }

    package init(_ store: any ObjectStore, root: String, leases: StoreLease.Settings) {
        (self.store, self.root, self.leases) = (store, root, leases)
    }

    private func key(_ path: String) throws -> String {
        guard path.hasPrefix(root) else {
            throw SwiftwaterError(
                .invalidArgument, "\(path) is not in \(root)", remedy: "files cannot move from one store to another")
        }
        return String(path.dropFirst(root.count).drop { $0 == "/" })
    }

    /// Returns the prefix of the keys of what is in a directory.
    private func prefix(_ directory: String) throws -> String {
        let key = try key(directory)
        return key.isEmpty || key.hasSuffix("/") ? key : key + "/"
    }

    // MARK: Writing

    /// Creates a file, which appears when it is synchronized or, under a temporary name, when it is renamed.
    public func create(_ path: String) throws -> any WritableFile {
        guard let final = StoreFileSystem.finalPath(path) else { return StoreFile(store, try key(path), []) }
        let upload = try store.upload(try key(final))
        uploads.update { $0[path] = UncheckedSendable(upload) }
        return UploadedFile(upload, path, final: final)
    }

    /// Opens an existing file for writing: it is read into memory.
    public func update(_ path: String) throws -> any WritableFile {
        StoreFile(store, try key(path), try store.get(key(path)))
    }

    /// Returns the path without the end of a temporary name; nil if it has none.
    private static func finalPath(_ path: String) -> String? {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let name = path[slash...]
        var end = name.endIndex
        while let dot = name[..<end].lastIndex(of: ".") {
            if name[dot...].hasPrefix(".tmp-") { return String(path[..<dot]) }
            end = dot
        }
        return nil
    }

    /// Makes a file that was created under a temporary name appear. Any other is copied and removed.
    public func rename(_ path: String, to new: String) throws {
        if let upload = uploads.update({ $0.removeValue(forKey: path) }) {
            _ = try upload.value.commit()
        } else {
            try store.put(key(new), store.get(key(path)))
            try store.delete(key(path))
        }
    }

    /// Makes a file appear if there is none at the new path.
    public func renameIfAbsent(_ path: String, to new: String) throws -> Bool {
        if let upload = uploads.update({ $0.removeValue(forKey: path) }) {
            return try upload.value.commitIfAbsent() != nil
        }
        guard try store.putIfAbsent(key(new), store.get(key(path))) != nil else { return false }
        try store.delete(key(path))
        return true
    }

    /// Removes a file, or gives up one that did not appear yet. Does nothing if there is none.
    public func remove(_ path: String) throws {
        if let upload = uploads.update({ $0.removeValue(forKey: path) }) {
            upload.value.abandon()
        } else if StoreFileSystem.finalPath(path) == nil {
            try store.delete(key(path))
        }
    }

    /// Does nothing: directories are prefixes.
    public func createDirectory(_ path: String) {}

    /// Does nothing: what a store has put is durable.
    public func synchronizeDirectory(_ path: String) {}

    /// Takes the lease of a directory, which the lock gives back.
    ///
    /// - Throws: `invalidState` if another process holds it; `unsupported` if the store does not know conditions.
    public func lock(_ directory: String) throws -> DirectoryLock {
        let lease = try StoreLease.take(store, folder: folder(directory), settings: leases)
        return DirectoryLock(lease)
    }

    /// Returns the store and the key of a path.
    public func store(of path: String) throws -> (store: any ObjectStore, key: String)? { (store, try folder(path)) }

    private func folder(_ path: String) throws -> String {
        let key = try key(path)
        return key.hasSuffix("/") ? String(key.dropLast()) : key
    }

    // MARK: Reading

    /// Returns all bytes of a file.
    public func read(_ path: String) throws -> [UInt8] { try store.get(key(path)) }

    /// Returns `count` bytes starting at `offset`.
    ///
    /// - Throws: `corrupted` if the file ends before.
    public func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
        let bytes = try store.get(key(path), offset..<offset + count)
        guard bytes.count == count else {
            throw SwiftwaterError(
                .corrupted, "expected \(count) bytes at byte \(offset), found \(bytes.count)", at: .init(file: path),
                remedy: "the object was replaced by a shorter one")
        }
        return bytes
    }

    /// Opens a file for reading.
    public func open(_ path: String) throws -> any ReadableFile {
        guard let info = try store.info(key(path)) else { throw try missing(path) }
        return StoreReader(store, info)
    }

    /// Reads a file into memory.
    public func map(_ path: String, copied: Bool) throws -> MappedFile {
        let key = try key(path)
        guard let info = try store.info(key) else { throw try missing(path) }
        return try MappedFile(path: path, byteCount: info.byteCount) { memory in
            let count = try StoreTransfer.reading(path, info.byteCount, from: store.traffic) {
                try store.read(key, at: 0, into: memory)
            }
            guard count == memory.count else {
                throw SwiftwaterError(
                    .io, "the object was replaced while it was read", at: .init(file: path), remedy: "read it again")
            }
        }
    }

    /// Returns the error of the store for a missing object, which knows whether more is missing.
    private func missing(_ path: String) throws -> any Error {
        do { _ = try store.get(key(path), 0..<1) } catch { return error }
        return SwiftwaterError(.notFound, "there is no such object", at: .init(file: path), remedy: "check the path")
    }

    /// Returns the names in a directory, with a `/` at the end of directories. O(objects in and below it).
    public func list(_ directory: String) throws -> [String] {
        try entries(directory).map { $0.isDirectory ? $0.name + "/" : $0.name }
    }

    /// Returns the entries of a directory. O(objects in and below it).
    public func entries(_ directory: String) throws -> [FileEntry] {
        let prefix = try prefix(directory)
        var result: [FileEntry] = []
        for object in try store.list(prefix: prefix) {
            let rest = object.key.dropFirst(prefix.count)
            if let slash = rest.firstIndex(of: "/") {
                let name = String(rest[..<slash])
                if result.last?.name != name { result.append(FileEntry(name: name, isDirectory: true, byteCount: 0)) }
            } else {
                result.append(FileEntry(name: String(rest), isDirectory: false, byteCount: object.byteCount))
            }
        }
        return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Returns whether there is an object at the path, or one below it.
    public func exists(_ path: String) throws -> Bool {
        let key = try key(path)
        if !key.isEmpty, !key.hasSuffix("/"), try store.info(key) != nil { return true }
        return try isDirectory(path)
    }

    /// Returns whether there are objects below the path.
    public func isDirectory(_ path: String) throws -> Bool { try !store.list(prefix: prefix(path)).isEmpty }

    /// Returns the stamp of an object's current version.
    public func stamp(_ path: String) throws -> FileStamp {
        guard let info = try store.info(key(path)) else { throw try missing(path) }
        var hasher = StableHasher(seed: 0)
        info.version.tag.utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return FileStamp(byteCount: Int64(info.byteCount), modified: Int64(bitPattern: hasher.finalize()))
    }

    /// Returns the path of a temporary file beside `path`, different for each call and process.
    public func temporaryPath(for path: String) -> String { LocalFileSystem().temporaryPath(for: path) }
}

/// A file that goes to the store while it is written.
private final class UploadedFile: WritableFile {
    private let upload: any ObjectUpload
    private let path: String
    private var transfer: StoreTransfer.Writing

    init(_ upload: any ObjectUpload, _ path: String, final: String) {
        (self.upload, self.path, transfer) = (upload, path, StoreTransfer.Writing(final))
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try upload.write(bytes)
        transfer.add(bytes.count)
    }

    private func refused() -> SwiftwaterError {
        SwiftwaterError(
            .unsupported, "a file that goes to a store is only appended to", at: .init(file: path),
            remedy: "write it from its first byte to its last")
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws { throw refused() }
    func truncate(to count: Int) throws { throw refused() }
    /// Nothing is there before the file is renamed.
    func synchronize() {}
    func close() { transfer.end() }
}

/// A file in memory that is put whole.
private final class StoreFile: WritableFile {
    private let store: any ObjectStore
    private let key: String
    private var bytes: [UInt8]
    private var isChanged = false

    init(_ store: any ObjectStore, _ key: String, _ bytes: [UInt8]) {
        (self.store, self.key, self.bytes) = (store, key, bytes)
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        self.bytes.append(contentsOf: bytes)
        isChanged = true
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let end = offset + bytes.count
        if self.bytes.count < end { self.bytes += [UInt8](repeating: 0, count: end - self.bytes.count) }
        self.bytes.replaceSubrange(offset..<end, with: bytes)
        isChanged = true
    }

    func truncate(to count: Int) {
        guard count < bytes.count else { return }
        bytes.removeLast(bytes.count - count)
        isChanged = true
    }

    func synchronize() throws {
        guard isChanged else { return }
        try store.put(key, bytes)
        isChanged = false
    }

    func close() { try? synchronize() }
}
