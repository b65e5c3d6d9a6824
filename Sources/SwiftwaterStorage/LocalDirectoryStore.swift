import SwiftwaterCore

/// An object store in a directory of a file system.
///
/// Names that contain `.tmp-` are temporary files of `AtomicFile` and are never listed.
public struct LocalDirectoryStore: ObjectStore {
    /// The directory's path.
    public let root: String
    private let files: any FileSystem

    /// Creates a store in a directory, which is created if needed.
    public init(root: String, files: any FileSystem = LocalFileSystem()) throws {
        self.root = root
        self.files = files
        try files.createDirectory(root)
    }

    private func path(_ key: String) throws -> String {
        try ObjectKey.check(key)
        return root + "/" + key
    }

    /// Returns an uncommitted file for the object, with its bytes, in a directory that exists.
    private func file(_ key: String, _ bytes: [UInt8]) throws -> AtomicFile {
        let path = try path(key)
        if key.contains("/") { try files.createDirectory(PathName.parent(of: path)) }
        let file = try AtomicFile(path: path, files: files)
        try file.write(bytes)
        return file
    }

    /// Writes an object, replacing any object with the key, and returns its version.
    @discardableResult
    public func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion {
        try file(key, bytes).commit()
        return try version(files.stamp(path(key)))
    }

    /// Writes an object if there is none with the key, and returns its version; returns nil if there is one.
    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? {
        guard try file(key, bytes).commitIfAbsent() else { return nil }
        return try version(files.stamp(path(key)))
    }

    /// Returns all bytes of an object.
    public func get(_ key: String) throws -> [UInt8] { try files.read(path(key)) }

    /// Returns the bytes in a range of an object, up to the object's end.
    public func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] {
        let path = try path(key)
        let length = Int(try files.stamp(path).byteCount)
        let found = range.clamped(to: 0..<length)
        return found.isEmpty ? [] : try files.read(path, at: found.lowerBound, count: found.count)
    }

    /// Returns an object's length and version; nil if the object does not exist.
    public func info(_ key: String) throws -> ObjectInfo? {
        do {
            let stamp = try files.stamp(path(key))
            return ObjectInfo(key: key, byteCount: Int(stamp.byteCount), version: version(stamp))
        } catch let error as SwiftwaterError where error.code == .notFound { return nil }
    }

    /// Returns the objects whose keys begin with `prefix`, ordered by the keys' bytes.
    public func list(prefix: String) throws -> [ObjectInfo] {
        var keys: [String] = []
        func visit(_ directory: String) throws {
            for name in try files.list(directory.isEmpty ? root : root + "/" + directory) {
                let key = (directory.isEmpty ? "" : directory + "/") + name
                if key.hasSuffix("/") {
                    // Skip directories that cannot contain a key with the prefix.
                    if key.hasPrefix(prefix) || prefix.hasPrefix(key) { try visit(String(key.dropLast())) }
                } else if key.hasPrefix(prefix), !PathName.isTemporary(name) {
                    keys.append(key)
                }
            }
        }
        try visit("")
        // Objects deleted since are left out.
        return try keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { try info($0) }
    }

    /// Removes an object. Does nothing if there is none.
    public func delete(_ key: String) throws { try files.remove(path(key)) }

    private func version(_ stamp: FileStamp) -> ObjectVersion {
        ObjectVersion("\(stamp.modified)-\(stamp.byteCount)-\(stamp.fileNumber)")
    }
}
