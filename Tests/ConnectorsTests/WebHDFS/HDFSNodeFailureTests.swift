#if Services
    import Foundation
    import SwiftwaterConnectors
    import SwiftwaterCore
    import SwiftwaterStorage
    import Testing

    /// Nodes of a real HDFS that are killed in the middle of the work, and come back. `SWIFTWATER_TEST_STORE_SERVICES` has
    /// the folder of `Tests/store-services.sh`.
    @Suite(
        .serialized,
        .enabled(
            if: WebHDFSService.services != nil && WebHDFSService.address != nil,
            "no nodes that may be killed are named in SWIFTWATER_TEST_STORE_SERVICES"))
    struct HDFSNodeFailureTests {
        private func services(_ action: String, _ node: String) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
                path: "../../store-services.sh")
            process.arguments = ["bash", script.path, action, WebHDFSService.services!, node]
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }

        private func store() throws -> WebHDFSStore {
            var settings = WebHDFSSettings(address: WebHDFSService.address!, user: "tests")
            // A name node stays in safe mode for half a minute.
            settings.retries.attempts = 40
            settings.retries.longestPause = .seconds(5)
            let directory = "/swiftwater-failures-\(UInt32.random(in: 0 ... .max))"
            return try WebHDFSStore(directory: directory, settings: settings)
        }

        private func bytes(_ count: Int, _ seed: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761 &+ seed) >> 11) }
        }

        /// Kills a node while `work` runs on another thread, and starts it again after 3 seconds.
        private func killing(_ node: String, after: Double, _ work: @escaping @Sendable () throws -> Void) throws {
            let done = Monitor<Result<Void, any Error>?>(nil)
            let thread = Thread {
                let result = Result { try work() }
                done.update { $0 = result }
            }
            thread.start()
            Thread.sleep(forTimeInterval: after)
            let finishedBefore = done.read { $0 != nil }
            try services("kill-node", node)
            Thread.sleep(forTimeInterval: 3)
            try services("start-node", node)
            try #require(done.wait(atMost: .seconds(300)) { $0 }).get()
            #expect(!finishedBefore, "the work ended before the node was killed")
        }

        /// What was put is there and whole, and nothing that is listed is torn.
        @Test(arguments: ["data", "name"]) func objectsSurviveANode(node: String) throws {
            let store = try store()
            let known = bytes(3_000_000, 0)
            try store.put("before", known)
            let acknowledged = Monitor(0)
            try killing(node, after: 1) {
                for number in 0..<40 {
                    try store.put("\(node)-\(number)", bytes(2_000_000, number))
                    acknowledged.update { $0 += 1 }
                    // So that there is always one more when the node is killed.
                    Thread.sleep(forTimeInterval: 0.05)
                }
            }
            #expect(acknowledged.read { $0 } == 40)
            #expect(try store.get("before") == known)
            let keys = try store.list(prefix: "\(node)-").map(\.key)
            #expect(Set(keys) == Set((0..<40).map { "\(node)-\($0)" }))
            for number in 0..<40 {
                #expect(try store.get("\(node)-\(number)") == bytes(2_000_000, number))
                try store.delete("\(node)-\(number)")
            }
        }

        /// An append goes on with what the lost data node left in the file.
        @Test func aLongUploadSurvivesADataNode() throws {
            let store = try store()
            let part = bytes(8 << 20, 7)
            let upload = UncheckedSendable(try store.upload("long"))
            try killing("data", after: 1) {
                for _ in 0..<24 {
                    try part.withUnsafeBytes { try upload.value.write($0) }
                    Thread.sleep(forTimeInterval: 0.02)
                }
            }
            _ = try upload.value.commit()
            let found = try store.get("long")
            #expect(found.count == 24 * part.count)
            #expect((0..<24).allSatisfy { found[$0 * part.count..<($0 + 1) * part.count].elementsEqual(part) })
            try store.delete("long")
        }

        /// A conditional put whose answer is lost with the name node is done once.
        @Test func aConditionIsKeptOverARestart() throws {
            let store = try store()
            let wins = Monitor([String: Int]())
            try killing("name", after: 0.5) {
                for number in 0..<30 {
                    let key = "absent-\(number)"
                    for round in 0..<2 where try store.putIfAbsent(key, [UInt8(round), UInt8(number)]) != nil {
                        wins.update { $0[key, default: 0] += 1 }
                    }
                    Thread.sleep(forTimeInterval: 0.05)
                }
            }
            for number in 0..<30 {
                let found = try store.get("absent-\(number)")
                #expect(found == [0, UInt8(number)])
                #expect(wins.read { $0["absent-\(number)"] } == 1)
                try store.delete("absent-\(number)")
            }
        }
    }
#endif
