import SwiftwaterCore

/// A flat store of named bytes, such as a local directory, an S3 bucket or an HDFS directory.
///
/// Keys are `/`-separated, never absolute, and never have empty, `.` or `..` parts (`ObjectKey.check(_:)`). An object
/// is replaced whole: a reader sees the old bytes or the new ones. When `put` returns, the object is durable, and every
/// later `get` and `list`, by any process, sees it. Any number of threads may use a store.
///
/// `StoreChecks` in `SwiftwaterTesting` checks that an implementation keeps these promises.
public protocol ObjectStore: Sendable {
    /// Writes an object, replacing any object with the key.
    ///
    /// - Returns: the version of the new object.
    /// - Throws: `invalidArgument` if the key is not allowed, `io`.
    @discardableResult
    func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion
    /// Writes an object if there is none with the key. Of several concurrent callers, exactly one succeeds.
    ///
    /// - Returns: the version of the new object; nil if there already is an object, which is unchanged.
    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion?
    /// Returns all bytes of an object.
    ///
    /// - Throws: `notFound` if the object does not exist.
    func get(_ key: String) throws -> [UInt8]
    /// Returns the bytes in a range of an object: fewer if the object ends within the range, none if it ends before.
    ///
    /// - Throws: `notFound` if the object does not exist.
    func get(_ key: String, _ range: Range<Int>) throws -> [UInt8]
    /// Returns the length and version of an object without its bytes; nil if the object does not exist.
    func info(_ key: String) throws -> ObjectInfo?
    /// Returns the objects whose keys begin with `prefix`, ordered by the keys' bytes.
    func list(prefix: String) throws -> [ObjectInfo]
    /// Removes an object. Does nothing if there is none.
    func delete(_ key: String) throws
    /// Reads the bytes that begin at `offset` into memory, and returns their number: less than the memory holds if the
    /// object ends before.
    ///
    /// - Throws: `notFound` if the object does not exist.
    func read(_ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws -> Int
    /// Begins an object of unknown length, which appears when the upload is committed.
    func upload(_ key: String) throws -> any ObjectUpload
    /// Returns how messages name an object, such as `s3://bucket/key`.
    func name(of key: String) -> String
    /// What was sent and received; stays zero if the store does not count it.
    var traffic: StoreTraffic { get }
}

extension ObjectStore {
    /// Reads bytes by `get(_:_:)`.
    public func read(_ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws -> Int {
        // A store that returns more than it was asked for must not write past the memory.
        let found = try get(key, offset..<offset + memory.count).prefix(memory.count)
        memory.copyBytes(from: found)
        return found.count
    }

    /// Collects an object in memory, and puts it when it is committed.
    public func upload(_ key: String) throws -> any ObjectUpload {
        try ObjectKey.check(key)
        return CollectedUpload(store: self, key: key)
    }

    /// The key itself.
    public func name(of key: String) -> String { key }

    /// Counts nothing.
    public var traffic: StoreTraffic { StoreTraffic() }
}

/// A version of an object. Two versions of a key are equal only if their bytes are equal. A store without a better tag
/// derives it from the length and the modification time.
public struct ObjectVersion: Sendable, Hashable {
    /// The store's tag for the version, such as an entity tag.
    public let tag: String

    /// Creates a version from a store's tag.
    public init(_ tag: String) { self.tag = tag }
}

/// The properties of an object, without its bytes.
public struct ObjectInfo: Sendable, Hashable {
    /// The object's key.
    public let key: String
    /// The object's length in bytes.
    public let byteCount: Int
    /// The object's version.
    public let version: ObjectVersion

    /// Creates the description of an object.
    public init(key: String, byteCount: Int, version: ObjectVersion) {
        (self.key, self.byteCount, self.version) = (key, byteCount, version)
    }
}
