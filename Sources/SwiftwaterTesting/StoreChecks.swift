import SwiftwaterCore
import SwiftwaterStorage
import Synchronization

/// Checks that an `ObjectStore` keeps the promises of its protocol. For tests of the stores here and of your own.
public enum StoreChecks {
    /// Runs all checks under a prefix of keys that nothing else uses, and deletes the objects it puts there.
    ///
    /// - Parameters:
    ///   - prefix: the prefix of all keys, with a `/` at the end.
    ///   - make: opens the same place each time; called several times.
    /// - Returns: descriptions of the broken promises; empty if all are kept.
    public static func brokenPromises(prefix: String = "checks/", make: () throws -> any ObjectStore) throws -> [String]
    {
        var broken: [String] = []
        func check(_ holds: Bool, _ promise: String) { if !holds { broken.append(promise) } }
        try checkObjects(make, prefix, check)
        try checkListing(make, prefix, check)
        try checkConditions(make, prefix, check)
        try checkUploads(make, prefix, check)
        for key in ["../x", "/x", "a//b", "", "a/./b", "a/"] {
            check(throwsError(.invalidArgument) { try make().put(key, [1]) }, "the key '\(key)' is rejected")
        }
        let store = try make()
        for object in try store.list(prefix: prefix) { try store.delete(object.key) }
        check(try make().list(prefix: prefix).isEmpty, "deleted objects are not listed")
        return broken
    }

    private static func checkObjects(
        _ make: () throws -> any ObjectStore, _ prefix: String, _ check: (Bool, String) -> Void
    ) throws {
        let store = try make()
        let key = prefix + "object"
        let long = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        check(throwsError(.notFound) { _ = try store.get(key) }, "getting a missing object throws notFound")
        check(throwsError(.notFound) { _ = try store.get(key, 0..<1) }, "a range of a missing object throws notFound")
        check(try store.info(key) == nil, "info of a missing object is nil")
        let first = try store.put(key, long)
        check(try make().get(key) == long, "an object is read as it was put, by other instances too")
        check(
            try store.info(key) == ObjectInfo(key: key, byteCount: long.count, version: first),
            "info matches what was put"
        )
        for range in [0..<0, 0..<1, 7..<1_000_007, 2_999_990..<3_000_000] {
            check(try store.get(key, range) == Array(long[range]), "the bytes in \(range) are those of the object")
        }
        check(try store.get(key, 2_999_999..<3_000_005) == [long[2_999_999]], "a range ends at the object's end")
        check(try store.get(key, 3_000_000..<3_000_001).isEmpty, "a range after the object's end is empty")
        let second = try store.put(key, [1, 2, 3])
        check(try make().get(key) == [1, 2, 3], "an object is replaced whole")
        check(first != second, "a new object has a new version")
        let third = try store.put(key, [3, 2, 1])
        check(second != third, "a new object of the same length has a new version")
        try store.put(prefix + "empty", [])
        check(try store.get(prefix + "empty").isEmpty, "an empty object can be read")
        check(try store.info(prefix + "empty")?.byteCount == 0, "an empty object has length 0")
        try store.delete(key)
        try store.delete(key)
        check(throwsError(.notFound) { _ = try make().get(key) }, "getting a deleted object throws notFound")
    }

    private static func checkListing(
        _ make: () throws -> any ObjectStore, _ prefix: String, _ check: (Bool, String) -> Void
    ) throws {
        let store = try make()
        let all = [
            "b/1", "b/10", "b/2", "b/c/d", "ba", "a b", "ä", "%41", "100 %", "a+b", "#1?x=y&z", "B", "b-", "b.x",
        ]
        // A name that does not work must not hide whether the others do.
        let names = all.filter { name in
            let works = (try? store.put(prefix + "list/" + name, Array(name.utf8))) != nil
            check(works, "the key '\(name)' works like any other")
            return works
        }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        func listed(_ start: String) throws -> [String] {
            try make().list(prefix: prefix + "list/" + start).map { String($0.key.dropFirst(prefix.count + 5)) }
        }
        check(try listed("") == sorted, "keys are listed in the order of their bytes")
        check(try listed("b/") == sorted.filter { $0.hasPrefix("b/") }, "a prefix may end with a slash")
        check(try listed("b") == sorted.filter { $0.hasPrefix("b") }, "a prefix may end inside a part")
        check(try listed("nothing").isEmpty, "a prefix without keys lists nothing")
        for name in names {
            check(try store.get(prefix + "list/" + name) == Array(name.utf8), "the key '\(name)' works like any other")
        }
        let infos = try store.list(prefix: prefix + "list/")
        check(try infos.allSatisfy { try store.info($0.key) == $0 }, "a list agrees with info")
        // More keys than one page of a list in any store.
        for number in 0..<1_100 { try store.put(prefix + "many/\(number)", []) }
        check(try store.list(prefix: prefix + "many/").count == 1_100, "a list is complete, however long")
    }

    private static func checkConditions(
        _ make: () throws -> any ObjectStore, _ prefix: String, _ check: (Bool, String) -> Void
    ) throws {
        let store = try make()
        let key = prefix + "lease/owner"
        let version = try store.putIfAbsent(key, [1])
        check(version != nil, "putIfAbsent puts a missing object")
        check(try store.info(key)?.version == version, "putIfAbsent returns the version")
        check(try make().putIfAbsent(key, [2]) == nil, "putIfAbsent does not replace an object")
        check(try store.get(key) == [1], "putIfAbsent keeps an object's bytes")
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
        check(won.count == 1, "of several concurrent putIfAbsent calls, exactly one succeeds")
        check(try store.get(prefix + "lease/race") == won.map(UInt8.init), "the bytes of the call that succeeded stay")
    }

    private static func checkUploads(
        _ make: () throws -> any ObjectStore, _ prefix: String, _ check: (Bool, String) -> Void
    ) throws {
        let store = try make()
        let key = prefix + "upload/object"
        let piece = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 29 >> 2) }
        let upload = try store.upload(key)
        var whole: [UInt8] = []
        // Longer than one part of any store, in pieces that no part is a multiple of.
        for _ in 0..<18 {
            try piece.withUnsafeBytes { try upload.write($0) }
            whole += piece
        }
        check(try make().info(key) == nil, "an upload does not appear before it is committed")
        let version = try upload.commit()
        check(
            try make().info(key) == ObjectInfo(key: key, byteCount: whole.count, version: version),
            "an upload appears with its length and version")
        check(try make().get(key) == whole, "an upload is read as it was written")
        var memory = [UInt8](repeating: 0, count: 9_000_000)
        let count = try memory.withUnsafeMutableBytes { try store.read(key, at: 9_500_000, into: $0) }
        check(
            count == whole.count - 9_500_000 && memory.prefix(count) == whole[9_500_000...],
            "bytes are read into memory up to the object's end")
        check(
            throwsError(.notFound) {
                _ = try memory.withUnsafeMutableBytes { try store.read(prefix + "none", at: 0, into: $0) }
            }, "reading a missing object into memory throws notFound")
        let second = try store.upload(key)
        try [1, 2].withUnsafeBytes { try second.write($0) }
        check(try second.commitIfAbsent() == nil, "an upload that must be new does not replace an object")
        check(try store.info(key)?.version == version, "the object stays as it was")
        let empty = try store.upload(prefix + "upload/empty")
        check(try empty.commitIfAbsent() != nil, "an upload that must be new appears where there is none")
        check(try store.get(prefix + "upload/empty").isEmpty, "an upload without bytes is an empty object")
        let given = try store.upload(prefix + "upload/given-up")
        for _ in 0..<10 { try piece.withUnsafeBytes { try given.write($0) } }
        given.abandon()
        check(try make().info(prefix + "upload/given-up") == nil, "an upload that is given up leaves nothing")
    }

    private static func throwsError(_ code: SwiftwaterError.Code, _ body: () throws -> Void) -> Bool {
        do { try body() } catch { return (error as? SwiftwaterError)?.code == code }
        return false
    }
}
