import Foundation
import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path) } }

    @Test func aFileAppearsWholeOrNotAtAll() throws {
        let path = try folder.write("data", "old")
        let file = try AtomicFile(path: path)
        try file.write("new")
        #expect(try folder.text("data") == "old")
        try file.commit()
        #expect(try folder.text("data") == "new")
        #expect(try names == ["data"])
    }

    /// Every operation in turn fails with a full disk: the old file stays, and no temporary file is left.
    @Test func whateverFailsLeavesTheOldFile() throws {
        let path = try folder.write("data", "old")
        // create, three appends, synchronize, rename; the directory's flush comes after the new file is in place.
        for failing in 0..<6 {
            let files = FaultyFileSystem.failing(failing, with: FileError.make("cannot write", path, ENOSPC))
            let error = #expect(throws: SwiftwaterError.self) {
                let file = try AtomicFile(path: path, files: files)
                for _ in 0..<3 { try file.write([UInt8](repeating: 1, count: 1 << 20)) }
                try file.commit()
            }
            #expect(error?.description.contains("No space left") == true)
            #expect(error?.description.contains("what was there before is unchanged") == true)
            #expect(try folder.text("data") == "old")
            #expect(try names == ["data"], "operation \(failing)")
        }
    }

    /// On a simulated disk the machine stops before each change in turn: after the restart the file is the old one or the
    /// new one.
    @Test func whereverTheMachineStopsTheFileIsWhole() throws {
        let (old, new) = ([UInt8](repeating: 1, count: 3000), [UInt8](repeating: 2, count: 5000))
        var found: Set<Int> = []
        for seed in 0..<UInt64(40) {
            for changes in 0..<5 {
                let disk = SimulatedDisk(seed: seed)
                try disk.replace("folder/data", with: old)
                disk.crash(afterChanges: changes)
                #expect(throws: SwiftwaterError.self) { try disk.replace("folder/data", with: new) }
                disk.restart()
                let bytes = try disk.read("folder/data")
                #expect(bytes == old || bytes == new, "seed \(seed), \(changes) changes")
                found.insert(bytes.count)
                try disk.removeTemporaries(in: "folder")
                #expect(disk.paths == ["folder/data"])
            }
        }
        #expect(found == [3000, 5000])
    }

    @Test func twoWritersOfOnePathDoNotMix() throws {
        let path = folder.file("data")
        let (first, second) = (try AtomicFile(path: path), try AtomicFile(path: path))
        try first.write([UInt8](repeating: 1, count: 3 << 20))
        try second.write([UInt8](repeating: 2, count: 2 << 20))
        try first.commit()
        try second.commit()
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(repeating: 2, count: 2 << 20))
        #expect(try names == ["data"])
    }

    @Test func onlyTheFirstIsCommittedIfAbsent() throws {
        let path = folder.file("data")
        let (first, second) = (try AtomicFile(path: path), try AtomicFile(path: path))
        try first.write("first")
        try second.write("second")
        #expect(try second.commitIfAbsent())
        #expect(try !first.commitIfAbsent())
        #expect(try folder.text("data") == "second")
        #expect(try names == ["data"])
    }

    @Test func aMissingDirectoryIsNamed() {
        let error = #expect(throws: SwiftwaterError.self) { try AtomicFile(path: folder.file("no/such/file")) }
        #expect(error?.code == .notFound)
        #expect(error?.description.contains("no/such/file") == true)
    }

    /// What the system forbids is not a fault of the disk: programs end with another code.
    @Test func forbiddenFilesAreDenied() {
        for (number, code) in [
            (EACCES, SwiftwaterError.Code.denied), (EPERM, .denied), (ENOENT, .notFound), (EIO, .io), (ENOTDIR, .io),
        ] {
            #expect(FileError.make("cannot open", "x", number).code == code)
        }
    }
}
