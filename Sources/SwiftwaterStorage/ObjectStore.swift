import SwiftwaterCore

/// A flat store of named bytes, such as a directory, a bucket of S3 or a directory of HDFS.
///
/// Keys are `/`-separated, never absolute, never with empty, `.` or `..` parts (`ObjectKey.check(_:)`). An object is
/// replaced whole: a reader sees the old bytes or the new ones. What `put` wrote is durable when it returns, and every
/// later `get` and `list`, by any process, sees it. Any number of threads may use a store.
///
/// `StoreChecks` in `SwiftwaterTesting` tells whether an implementation keeps these promises.
public protocol ObjectStore: Sendable {
    /// Puts an object in place of the one with the key, where there is one.
    ///
    /// - Returns: the version of the new object.
    /// - Throws: `invalidArgument` for a key that is not allowed, `io`.
    @discardableResult
    func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion
    /// Puts an object only if there is none with the key. Of several callers at once exactly one succeeds.
    ///
    /// - Returns: the version of the new object; nil where there is one, which is unchanged.
    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion?
    /// Returns all bytes of an object.
    ///
    /// - Throws: `notFound` where there is no such object.
    func get(_ key: String) throws -> [UInt8]
    /// Returns the bytes of a range of an object: fewer where the object ends within it, none where it ends before.
    ///
    /// - Throws: `notFound` where there is no such object.
    func get(_ key: String, _ range: Range<Int>) throws -> [UInt8]
    /// Returns the length and version of an object without its bytes; nil where there is no such object.
    func info(_ key: String) throws -> ObjectInfo?
    /// Returns the objects whose keys begin with `prefix`, in order of the keys' bytes.
    func list(prefix: String) throws -> [ObjectInfo]
    /// Removes the object; nothing happens where there is none.
    func delete(_ key: String) throws
}

/// A version of an object. Two versions of one key are equal only if the bytes are; stores with no better mark derive it
/// from length and time of change.
public struct ObjectVersion: Sendable, Hashable {
    /// The store's mark of the version, such as an entity tag.
    public let tag: String

    /// Wraps a store's mark.
    public init(_ tag: String) { self.tag = tag }
}

/// What a store says of an object without reading it.
public struct ObjectInfo: Sendable, Hashable {
    /// The object's key.
    public let key: String
    /// Its length.
    public let byteCount: Int
    /// Its version.
    public let version: ObjectVersion

    /// Describes an object.
    public init(key: String, byteCount: Int, version: ObjectVersion) {
        (self.key, self.byteCount, self.version) = (key, byteCount, version)
    }
}
