import SwiftwaterCore
import SwiftwaterStorage
import Synchronization

/// Checks whether an `ObjectStore` keeps what its protocol promises. For tests of stores, ours and yours.
public enum StoreChecks {
    /// Runs every check under a prefix of keys that nobody else uses; what it puts there, it deletes.
    ///
    /// - Parameters:
    ///   - make: opens the same place each time; called several times.
    ///   - prefix: begins every key, and ends with `/`.
    /// - Returns: the broken promises, in words; none where all is well.
    public static func brokenPromises(prefix: String = "checks/", make: () throws -> any ObjectStore) throws -> [String]
    {
        var broken: [String] = []
        func check(_ holds: Bool, _ promise: String) { if !holds { broken.append(promise) } }
        try checkObjects(make, prefix, check)
        try checkListing(make, prefix, check)
        try checkConditions(make, prefix, check)
        for key in ["../x", "/x", "a//b", "", "a/./b", "a/"] {
            check(throwsError(.invalidArgument) { try make().put(key, [1]) }, "'\(key)' is refused as a key")
        }
        let store = try make()
        for object in try store.list(prefix: prefix) { try store.delete(object.key) }
        check(try make().list(prefix: prefix).isEmpty, "what was deleted is not listed")
        return broken
    }

    private static func checkObjects(
        _ make: () throws -> any ObjectStore, _ prefix: String, _ check: (Bool, String) -> Void
    ) throws {
        let store = try make()
        let key = prefix + "object"
        let long = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        check(throwsError(.notFound) { _ = try store.get(key) }, "an object that is not there is not found")
        check(throwsError(.notFound) { _ = try store.get(key, 0..<1) }, "nor is a range of one")
        check(try store.info(key) == nil, "nor has it a length")
        let first = try store.put(key, long)
        check(try make().get(key) == long, "what was put is read, by others too")
        check(
            try store.info(key) == ObjectInfo(key: key, byteCount: long.count, version: first), "info says what put did"
        )
        for range in [0..<0, 0..<1, 7..<1_000_007, 2_999_990..<3_000_000] {
            check(try store.get(key, range) == Array(long[range]), "bytes \(range) are those of the object")
        }
        check(try store.get(key, 2_999_999..<3_000_005) == [long[2_999_999]], "a range ends where the object does")
        check(try store.get(key, 3_000_000..<3_000_001).isEmpty, "behind the object there is nothing")
        let second = try store.put(key, [1, 2, 3])
        check(try make().get(key) == [1, 2, 3], "an object is replaced whole")
        check(first != second, "another version is told apart")
        let third = try store.put(key, [3, 2, 1])
        check(second != third, "another version of the same length is told apart")
        try store.put(prefix + "empty", [])
        check(try store.get(prefix + "empty").isEmpty, "an empty object is one")
        check(try store.info(prefix + "empty")?.byteCount == 0, "and has length 0")
        try store.delete(key)
        try store.delete(key)
        check(throwsError(.notFound) { _ = try make().get(key) }, "a deleted object is gone")
    }

    private static func checkListing(
        _ make: () throws -> any ObjectStore, _ prefix: String, _ check: (Bool, String) -> Void
    ) throws {
        let store = try make()
        let names = ["b/1", "b/10", "b/2", "b/c/d", "ba", "a b", "ä", "%41", "#1?x=y&z", "B", "b-", "b.x"]
        for name in names { try store.put(prefix + "list/" + name, Array(name.utf8)) }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        func listed(_ start: String) throws -> [String] {
            try make().list(prefix: prefix + "list/" + start).map { String($0.key.dropFirst(prefix.count + 5)) }
        }
        check(try listed("") == sorted, "keys are listed in order of their bytes")
        check(try listed("b/") == sorted.filter { $0.hasPrefix("b/") }, "a prefix may end with a slash")
        check(try listed("b") == sorted.filter { $0.hasPrefix("b") }, "a prefix may end within a part")
        check(try listed("nothing").isEmpty, "a prefix may be of no key")
        for name in names {
            check(try store.get(prefix + "list/" + name) == Array(name.utf8), "'\(name)' is a key like any other")
        }
        let infos = try store.list(prefix: prefix + "list/")
        check(try infos.allSatisfy { try store.info($0.key) == $0 }, "a list says what info says")
        // More than a page of any store.
        for number in 0..<1_100 { try store.put(prefix + "many/\(number)", []) }
        check(try store.list(prefix: prefix + "many/").count == 1_100, "a list is whole, however long")
    }

    private static func checkConditions(
        _ make: () throws -> any ObjectStore, _ prefix: String, _ check: (Bool, String) -> Void
    ) throws {
        let store = try make()
        let key = prefix + "lease/owner"
        let version = try store.putIfAbsent(key, [1])
        check(version != nil, "an object that is not there is put")
        check(try store.info(key)?.version == version, "and its version is told")
        check(try make().putIfAbsent(key, [2]) == nil, "one that is there is not replaced")
        check(try store.get(key) == [1], "and keeps its bytes")
        let stores = try (0..<8).map { _ in try make() }
        let winners = Monitor<[Int]>([])
        let done = Monitor(0)
        for (number, store) in stores.enumerated() {
            SystemThread.start(named: "store-check") {
                let won = try? store.putIfAbsent(prefix + "lease/race", [UInt8(number)])
                if won != nil { winners.update { $0.append(number) } }
                done.update { $0 += 1 }
            }
        }
        done.wait { $0 == stores.count ? () : nil }
        let won = winners.read { $0 }
        check(won.count == 1, "of several at once exactly one puts")
        check(try store.get(prefix + "lease/race") == won.map(UInt8.init), "and its bytes are those that stay")
    }

    private static func throwsError(_ code: SwiftwaterError.Code, _ body: () throws -> Void) -> Bool {
        do { try body() } catch { return (error as? SwiftwaterError)?.code == code }
        return false
    }
}
