import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterTesting
import TestSupport
import Testing

/// What is counted of stores, and told while a long transfer runs.
@Suite(.serialized) struct StoreTrafficTests {
    /// A store that counts, and is slow.
    private final class CountingStore: ObjectStore {
        let base = MemoryStore()
        let traffic = StoreTraffic()
        let isBroken = Monitor(false)

        func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion {
            if isBroken.read({ $0 }) { throw SwiftwaterError(.network, "broken", isRetryable: true) }
            traffic.count(sent: bytes.count, received: 0, isRetry: false)
            return try base.put(key, bytes)
        }
        func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? { try base.putIfAbsent(key, bytes) }
        func get(_ key: String) throws -> [UInt8] { try base.get(key) }
        func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] { try base.get(key, range) }
        func info(_ key: String) throws -> ObjectInfo? { try base.info(key) }
        func list(prefix: String) throws -> [ObjectInfo] { try base.list(prefix: prefix) }
        func delete(_ key: String) throws { try base.delete(key) }
        func read(_ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws -> Int {
            for part in 0..<4 {
                traffic.count(sent: 0, received: memory.count / 4, isRetry: part == 2)
                // A third of a second, so that it is looked at in between.
                _ = Monitor(()).wait(atMost: .milliseconds(300)) { _ in nil as Void? }
            }
            return try base.read(key, at: offset, into: memory)
        }
    }

    @Test func longTransfersAreReported() throws {
        let store = CountingStore()
        StoreRegistry.register("counting") { _ in store }
        let files = URLFileSystem()
        let reports = Monitor<[StoreTransfer]>([])
        StoreTransfer.observe { transfer in
            if transfer.path.hasPrefix("counting://") { reports.update { $0.append(transfer) } }
        }
        let path = "counting://place/folder/long"
        let piece = [UInt8](repeating: 1, count: 9 << 20)
        let file = try AtomicFile(path: path, files: files)
        for _ in 0..<6 { try file.write(piece) }
        try file.commit()
        let written = reports.update { reports in
            defer { reports = [] }
            return reports
        }
        #expect(written.map(\.byteCount) == [18 << 20, 36 << 20, 54 << 20, 54 << 20])
        #expect(written.map(\.isOver) == [false, false, false, true] && written.allSatisfy { $0.totalBytes == nil })
        #expect(try files.map(path).withBytes { $0.count } == 54 << 20)
        let read = reports.read { $0 }
        #expect(read.count >= 3 && read.dropLast().allSatisfy { !$0.isOver } && read.last?.isOver == true)
        #expect(read.map(\.byteCount) == read.map(\.byteCount).sorted() && read.last?.byteCount == 54 << 20)
        #expect(read.allSatisfy { $0.totalBytes == 54 << 20 && $0.path == path })
        let traffic = try #require(StoreRegistry.traffic.first { $0.root == "counting://place/" }).counts
        #expect(traffic.requests == 5 && traffic.retries == 1)
        #expect(traffic.sentBytes == 54 << 20 && traffic.receivedBytes == 54 << 20)
        // Short ones are not worth it.
        reports.update { $0 = [] }
        try files.create("counting://place/short").close()
        let short = try AtomicFile(path: "counting://place/short", files: files)
        try short.write([1, 2, 3])
        try short.commit()
        _ = try files.map("counting://place/short")
        #expect(reports.read { $0.isEmpty })
    }

    @Test func aWaitingStreamIsCounted() throws {
        let store = CountingStore()
        store.isBroken.update { $0 = true }
        let seen = Monitor<[Int]>([])
        let clock = ManualClock(at: BatchTime(milliseconds: 0))
        let patient = PatientStore(store, patience: .seconds(1 << 40), clock: clock) { _ in
            seen.update { $0.append(store.traffic.counts.waitingStreams) }
            store.isBroken.update { $0 = false }
        }
        let done = Monitor(false)
        SystemThread.start(named: "waits") {
            _ = try? patient.put("key", [1])
            done.update { $0 = true }
        }
        while !done.read({ $0 }) { clock.advance(by: .seconds(1)) }
        #expect(seen.read { $0 } == [1, 0] && store.traffic.counts.waitingStreams == 0)
    }
}
