import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting
import Testing

/// The lease of a folder in a store, and the log there.
@Suite struct StoreJournalTests {
    private let store = MemoryStore()
    private let clock = ManualClock(at: BatchTime(milliseconds: 1_000_000))
    private let directory = "memory://place/state/journal"

    private func leases(_ owner: String) -> StoreLease.Settings {
        var settings = StoreLease.Settings()
        (settings.clock, settings.owner, settings.beatsByItself) = (clock, owner, false)
        settings.machine = owner
        return settings
    }

    private func lease(_ owner: String) throws -> StoreLease {
        try StoreLease.take(store, folder: "state", settings: leases(owner))
    }

    private var files: StoreFileSystem { StoreFileSystem(store, root: "memory://place/") }

    private func journal(_ lease: StoreLease) throws -> Journal {
        try Journal(
            directory: directory, continuing: try Journal.fence(lease, directory: directory, files: files), files: files
        )
    }

    private func payloads() throws -> [String] {
        try JournalContents(directory: directory, files: files).entries.map { entry in
            String(
                decoding: try files.read(
                    JournalContents.segmentPath(directory, entry.location.segment), at: entry.location.offset,
                    count: entry.location.count), as: UTF8.self)
        }
    }

    /// Moves the clock while another thread waits for it.
    private func advancing<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let result = Monitor<Swift.Result<Result, any Error>?>(nil)
        SystemThread.start(named: "waits") {
            let found = Swift.Result { try body() }
            result.update { $0 = found }
        }
        while result.read({ $0 == nil }) {
            clock.advance(by: .seconds(1))
            _ = result.wait(atMost: .milliseconds(1)) { $0 == nil ? nil : () }
        }
        return try result.read { try $0!.get() }
    }

    @Test func aLeaseThatWasGivenBackIsTakenAtOnce() throws {
        let first = try lease("one")
        #expect(first.number == 1)
        first.giveBack()
        #expect(try lease("two").number == 2)
    }

    /// A process of this machine that has ended is not waited for.
    @Test func aLeaseOfAnEndedProcessIsTakenAtOnce() throws {
        let key = "state/lease/00000000000000000001"
        try store.put(key, Array("1\nanother\n0\nheld\n\(SystemInformation.machine) 2147483647\n".utf8))
        var settings = leases("two")
        settings.machine = SystemInformation.machine
        #expect(!SystemInformation.machine.isEmpty)
        #expect(try StoreLease.take(store, folder: "state", settings: settings).number == 2)
    }

    /// An owner that beats keeps its lease, and the other one is told who it is.
    @Test func anOwnerThatBeatsIsNamed() throws {
        let first = try lease("the first driver")
        let store = store
        let settings = leases("two")
        let result = Monitor<SwiftwaterError?>(nil)
        SystemThread.start(named: "second") {
            do { _ = try StoreLease.take(store, folder: "state", settings: settings) } catch let error
                as SwiftwaterError
            {
                result.update { $0 = error }
            } catch {}
        }
        while result.read({ $0 == nil }) {
            try first.beat()
            clock.advance(by: .seconds(1))
            _ = result.wait(atMost: .milliseconds(1)) { $0 == nil ? nil : () }
        }
        let error = try #require(result.read { $0 })
        #expect(error.code == .invalidState && error.message.contains("the first driver"), "\(error)")
        #expect(!first.isLost)
    }

    /// An owner that is silent loses its lease, and whatever it writes afterwards is refused, whoever forgot what.
    @Test func anOwnerThatSleptIsFenced() throws {
        let first = try lease("one")
        let old = try journal(first)
        for text in ["a", "b"] {
            try old.append(type: 1, Array(text.utf8))
            try old.flush()
        }
        let (store, settings) = (store, leases("two"))
        let second = try advancing { try StoreLease.take(store, folder: "state", settings: settings) }
        #expect(second.number == 2)
        let new = try journal(second)
        try new.append(type: 1, Array("c".utf8))
        try new.flush()
        try old.append(type: 1, Array("lost".utf8))
        let error = #expect(throws: SwiftwaterError.self) { try old.flush() }
        #expect(error?.code == .invalidState && error?.message.contains("another driver") == true)
        try first.beat()
        #expect(first.isLost && !second.isLost)
        #expect(try payloads() == ["a", "b", "c"])
        // The new one forgets all of it, with its own fence.
        try new.append(type: 1, Array("d".utf8))
        try new.flush()
        try new.forget(before: new.nextNumber - 1)
        #expect(try payloads() == ["d"])
        let again = #expect(throws: SwiftwaterError.self) { try old.flush() }
        #expect(again?.code == .invalidState)
        // A process that comes after all of them goes on.
        second.giveBack()
        let third = try journal(try lease("three"))
        try third.append(type: 1, Array("e".utf8))
        try third.flush()
        #expect(try payloads() == ["d", "e"])
    }

    /// A driver that was started twice in between still finds its number taken, although the log forgot its records.
    @Test func fencesStayWhenTheirRecordsAreForgotten() throws {
        let first = try lease("one")
        let old = try journal(first)
        first.giveBack()
        for turn in 0..<5 {
            let next = try lease("\(turn)")
            let log = try journal(next)
            for _ in 0..<3 {
                try log.append(type: 1, [UInt8(turn)])
                try log.flush()
            }
            try log.forget(before: log.nextNumber - 1)
            next.giveBack()
        }
        try old.append(type: 1, [9])
        #expect(throws: SwiftwaterError.self) { try old.flush() }
        let entries = try JournalContents(directory: directory, files: files).entries
        #expect(entries.count == 1)
    }

    /// A group that was in flight when the lease changed hands counts, and the new owner goes on after it.
    @Test func aGroupInFlightComesBeforeTheFence() throws {
        let first = try lease("one")
        let old = try journal(first)
        try old.append(type: 1, Array("in flight".utf8))
        first.giveBack()
        let second = try lease("two")
        // The new owner has read the log, and the group arrives before its fence.
        try old.flush()
        let new = try journal(second)
        try new.append(type: 1, Array("after".utf8))
        try new.flush()
        #expect(try payloads() == ["in flight", "after"])
    }

    @Test func damageIsFound() throws {
        let log = try journal(try lease("one"))
        for number in 0..<6 {
            try log.append(type: 1, [UInt8](repeating: UInt8(number), count: 100))
            try log.flush()
        }
        let keys = try store.list(prefix: "state/journal/").map(\.key)
        #expect(keys.count == 7)
        for key in keys {
            let bytes = try store.get(key)
            for place in [3, 25, 60, bytes.count - 1] {
                var damaged = bytes
                damaged[place] ^= 4
                try store.put(key, damaged)
                #expect(throws: SwiftwaterError.self, "\(key) \(place)") {
                    try JournalContents(directory: directory, files: files)
                }
            }
            for count in [10, bytes.count - 5] {
                try store.put(key, Array(bytes.prefix(count)))
                #expect(throws: SwiftwaterError.self, "\(key) cut to \(count)") {
                    try JournalContents(directory: directory, files: files)
                }
            }
            try store.put(key, bytes)
        }
        try store.delete(keys[3])
        #expect(throws: SwiftwaterError.self) { try JournalContents(directory: directory, files: files) }
    }

    /// A store that ignores conditions is refused.
    @Test func aStoreWithoutConditionsIsRefused() throws {
        let error = #expect(throws: SwiftwaterError.self) {
            try StoreLease.take(Careless(base: store), folder: "state", settings: leases("one"))
        }
        #expect(error?.code == .unsupported)
        #expect(try store.list(prefix: "").isEmpty)
    }

    private struct Careless: ObjectStore {
        let base: MemoryStore
        func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion { try base.put(key, bytes) }
        func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? { try base.put(key, bytes) }
        func get(_ key: String) throws -> [UInt8] { try base.get(key) }
        func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] { try base.get(key, range) }
        func info(_ key: String) throws -> ObjectInfo? { try base.info(key) }
        func list(prefix: String) throws -> [ObjectInfo] { try base.list(prefix: prefix) }
        func delete(_ key: String) throws { try base.delete(key) }
    }
}
