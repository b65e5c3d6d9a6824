import Foundation
import SwiftwaterCore
import SwiftwaterStorage
import TestSupport
import Testing

@Suite struct StorageTests {
    private let folder = try! TemporaryDirectory()

    @Test func aFileAppearsWholeOrNotAtAll() throws {
        let path = try folder.write("data", "old")
        let file = try AtomicFile(path: path)
        try file.write("new")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        try file.commit()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["data"])
    }

    /// Every write in turn fails with a full disk: the old file stays, and no temporary file is left.
    @Test func aFullDiskLeavesTheOldFile() throws {
        let path = try folder.write("data", "old")
        for failing in 1...3 {
            let writes = Monitor(0)
            let faults = FileFaults { _, _ in
                writes.update {
                    $0 += 1; return $0 == failing ? ENOSPC : 0
                }
            }
            let error = #expect(throws: SwiftwaterError.self) {
                let file = try AtomicFile(path: path, faults: faults)
                for _ in 0..<3 { try file.write([UInt8](repeating: 1, count: 1 << 20)) }
                try file.commit()
            }
            #expect(error?.description.contains("No space left") == true)
            #expect(error?.description.contains("what was there before is unchanged") == true)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["data"])
        }
    }

    @Test func twoWritersOfOnePathDoNotMix() throws {
        let path = folder.file("data")
        let (first, second) = (try AtomicFile(path: path), try AtomicFile(path: path))
        try first.write([UInt8](repeating: 1, count: 3 << 20))
        try second.write([UInt8](repeating: 2, count: 2 << 20))
        try first.commit()
        try second.commit()
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(repeating: 2, count: 2 << 20))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["data"])
    }

    @Test func aMissingDirectoryIsNamed() {
        let error = #expect(throws: SwiftwaterError.self) { try AtomicFile(path: folder.file("no/such/file")) }
        #expect(error?.code == .notFound)
    }

    @Test func objectsComeBack() throws {
        let store = try LocalDirectoryStore(root: folder.file("store"))
        try store.put("a/b", [1, 2])
        try store.put("a/b", [3])
        try store.put("c", [])
        #expect(try store.get("a/b") == [3])
        #expect(try store.list(prefix: "") == ["a/b", "c"])
        #expect(try store.list(prefix: "a/") == ["a/b"])
        try store.delete("a/b")
        try store.delete("a/b")
        #expect(throws: SwiftwaterError.self) { try store.get("a/b") }
        for key in ["../x", "/x", "a//b", "", "a/./b"] {
            #expect(throws: SwiftwaterError.self) { try store.put(key, [1]) }
        }
    }

    /// The check value of CRC-32C in the catalogue of parametrised CRC algorithms, and RFC 3720's vector of 32 zero bytes.
    @Test func checksumsAreCastagnoli() {
        func crc(_ bytes: [UInt8]) -> UInt32 {
            var checksum = Checksum()
            bytes.withUnsafeBytes { checksum.update($0) }
            return checksum.value
        }
        #expect(crc(Array("123456789".utf8)) == 0xE306_9283)
        #expect(crc([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        var parts = Checksum()
        Array("1234".utf8).withUnsafeBytes { parts.update($0) }
        Array("56789".utf8).withUnsafeBytes { parts.update($0) }
        #expect(parts.value == 0xE306_9283)
    }
}
