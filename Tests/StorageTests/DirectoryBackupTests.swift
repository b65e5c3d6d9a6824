import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

/// Copies of directories that show whether they are whole.
@Suite struct DirectoryBackupTests {
    private let folder: TemporaryDirectory
    private let store = MemoryStore()
    private let both: TwoPlaces
    private let contents: [String: [UInt8]] = [
        "stream/journal/0001.log": (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 6) },
        "stream/empty": [], "films/ä b.csv": [1, 2, 3], "windows.db": [UInt8](repeating: 9, count: 70_000),
    ]
    private var state: String { folder.file("state") }

    /// Paths of the disk, and those of a store in memory.
    private struct TwoPlaces: FileSystem {
        let disk = LocalFileSystem()
        let memory: StoreFileSystem

        private func files(_ path: String) -> any FileSystem { path.hasPrefix("memory:") ? memory : disk }
        func create(_ path: String) throws -> any WritableFile { try files(path).create(path) }
        func update(_ path: String) throws -> any WritableFile { try files(path).update(path) }
        func read(_ path: String) throws -> [UInt8] { try files(path).read(path) }
        func read(_ path: String, at offset: Int, count: Int) throws -> [UInt8] {
            try files(path).read(path, at: offset, count: count)
        }
        func open(_ path: String) throws -> any ReadableFile { try files(path).open(path) }
        func map(_ path: String, copied: Bool) throws -> MappedFile { try files(path).map(path, copied: copied) }
        func list(_ directory: String) throws -> [String] { try files(directory).list(directory) }
        func entries(_ directory: String) throws -> [FileEntry] { try files(directory).entries(directory) }
        func exists(_ path: String) throws -> Bool { try files(path).exists(path) }
        func isDirectory(_ path: String) throws -> Bool { try files(path).isDirectory(path) }
        func stamp(_ path: String) throws -> FileStamp { try files(path).stamp(path) }
        func rename(_ path: String, to new: String) throws { try files(path).rename(path, to: new) }
        func renameIfAbsent(_ path: String, to new: String) throws -> Bool {
            try files(path).renameIfAbsent(path, to: new)
        }
        func remove(_ path: String) throws { try files(path).remove(path) }
        func createDirectory(_ path: String) throws { try files(path).createDirectory(path) }
        func synchronizeDirectory(_ path: String) throws { try files(path).synchronizeDirectory(path) }
        func lock(_ directory: String) throws -> DirectoryLock { try files(directory).lock(directory) }
        func temporaryPath(for path: String) -> String { disk.temporaryPath(for: path) }
    }

    init() throws {
        folder = try TemporaryDirectory()
        both = TwoPlaces(memory: StoreFileSystem(store, root: "memory://place/"))
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
        try DirectoryBackup(of: state, in: place, files: both, leavingOut: { $0 == "stream/lock" }) { _ in }
    }

    @Test(arguments: [true, false]) func whatIsRestoredIsWhatWas(inStore: Bool) throws {
        let place = inStore ? "memory://place/b/1" : folder.file("b/1")
        let parts = Monitor<[Double]>([])
        let made = try DirectoryBackup(of: state, in: place, files: both, leavingOut: { $0 == "stream/lock" }) { part in
            parts.update { $0.append(part) }
        }
        #expect(made.fileCount == 4 && made.byteCount == 5_070_003)
        #expect(parts.read { $0.last == 1 && $0 == $0.sorted() && $0.count >= 4 })
        let found = try DirectoryBackup(at: place, files: both)
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
        _ = try backup("memory://place/b")
        var checked = 0
        for key in try store.list(prefix: "b/").map(\.key) {
            let good = try store.get(key)
            for index in Set([0, good.count / 2, good.count - 1]) where good.indices.contains(index) {
                var bad = good
                bad[index] ^= 4
                for bytes in [bad, Array(good.dropLast())] {
                    try store.put(key, bytes)
                    let error = #expect(throws: SwiftwaterError.self, "\(key) \(index)") {
                        try DirectoryBackup(at: "memory://place/b", files: both).restore(to: folder.file("no")) { _ in }
                    }
                    #expect(error?.code == .corrupted && error?.location?.file?.contains(key) == true, "\(error!)")
                    checked += 1
                }
            }
            try store.put(key, good)
        }
        #expect(checked == 4 * 3 * 2)
        #expect(try !LocalFileSystem().list(folder.path).contains { $0.hasPrefix("no") })
        try DirectoryBackup(at: "memory://place/b", files: both).restore(to: folder.file("no")) { _ in }
    }

    @Test func anUnfinishedBackupIsNone() throws {
        _ = try backup("memory://place/b")
        try store.delete("b/backup")
        let error = #expect(throws: SwiftwaterError.self) { try DirectoryBackup(at: "memory://place/b", files: both) }
        #expect(error?.code == .notFound && error?.message.contains("not finished") == true)
        // A list that names a place outside of it is not followed.
        let list = SealedBytes.seal(Array("swiftwater-backup 1\n1 0 ../../outside\n".utf8))
        try store.put("b/backup", list)
        let outside = #expect(throws: SwiftwaterError.self) { try DirectoryBackup(at: "memory://place/b", files: both) }
        #expect(outside?.code == .corrupted)
    }
}
