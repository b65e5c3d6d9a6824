import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

@Suite struct ObjectStoreTests {
    @Test func aDirectoryKeepsThePromisesOfAStore() throws {
        let folder = try TemporaryDirectory()
        #expect(try StoreChecks.brokenPromises { try LocalDirectoryStore(root: folder.file("store")) } == [])
    }

    @Test func aSimulatedDiskKeepsThePromisesOfAStore() throws {
        let disk = SimulatedDisk(seed: 1)
        #expect(try StoreChecks.brokenPromises { try LocalDirectoryStore(root: "store", files: disk) } == [])
    }

    /// The checks find what is broken: a store that forgets, one that replaces, one that lists too much.
    @Test func brokenStoresAreFound() throws {
        struct Broken: ObjectStore {
            let base: LocalDirectoryStore
            let fault: String
            func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion {
                try base.put(key, fault == "cut" ? Array(bytes.prefix(1_000_000)) : bytes)
            }
            func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? {
                fault == "replace" ? try base.put(key, bytes) : try base.putIfAbsent(key, bytes)
            }
            func get(_ key: String) throws -> [UInt8] { try base.get(key) }
            func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] {
                fault == "range" ? try base.get(key) : try base.get(key, range)
            }
            func info(_ key: String) throws -> ObjectInfo? { try base.info(key) }
            func list(prefix: String) throws -> [ObjectInfo] {
                let all = try base.list(prefix: prefix)
                return fault == "page" ? Array(all.prefix(1000)) : fault == "order" ? all.reversed() : all
            }
            func delete(_ key: String) throws { if fault != "keep" { try base.delete(key) } }
        }
        for fault in ["cut", "replace", "range", "page", "order", "keep"] {
            let folder = try TemporaryDirectory()
            let broken = try StoreChecks.brokenPromises {
                Broken(base: try LocalDirectoryStore(root: folder.path), fault: fault)
            }
            #expect(!broken.isEmpty, "\(fault)")
        }
    }
}
