import SwiftwaterCore
import SwiftwaterStorage

/// A store that fails as a seed determines, for tests: operations fail before or after they were applied, and lists
/// leave out what was put a moment ago.
public final class FaultyStore: ObjectStore {
    /// How often operations fail.
    public struct Faults: Sendable {
        /// The share of operations that fail and are not applied.
        public var failed = 0.0
        /// The share of writes that are applied and reported as failed.
        public var appliedAndFailed = 0.0
        /// The share of lists that leave out the objects that were put last.
        public var lateLists = 0.0

        /// No faults.
        public init() {}
    }

    private struct State {
        var random: SeededRandom
        var faults = Faults()
        var newest: [String] = []
        var failures = 0
    }

    private let base: any ObjectStore
    private let state: Monitor<State>

    /// Creates a store over another one.
    public init(_ base: any ObjectStore, seed: UInt64) {
        self.base = base
        state = Monitor(State(random: SeededRandom(seed: seed)))
    }

    /// Sets how often operations fail from now on.
    public func set(_ faults: Faults) { state.update { $0.faults = faults } }

    /// The number of operations that failed so far.
    public var failures: Int { state.read { $0.failures } }

    private func draws(_ share: (Faults) -> Double) -> Bool {
        state.update { state in
            guard share(state.faults) > 0, state.random.uniform() < share(state.faults) else { return false }
            state.failures += 1
            return true
        }
    }

    private func failure(_ what: String) -> SwiftwaterError {
        SwiftwaterError(.network, "the store failed \(what) (simulated)", isRetryable: true)
    }

    private func write<Result>(_ key: String, _ body: () throws -> Result) throws -> Result {
        if draws({ $0.failed }) { throw failure("before") }
        let result = try body()
        state.update { state in
            state.newest.append(key)
            if state.newest.count > 2 { state.newest.removeFirst() }
        }
        if draws({ $0.appliedAndFailed }) { throw failure("after") }
        return result
    }

    private func read<Result>(_ body: () throws -> Result) throws -> Result {
        if draws({ $0.failed }) { throw failure("to read") }
        return try body()
    }

    /// Writes an object, replacing any object with the key.
    @discardableResult
    public func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion {
        try write(key) { try base.put(key, bytes) }
    }

    /// Writes an object if there is none with the key.
    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? {
        try write(key) { try base.putIfAbsent(key, bytes) }
    }

    /// Returns all bytes of an object.
    public func get(_ key: String) throws -> [UInt8] { try read { try base.get(key) } }

    /// Returns the bytes in a range of an object, up to the object's end.
    public func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] { try read { try base.get(key, range) } }

    /// Returns an object's length and version; nil if the object does not exist.
    public func info(_ key: String) throws -> ObjectInfo? { try read { try base.info(key) } }

    /// Returns the objects whose keys begin with `prefix`, ordered by the keys' bytes, perhaps without the newest.
    public func list(prefix: String) throws -> [ObjectInfo] {
        let all = try read { try base.list(prefix: prefix) }
        guard draws({ $0.lateLists }) else { return all }
        let hidden = state.read { Set($0.newest) }
        return all.filter { !hidden.contains($0.key) }
    }

    /// Removes an object. Does nothing if there is none.
    public func delete(_ key: String) throws { try write(key) { try base.delete(key) } }
}
