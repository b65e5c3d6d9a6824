#if Services
    import Foundation
    import Swiftwater
    import TestSupport
    import Testing

    /// `SWIFTWATER_TEST_S3`: the service's address and keys.
    struct OutageService {
        static let given = ProcessInfo.processInfo.environment["SWIFTWATER_TEST_S3"].map(OutageService.init)
        let port: Int
        let environment: [String: String]

        init(_ text: String) {
            let parts = text.split(separator: " ").map(String.init)
            port = Int(parts[0].split(separator: ":").last!)!
            environment = ["AWS_ACCESS_KEY_ID": parts[1], "AWS_SECRET_ACCESS_KEY": parts[2]]
        }
    }

    /// A store that fails for a while, in front of a real one: the stream waits, says so, and loses nothing.
    @Suite(
        .serialized,
        .enabled(if: OutageService.given != nil, "no S3 service is named in SWIFTWATER_TEST_S3"))
    struct StoreFailureTests {
        private static let outage =
            ProcessInfo.processInfo.environment["SWIFTWATER_STORE_OUTAGE"].flatMap(Double.init) ?? 8

        private func start(_ proxy: OutageProxy, _ state: String, _ port: Int, _ trace: String, _ more: [String] = [])
            throws
            -> Program
        {
            var environment = ProcessInfo.processInfo.environment
            environment.merge(OutageService.given!.environment) { $1 }
            environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:\(proxy.port)"
            return try Program(
                executable: Program.folder.appending(path: "swiftwater"),
                [
                    "trends", "--source", "ack://127.0.0.1:\(port)", "--batch", "200ms", "--window", "400ms", "--slide",
                    "200ms", "--keys", "hash-words", "--checkpoint", state, "--checkpoint-interval", "1s",
                    "--trace-batches", trace, "--json", "--top", "1",
                ] + more, environment: environment)
        }

        private func relay(_ lines: Int, _ folder: TemporaryDirectory, _ port: Int) throws -> Program {
            let path = try folder.write("posts.txt", (1...lines).map { "#k\($0 % 7) #id\($0)\n" }.joined())
            return try Program(["relay", "--from", path, "--rate", "50", "--quiet", "--ack", "--port", "\(port)"])
        }

        @Test(arguments: [OutageProxy.Mode.refuses, .isUnavailable, .hangs])
        func theStreamWaits(mode: OutageProxy.Mode) throws {
            let proxy = try OutageProxy(to: OutageService.given!.port)
            defer { proxy.stop() }
            let folder = try TemporaryDirectory()
            let (port, trace) = (try FreePort.choose(), folder.file("trace"))
            let state = "s3://swiftwater-tests/outage-\(UInt32.random(in: 0 ... .max))"
            let relay = try relay(600, folder, port)
            let program = try start(proxy, state, port, trace)
            let hasBegun = try StoreKills.waits { try !program.isRunning || KillTrace(trace).posts.count >= 100 }
            try #require(hasBegun && program.isRunning, "\(program.wait(atMost: .zero).error)")
            proxy.set(mode)
            // One that hangs is noticed after 30 s.
            Thread.sleep(forTimeInterval: Self.outage + (mode == .hangs ? 35 : 20))
            proxy.set(.passes)
            #expect(try StoreKills.waits { try KillTrace(trace).posts.count >= 600 })
            program.terminate()
            let result = program.wait()
            #expect(result.status == 0, "\(result.error)")
            // The client sends a refused request again by itself, so that what is said first depends on its pauses.
            let isSilent = result.error.contains("does not answer, or refuses for now, and the stream waits for it")
            let isRefused = result.error.contains("the store fails, and the stream waits for it")
            let isSaid = isSilent || (mode != .hangs && isRefused)
            #expect(isSaid, "\(result.error)")
            #expect(result.error.contains("the store works again after"), "\(result.error)")
            // Once for an outage, or twice if one operation got through in between.
            #expect(result.error.components(separatedBy: "the stream waits for it").count <= 3, "\(result.error)")
            #expect(relay.wait(atMost: .seconds(60)).error.contains("600 acknowledged, 0 unacknowledged"))
            let posts = try KillTrace(trace).posts
            #expect(posts.count == 600 && Set(posts).count == 600)
        }

        /// A store that stays away ends the stream, with the reason, and the next start goes on.
        @Test func aStoreThatStaysAwayEndsTheStream() throws {
            let proxy = try OutageProxy(to: OutageService.given!.port)
            defer { proxy.stop() }
            let folder = try TemporaryDirectory()
            let (port, trace) = (try FreePort.choose(), folder.file("trace"))
            let state = "s3://swiftwater-tests/outage-\(UInt32.random(in: 0 ... .max))"
            let relay = try relay(300, folder, port)
            let program = try start(proxy, state, port, trace, ["--store-patience", "1s"])
            let hasBegun = try StoreKills.waits { try !program.isRunning || KillTrace(trace).posts.count >= 50 }
            try #require(hasBegun && program.isRunning, "\(program.wait(atMost: .zero).error)")
            proxy.set(.refuses)
            let result = program.wait()
            #expect(result.status == 69 && result.error.contains("s3://swiftwater-tests/outage-"), "\(result.error)")
            proxy.set(.passes)
            let second = try start(proxy, state, port, trace)
            #expect(try StoreKills.waits { try KillTrace(trace).posts.count >= 300 })
            second.terminate()
            #expect(second.wait().status == 0)
            #expect(relay.wait(atMost: .seconds(60)).error.contains("300 acknowledged, 0 unacknowledged"))
            let posts = try KillTrace(trace).posts
            #expect(posts.count == 300 && Set(posts).count == 300)
        }
    }
#endif
