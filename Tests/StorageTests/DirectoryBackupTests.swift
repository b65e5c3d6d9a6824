import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

/// Copies of directories that show whether they are whole.
@Suite struct DirectoryBackupTests {
    private let folder: TemporaryDirectory
    private let store = MemoryStore()
    private let scheme = "backup\(UInt32.random(in: 0 ... .max))"
    private let contents: [String: [UInt8]] = [
        "stream/journal/0001.log": (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 6) },
        "stream/empty": [], "films/ä b.csv": [1, 2, 3], "windows.db": [UInt8](repeating: 9, count: 70_000),
    ]
    private var state: String { folder.file("state") }

    init() throws {
        folder = try TemporaryDirectory()
        StoreRegistry.register(scheme) { [store] _ in store }
        for (path, bytes) in contents {
            try Directory.create(PathName.parent(of: folder.file("state/" + path)))
            let file = try AtomicFile(path: folder.file("state/" + path))
            try file.write(bytes)
            try file.commit()
        }
        _ = try folder.write("state/stream/lock", "")
        _ = try folder.write("state/windows.db.tmp-1", "half")
    }

    private func backup(_ place: String) throws -> DirectoryBackup {
        try DirectoryBackup(of: state, in: place, leavingOut: { $0 == "stream/lock" }) { _ in }
    }

    @Test(arguments: [true, false]) func whatIsRestoredIsWhatWas(inStore: Bool) throws {
        let place = inStore ? "\(scheme)://place/b/1" : folder.file("b/1")
        let parts = Monitor<[Double]>([])
        let made = try DirectoryBackup(of: state, in: place, leavingOut: { $0 == "stream/lock" }) { part in
            parts.update { $0.append(part) }
        }
        #expect(made.fileCount == 4 && made.byteCount == 5_070_003)
        #expect(parts.read { $0.last == 1 && $0 == $0.sorted() && $0.count >= 4 })
        let found = try DirectoryBackup(at: place)
        #expect(found.fileCount == 4 && found.byteCount == made.byteCount)
        try found.restore(to: nil) { _ in }
        let back = folder.file("back")
        try found.restore(to: back) { _ in }
        for (path, bytes) in contents { #expect(try LocalFileSystem().read(back + "/" + path) == bytes, "\(path)") }
        #expect(try LocalFileSystem().list(back) == ["films/", "stream/", "windows.db"])
        #expect(try LocalFileSystem().list(back + "/stream") == ["empty", "journal/"])
        // Neither a backup nor what a directory has is overwritten.
        let second = #expect(throws: SwiftwaterError.self) { try backup(place) }
        #expect(second?.code == .invalidState)
        let over = #expect(throws: SwiftwaterError.self) { try found.restore(to: back) { _ in } }
        #expect(over?.code == .invalidState)
        // An empty directory may be there already.
        try Directory.create(folder.file("empty"))
        try found.restore(to: folder.file("empty")) { _ in }
    }

    @Test func damageIsFound() throws {
        _ = try backup("\(scheme)://place/b")
        var checked = 0
        for key in try store.list(prefix: "b/").map(\.key) {
            let good = try store.get(key)
            for index in Set([0, good.count / 2, good.count - 1]) where good.indices.contains(index) {
                var bad = good
                bad[index] ^= 4
                for bytes in [bad, Array(good.dropLast())] {
                    try store.put(key, bytes)
                    let error = #expect(throws: SwiftwaterError.self, "\(key) \(index)") {
                        try DirectoryBackup(at: "\(scheme)://place/b").restore(to: folder.file("no")) { _ in }
                    }
                    #expect(error?.code == .corrupted && error?.location?.file?.contains(key) == true, "\(error!)")
                    checked += 1
                }
            }
            try store.put(key, good)
        }
        #expect(checked == 4 * 3 * 2)
        #expect(try !LocalFileSystem().list(folder.path).contains { $0.hasPrefix("no") })
        try DirectoryBackup(at: "\(scheme)://place/b").restore(to: folder.file("no")) { _ in }
    }

    @Test func anUnfinishedBackupIsNone() throws {
        _ = try backup("\(scheme)://place/b")
        try store.delete("b/backup")
        let error = #expect(throws: SwiftwaterError.self) { try DirectoryBackup(at: "\(scheme)://place/b") }
        #expect(error?.code == .notFound && error?.message.contains("not finished") == true)
        // A list that names a place outside of it is not followed.
        let list = SealedBytes.seal(Array("swiftwater-backup 1\n1 0 ../../outside\n".utf8))
        try store.put("b/backup", list)
        let outside = #expect(throws: SwiftwaterError.self) { try DirectoryBackup(at: "\(scheme)://place/b") }
        #expect(outside?.code == .corrupted)
    }

    /// A log that was in a store has the form of one on the disk when it is restored there, and goes on.
    @Test func aLogOfAStoreBecomesOneOfTheDisk() throws {
        let (remote, back) = ("\(scheme)://place/s", folder.file("back"))
        let files = URLFileSystem()
        var settings = StoreLease.Settings()
        settings.beatsByItself = false
        for owner in ["one", "two", "three"] {
            settings.owner = owner
            let lease = try StoreLease.take(store, folder: "s", settings: settings)
            let log = remote + "/journal"
            let journal = try Journal(
                directory: log, continuing: try Journal.fence(lease, directory: log, files: files), files: files)
            for number in 0..<3 { _ = try journal.append(type: 7, Array("\(owner) \(number)".utf8)) }
            try journal.flush()
            try journal.forget(before: try journal.beginSegment())
            for number in 3..<5 {
                _ = try journal.append(type: 7, Array("\(owner) \(number)".utf8))
                try journal.flush()
            }
            try journal.close()
            lease.giveBack()
        }
        let before = try JournalContents(directory: remote + "/journal")
        #expect(try store.list(prefix: "s/journal/").contains { $0.byteCount == 0 })
        _ = try DirectoryBackup(of: remote, in: folder.file("b"), leavingOut: { $0.hasPrefix("lease") }) { _ in }
        try DirectoryBackup(at: folder.file("b")).restore(to: back) { _ in }
        let after = try JournalContents(directory: back + "/journal")
        #expect(after.nextNumber == before.nextNumber && after.segments == before.segments)
        #expect(after.entries.map(\.number) == before.entries.map(\.number) && !after.entries.isEmpty)
        // What is acknowledged there is missed if it is gone.
        let journal = try Journal(directory: back + "/journal", continuing: after)
        #expect(try journal.append(type: 7, [1]) == before.nextNumber)
        try journal.close()
        #expect(try JournalContents(directory: back + "/journal").nextNumber == before.nextNumber + 1)
        try LocalFileSystem().remove(JournalContents.segmentPath(back + "/journal", before.segments.last!))
        #expect(throws: SwiftwaterError.self) { try JournalContents(directory: back + "/journal") }
    }
}
