/// The objects of a store whose keys begin with a folder's name, which their keys here leave out.
package struct StoreFolder: ObjectStore {
    private let store: any ObjectStore
    private let prefix: String

    /// Creates a store of what is in a folder, such as `trends/state`.
    package init(_ store: any ObjectStore, folder: String) {
        (self.store, prefix) = (store, folder.isEmpty ? "" : folder + "/")
    }

    /// Returns a directory as a store: the folder of a store, or the directory of a disk, which is created if needed.
    package static func objects(in directory: String, files: any FileSystem) throws -> any ObjectStore {
        if let place = try files.store(of: directory) { return StoreFolder(place.store, folder: place.key) }
        return try LocalDirectoryStore(root: directory, files: files)
    }

    private func full(_ key: String) throws -> String {
        try ObjectKey.check(key)
        return prefix + key
    }

    private func own(_ info: ObjectInfo) -> ObjectInfo {
        ObjectInfo(key: String(info.key.dropFirst(prefix.count)), byteCount: info.byteCount, version: info.version)
    }

    @discardableResult
    package func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion { try store.put(full(key), bytes) }

    package func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? {
        try store.putIfAbsent(full(key), bytes)
    }

    package func get(_ key: String) throws -> [UInt8] { try store.get(full(key)) }

    package func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] { try store.get(full(key), range) }

    package func info(_ key: String) throws -> ObjectInfo? { try store.info(full(key)).map(own) }

    package func list(prefix: String) throws -> [ObjectInfo] { try store.list(prefix: self.prefix + prefix).map(own) }

    package func delete(_ key: String) throws { try store.delete(full(key)) }

    package func read(_ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws -> Int {
        try store.read(full(key), at: offset, into: memory)
    }

    package func upload(_ key: String) throws -> any ObjectUpload { try store.upload(full(key)) }

    package func name(of key: String) -> String { store.name(of: prefix + key) }

    package var traffic: StoreTraffic { store.traffic }
}
