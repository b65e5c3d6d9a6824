#if Services
    import Foundation
    import Swiftwater
    import TestSupport
    import Testing

    /// A driver whose machine is lost: it is killed at random, nothing of its disk stays, and it goes on elsewhere with
    /// the same URL. Runs on the stores that `SWIFTWATER_TEST_STORES` names, such as `s3a://bucket/kills`; see
    /// `Tests/integrate-stores.sh`.
    @Suite(
        .serialized,
        .enabled(if: !StoreKills.urls.isEmpty, "no store is named in SWIFTWATER_TEST_STORES"))
    struct StoreKillTests {
        private func start(_ url: String, _ port: Int, _ trace: String, threads: Int = 2) throws -> Program {
            try Program([
                "trends", "--source", "ack://127.0.0.1:\(port)", "--batch", "100ms", "--window", "300ms", "--slide",
                "100ms", "--master", "local[\(threads)]", "--keys", "hash-words", "--checkpoint", url + "/state",
                "--checkpoint-interval", "500ms", "--commit-interval", "100ms", "--sink", "files:" + url + "/out",
                "--totals", "--trace-batches", trace, "--json", "--top", "1",
            ])
        }

        private func remove(_ url: String) throws {
            RemoteStores.register()
            let files = URLFileSystem()
            let place = try #require(try files.store(of: url))
            for object in try place.store.list(prefix: place.key + "/") { try place.store.delete(object.key) }
        }

        /// Copies what the sink wrote.
        private func fetch(_ url: String) throws -> TemporaryDirectory {
            let folder = try TemporaryDirectory()
            let files = URLFileSystem()
            for name in try files.list(url + "/out") {
                _ = try folder.write(name, String(decoding: try files.read(url + "/out/" + name), as: UTF8.self))
            }
            return folder
        }

        @Test(arguments: StoreKills.urls)
        func nothingAcknowledgedIsLostWithTheMachine(url: String) throws {
            try remove(url)
            let lines = 60 * StoreKills.count + 600
            let input = try TemporaryDirectory()
            let path = try input.write("posts.txt", (1...lines).map { "#k\($0 % 7) #id\($0)\n" }.joined())
            let port = try FreePort.choose()
            let relay = try Program([
                "relay", "--from", path, "--rate", "80", "--quiet", "--ack", "--port", "\(port)",
            ])
            let trace = input.file("trace")
            var random = SeededRandom(seed: 20)
            for round in 0..<StoreKills.count {
                let program = try start(url, port, trace, threads: 1 + round % 3)
                Thread.sleep(forTimeInterval: 0.3 + random.uniform() * 1.2)
                kill(program.pid, SIGKILL)
                let result = program.wait()
                #expect(result.status == SIGKILL, "it ended by itself: \(result.error)")
            }
            let last = try start(url, port, trace)
            #expect(try StoreKills.waits { try KillTrace(trace).posts.count >= lines })
            Thread.sleep(forTimeInterval: 0.5)
            last.terminate()
            let result = last.wait()
            #expect(result.status == 0, "\(result.error)")
            #expect(relay.wait().error.contains("acknowledged, 0 unacknowledged"))
            let found = try KillTrace(trace)
            #expect(found.posts.count == lines && Set(found.posts).count == lines)
            let folder = try fetch(url)
            try found.compareFiles(in: folder.path)
            // Old objects are removed: what is left is a few checkpoints and the log since then.
            let place = try #require(try URLFileSystem().store(of: url))
            let left = try place.store.list(prefix: place.key + "/state/").count
            #expect(left < 400, "\(left) objects are left")
            try remove(url)
        }

        /// Of two drivers on one checkpoint, one works and the other is told who has it.
        @Test(arguments: StoreKills.urls)
        func aSecondDriverIsTurnedAway(url: String) throws {
            try remove(url)
            let input = try TemporaryDirectory()
            let path = try input.write("posts.txt", (1...300).map { "#k\($0 % 7) #id\($0)\n" }.joined())
            let port = try FreePort.choose()
            let relay = try Program([
                "relay", "--from", path, "--rate", "30", "--quiet", "--ack", "--port", "\(port)",
            ])
            let first = try start(url, port, input.file("trace"))
            #expect(try StoreKills.waits { try !KillTrace(input.file("trace")).posts.isEmpty })
            let second = try start(url, port, input.file("second")).wait()
            #expect(second.status == 64)
            #expect(second.error.contains("is in use by process \(first.pid) on "), "\(second.error)")
            #expect(try StoreKills.waits { try KillTrace(input.file("trace")).posts.count >= 300 })
            first.terminate()
            #expect(first.wait().status == 0)
            #expect(relay.wait().error.contains("300 acknowledged, 0 unacknowledged"))
            #expect(try KillTrace(input.file("second")).posts.isEmpty)
            let folder = try fetch(url)
            try KillTrace(input.file("trace")).compareFiles(in: folder.path)
            try remove(url)
        }
    }

    /// The stores of the tests, and the number of kills on each.
    enum StoreKills {
        static let urls = (ProcessInfo.processInfo.environment["SWIFTWATER_TEST_STORES"] ?? "").split(separator: " ")
            .map(
                String.init)
        /// Waits until a condition holds, for at most two minutes.
        static func waits(_ condition: () throws -> Bool) throws -> Bool {
            let deadline = Date().addingTimeInterval(120)
            while Date() < deadline {
                if try condition() { return true }
                Thread.sleep(forTimeInterval: 0.1)
            }
            return false
        }

        static let count = ProcessInfo.processInfo.environment["SWIFTWATER_STORE_KILLS"].flatMap { Int($0) } ?? 6
    }
#endif
