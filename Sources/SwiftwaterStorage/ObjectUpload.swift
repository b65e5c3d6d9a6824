import SwiftwaterCore

/// An object that is being written. Not thread-safe. An upload that is destroyed before it is committed leaves nothing.
public protocol ObjectUpload: AnyObject {
    /// Appends bytes.
    ///
    /// - Throws: `io` or `network`, after which the upload cannot be committed.
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Makes the object appear, durable and whole, in place of any object with the key.
    func commit() throws -> ObjectVersion
    /// Makes the object appear if there is none with the key.
    ///
    /// - Returns: nil if there is one, which is unchanged.
    func commitIfAbsent() throws -> ObjectVersion?
    /// Gives up the object. Does nothing after a commit.
    func abandon()
}

/// An upload for stores that put objects only as a whole.
final class CollectedUpload: ObjectUpload {
    private let store: any ObjectStore
    private let key: String
    private var bytes: [UInt8] = []

    init(store: any ObjectStore, key: String) { (self.store, self.key) = (store, key) }

    func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }

    func commit() throws -> ObjectVersion { try store.put(key, bytes) }

    func commitIfAbsent() throws -> ObjectVersion? { try store.putIfAbsent(key, bytes) }

    func abandon() { bytes = [] }
}
