import SwiftwaterCore
import SwiftwaterStorage

/// The checkpoints of a directory.
package struct CheckpointStore: Sendable {
    /// The checkpoint directory.
    package let directory: String
    let objects: any ObjectStore

    /// Opens a directory. Creates it if it does not exist.
    package init(directory: String, files: any FileSystem = URLFileSystem()) throws {
        self.directory = directory
        objects = try StoreFolder.objects(in: directory, files: files)
    }

    /// The times of all checkpoints, oldest first, readable or not.
    package func times() throws -> [BatchTime] {
        try objects.list(prefix: CheckpointManifest.prefix).map(\.key).compactMap { key in
            Int64(key.dropFirst(CheckpointManifest.prefix.count)).map { BatchTime(milliseconds: $0) }
        }
    }

    /// The keys of all manifests and objects, in order.
    func keys() throws -> [String] {
        try [CheckpointManifest.prefix, CheckpointStore.statePrefix].flatMap { try objects.list(prefix: $0).map(\.key) }
    }

    /// What the keys of states' objects begin with.
    static let statePrefix = "state/"

    /// Reads the manifest of a checkpoint.
    ///
    /// - Throws: `notFound`, or `corrupted` if it is damaged.
    package func manifest(at time: BatchTime) throws -> CheckpointManifest {
        let key = CheckpointManifest.key(time)
        return try CheckpointManifest(decoding: try objects.get(key), name: directory + "/" + key)
    }

    /// Reads and verifies an object of a state.
    ///
    /// - Throws: `corrupted` if it is missing or not the one that the checkpoint names.
    package func read(_ object: CheckpointManifest.Object) throws -> [UInt8] {
        let name = directory + "/" + object.key
        let sealed: [UInt8]
        do { sealed = try objects.get(object.key) } catch let error as SwiftwaterError where error.code == .notFound {
            throw SwiftwaterError(
                .corrupted, "a part of the checkpoint is missing", at: .init(file: name),
                remedy: "restore the directory from a copy, or start again with an empty one", cause: error)
        }
        let bytes = try SealedBytes.open(sealed, name: name)
        guard bytes.count == object.byteCount, Checksum(bytes).value == object.checksum else {
            throw SwiftwaterError(
                .corrupted, "the object is not the one the checkpoint names", at: .init(file: name))
        }
        return bytes
    }

    /// Reads a checkpoint and everything it names.
    ///
    /// - Returns: the size of the states in bytes.
    @discardableResult
    package func verify(_ time: BatchTime) throws -> Int {
        try manifest(at: time).steps.flatMap(\.objects).reduce(0) { try $0 + read($1).count }
    }

    /// The directory of the log.
    package var journalDirectory: String { directory + "/journal" }
}
