import SwiftwaterCore
import SwiftwaterStorage

/// A store in memory, for tests. What it holds goes with the last reference to it.
public final class MemoryStore: ObjectStore {
    private struct State {
        var objects: [String: (bytes: [UInt8], version: Int)] = [:]
        var versions = 0
    }

    private let state = Monitor(State())

    /// Creates an empty store.
    public init() {}

    /// Writes an object, replacing any object with the key.
    @discardableResult
    public func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion {
        try ObjectKey.check(key)
        return state.update { MemoryStore.put(&$0, key, bytes) }
    }

    private static func put(_ state: inout State, _ key: String, _ bytes: [UInt8]) -> ObjectVersion {
        state.versions += 1
        state.objects[key] = (bytes, state.versions)
        return ObjectVersion(String(state.versions))
    }

    /// Writes an object if there is none with the key.
    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? {
        try ObjectKey.check(key)
        return state.update { $0.objects[key] == nil ? MemoryStore.put(&$0, key, bytes) : nil }
    }

    /// Returns all bytes of an object.
    public func get(_ key: String) throws -> [UInt8] {
        try ObjectKey.check(key)
        guard let found = state.read({ $0.objects[key] }) else {
            throw SwiftwaterError(.notFound, "there is no such object", at: .init(file: name(of: key)))
        }
        return found.bytes
    }

    /// Returns the bytes in a range of an object, up to the object's end.
    public func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] {
        let bytes = try get(key)
        return Array(bytes[range.clamped(to: 0..<bytes.count)])
    }

    /// Returns an object's length and version; nil if the object does not exist.
    public func info(_ key: String) throws -> ObjectInfo? {
        try ObjectKey.check(key)
        return state.read { $0.objects[key] }.map {
            ObjectInfo(key: key, byteCount: $0.bytes.count, version: ObjectVersion(String($0.version)))
        }
    }

    /// Returns the objects whose keys begin with `prefix`, ordered by the keys' bytes.
    public func list(prefix: String) throws -> [ObjectInfo] {
        let keys = state.read { $0.objects.keys.filter { $0.hasPrefix(prefix) } }
        return try keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { try info($0) }
    }

    /// Removes an object. Does nothing if there is none.
    public func delete(_ key: String) throws {
        try ObjectKey.check(key)
        state.update { _ = $0.objects.removeValue(forKey: key) }
    }
}
