#if Services
    import Foundation
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStorage
    import SwiftwaterTesting
    import Testing

    /// A real name node for tests: `SWIFTWATER_TEST_HDFS` has its address, as `127.0.0.1:9870`; see
    /// `Tests/integrate-stores.sh`.
    enum WebHDFSService {
        static let address = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_HDFS"]
        /// The folder of the script that started the service, if its nodes may be killed.
        static let services = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_STORE_SERVICES"]
    }

    /// What an HDFS store promises, at a real name node and data node.
    @Suite(
        .serialized,
        .enabled(if: WebHDFSService.address != nil, "no name node is named in SWIFTWATER_TEST_HDFS"))
    struct WebHDFSServiceTests {
        private func store(
            _ directory: String = "/swiftwater", _ change: (inout WebHDFSSettings) -> Void = { _ in }
        ) throws -> WebHDFSStore {
            var settings = WebHDFSSettings(address: WebHDFSService.address!, user: "tests")
            change(&settings)
            return try WebHDFSStore(directory: directory, settings: settings)
        }

        @Test func theStoreKeepsItsPromises() throws {
            let broken = try StoreChecks.brokenPromises(prefix: "checks/") { try store() }
            // Hadoop 2's data nodes decode a name twice, so that percent signs do not work there.
            #expect(broken.allSatisfy { $0.contains("%") }, "\(broken)")
            let small = try StoreChecks.brokenPromises(prefix: "") {
                try store("/a folder/ä") { ($0.partBytes, $0.parallelism) = (400_000, 3) }
            }
            // And a plus sign spoils letters beside it that are not ASCII.
            #expect(small.allSatisfy { $0.contains("%") || $0.contains("+") }, "\(small)")
        }

        @Test func aReadGoesOnAfterACut() throws {
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 5) }
            try store().put("cut", bytes)
            let proxy = try CuttingProxy(
                to: Int(WebHDFSService.address!.split(separator: ":").last!)!, cuts: [0, 20, 150])
            defer { proxy.stop() }
            let pauses = Monitor(0)
            let cut = try store {
                $0.address = "127.0.0.1:\(proxy.port)"
                $0.retries.pause = { _ in pauses.update { $0 += 1 } }
            }
            #expect(try cut.get("cut") == bytes)
            #expect(pauses.read { $0 } == 3 && cut.traffic.counts.retries == 3)
            try store().delete("cut")
        }

        /// The numbers of requests in docs/HDFS.md.
        @Test func operationsCostWhatThePageSays() throws {
            let store = try store("/swiftwater-costs")
            func requests(_ body: () throws -> Void) rethrows -> Int {
                let before = store.traffic.counts.requests
                try body()
                return store.traffic.counts.requests - before
            }
            let part = [UInt8](repeating: 7, count: 8 << 20)
            #expect(try requests { try store.put("one", part) } == 4)
            #expect(try requests { _ = try store.get("one") } == 3)
            let longer = try requests {
                let upload = try store.upload("longer")
                for _ in 0..<3 { try part.withUnsafeBytes { try upload.write($0) } }
                _ = try upload.commit()
            }
            #expect(longer == 4 + 2 * 2)
            #expect(try requests { _ = try store.get("longer") } == 2 + 2 * 3)
            for key in ["one", "longer"] { try store.delete(key) }
        }

        @Test func whatIsWrongIsSaid() throws {
            let object = #expect(throws: SwiftwaterError.self) { try store().get("none") }
            #expect(object?.code == .notFound && object?.location?.file?.hasSuffix("/swiftwater/none") == true)
            let nobody = #expect(throws: SwiftwaterError.self) {
                try store {
                    $0.address = "127.0.0.1:9"
                    $0.retries.pause = { _ in }
                }.get("none")
            }
            #expect(nobody?.code == .network && nobody?.message.contains("127.0.0.1:9") == true)
            let address = #expect(throws: SwiftwaterError.self) { try store { $0.address = "" } }
            #expect(address?.code == .invalidArgument)
        }

        /// A rename onto another file answers false, and changes nothing.
        @Test func aRenameThatAnswersFalse() throws {
            let store = try store("/swiftwater-renames")
            try store.put("there", [1])
            let upload = try store.upload("there")
            try [2, 3].withUnsafeBytes { try upload.write($0) }
            #expect(try upload.commitIfAbsent() == nil)
            #expect(try store.get("there") == [1])
            #expect(try store.list(prefix: "").map(\.key) == ["there"])
            try store.delete("there")
        }
    }
#endif
