import Logging
import SwiftwaterCore
import SwiftwaterStorage

/// Frees what is cached of an RDD when its lineage goes.
final class CacheLease: Sendable {
    private let id: Int
    private let cache: PartitionCache
    init(id: Int, cache: PartitionCache) {
        self.id = id
        self.cache = cache
    }
    deinit { cache.evict(id) }
}

/// Partitions that `persist` keeps, up to a limit of bytes; the one used longest ago goes first.
final class PartitionCache: Sendable {
    private struct Key: Hashable {
        let id: Int
        let partition: Int
    }
    private struct Entry {
        let elements: any Sendable
        let bytes: Int
        var used: Int
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var clock = 0
    }
    private let state = Monitor(State())
    private let maxBytes: Int

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    func get(_ id: Int, _ partition: Int) -> (any Sendable)? {
        state.update { state in
            state.clock += 1
            state.entries[Key(id: id, partition: partition)]?.used = state.clock
            return state.entries[Key(id: id, partition: partition)]?.elements
        }
    }

    func put(_ id: Int, _ partition: Int, _ elements: any Sendable, bytes: Int) {
        guard bytes <= maxBytes else { return }
        state.update { state in
            remove(Key(id: id, partition: partition), &state)
            while state.bytes + bytes > maxBytes,
                let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
            {
                remove(oldest.key, &state)
            }
            state.clock += 1
            state.bytes += bytes
            state.entries[Key(id: id, partition: partition)] = Entry(
                elements: elements, bytes: bytes, used: state.clock)
        }
    }

    private func remove(_ key: Key, _ state: inout State) {
        if let entry = state.entries.removeValue(forKey: key) { state.bytes -= entry.bytes }
    }

    func evict(_ id: Int, _ partition: Int) { state.update { remove(Key(id: id, partition: partition), &$0) } }

    func evict(_ id: Int) {
        state.update { state in for key in state.entries.keys where key.id == id { remove(key, &state) } }
    }

    func count(_ id: Int) -> Int { state.read { $0.entries.keys.count { $0.id == id } } }
}
