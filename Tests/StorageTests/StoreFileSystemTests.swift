import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

/// Objects as files, and paths that name stores.
@Suite struct StoreFileSystemTests {
    private let store = MemoryStore()
    private let files: StoreFileSystem

    init() { files = StoreFileSystem(store, root: "memory://place/") }

    @Test func memoryKeepsItsPromises() throws {
        let memory = MemoryStore()
        #expect(try StoreChecks.brokenPromises { memory } == [])
    }

    /// Directories of a file system, on a store, again as a store.
    @Test func filesOverAStoreAreAStore() throws {
        #expect(
            try StoreChecks.brokenPromises { try LocalDirectoryStore(root: "memory://place/x", files: files) } == [])
    }

    @Test func aFolderIsAStore() throws {
        let place = "memory://place/a folder"
        #expect(try StoreChecks.brokenPromises { try StoreFolder.objects(in: place, files: files) } == [])
        try StoreFolder.objects(in: place, files: files).put("x/y", [1])
        #expect(try store.get("a folder/x/y") == [1])
    }

    @Test func addressesAreTakenApart() throws {
        let address = try #require(StoreAddress("S3A://bucket/a b/c+d%20/é.csv"))
        #expect(address.scheme == "s3a" && address.authority == "bucket" && address.key == "a b/c+d%20/é.csv")
        #expect(StoreAddress("webhdfs://host:9870")?.authority == "host:9870")
        #expect(StoreAddress("hdfs:///path")?.authority == "" && StoreAddress("hdfs:///path")?.key == "path")
        for path in ["ratings.csv", "/a/b", "file:///a", "a/b://c", "://x", "c:/x", ""] {
            #expect(StoreAddress(path) == nil, "\(path)")
        }
    }

    @Test func filesAppearWholeOrNotAtAll() throws {
        let path = "memory://place/out/file"
        let file = try AtomicFile(path: path, files: files)
        try file.write("one")
        #expect(try !files.exists(path) && store.list(prefix: "").isEmpty)
        try file.commit()
        #expect(try files.read(path) == Array("one".utf8) && files.exists(path))
        do {
            let other = try AtomicFile(path: path, files: files)
            try other.write("two")
        }
        #expect(try files.read(path) == Array("one".utf8))
        let third = try AtomicFile(path: path, files: files)
        #expect(try third.commitIfAbsent() == false)
        #expect(try files.list("memory://place/out") == ["file"])
    }

    @Test func directoriesArePrefixes() throws {
        for key in ["a/1", "a/b/2", "a/b/3", "a/c-", "ab"] { try store.put(key, Array(key.utf8)) }
        #expect(try files.list("memory://place/a") == ["1", "b/", "c-"])
        #expect(try files.list("memory://place/") == ["a/", "ab"])
        #expect(try files.entries("memory://place/a/b/").map(\.byteCount) == [5, 5])
        #expect(try files.isDirectory("memory://place/a") && !files.isDirectory("memory://place/ab"))
        #expect(try files.exists("memory://place/a") && !files.exists("memory://place/x"))
        let error = #expect(throws: SwiftwaterError.self) { try files.read("memory://other/a") }
        #expect(error?.code == .invalidArgument)
    }

    /// A file is read in pieces that grow, from any place.
    @Test func longFilesAreReadInPieces() throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 41 >> 4) }
        try store.put("long", bytes)
        let file = try files.open("memory://place/long")
        #expect(file.byteCount == bytes.count)
        var random = SeededRandom(seed: 7)
        var offset = 0
        for turn in 0..<400 {
            if turn % 40 == 39 { offset = Int.random(in: 0..<bytes.count, using: &random) }
            var buffer = [UInt8](repeating: 0, count: Int.random(in: 1...100_000, using: &random))
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
            #expect(count > 0 || offset == bytes.count)
            #expect(buffer.prefix(count).elementsEqual(bytes[offset..<offset + count]))
            offset += count
        }
        // Another object of the same length is noticed at its end.
        let other = try files.open("memory://place/long")
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        #expect(try buffer.withUnsafeMutableBytes { try other.read(into: $0, at: 0) } > 0)
        try store.put("long", bytes)
        #expect(throws: SwiftwaterError.self) {
            try buffer.withUnsafeMutableBytes { _ = try other.read(into: $0, at: bytes.count - 1000) }
        }
        #expect(try files.map("memory://place/long").withBytes { $0.elementsEqual(bytes) })
    }

    @Test func pathsNameStores() throws {
        StoreRegistry.register("stored-\(UInt32.random(in: 0 ... .max))") { _ in MemoryStore() }
        let name = try #require(StoreRegistry.schemes.first { $0.hasPrefix("stored-") })
        let places = URLFileSystem()
        try places.replace("\(name)://one/a", with: [1])
        try places.replace("\(name)://two/a", with: [2])
        #expect(try places.read("\(name)://one/a") == [1] && places.read("\(name)://two/a") == [2])
        let folder = try TemporaryDirectory()
        try places.replace("file://" + folder.file("a"), with: [3])
        #expect(try places.read(folder.file("a")) == [3])
        let unknown = #expect(throws: SwiftwaterError.self) { try places.read("gopher://host/file") }
        #expect(unknown?.code == .invalidArgument && unknown?.location?.file == "gopher://host/file")
        #expect(unknown?.remedy?.contains("\(name)://") == true)
    }
}
