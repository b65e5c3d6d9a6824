#if SparkConnect
    import Foundation
    import SwiftwaterCore
    import SwiftwaterRecommender
    import SwiftwaterSamples
    import SwiftwaterSpark
    import TestSupport
    import Testing

    /// What breaks between this machine and a real Spark.
    @Suite(.enabled(if: RealSpark.isThere, RealSpark.reason), .serialized)
    struct RealSparkFailureTests {
        private let folder = try! TemporaryDirectory()

        /// Through a proxy that cuts each connection after two seconds, training gives the same model, and each row comes
        /// once.
        @Test func cutConnectionsLoseAndDoubleNothing() async throws {
            let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "cutting-proxy.py").path()
            let port = try SparkAddress(RealSpark.address).port
            let proxy = try Program(
                executable: URL(filePath: "/usr/bin/env"), ["python3", script, "\(port)", "2"])
            defer { proxy.terminate() }
            let own = try #require(
                proxy.waitForOutput { output, _ in output.split(separator: "\n").first.flatMap { Int($0) } })
            let ratings = folder.file("ratings.csv")
            let made = try Program.run("generate", "ratings", "--preset", "100k", "--seed", "3", "--out", folder.path)
            try #require(made.status == 0, "\(made.error)")
            func train(_ master: String, _ name: String) throws -> Data {
                let result = try Program([
                    "train", ratings, "--upload", "--master", master, "--max-iterations", "3", "--out",
                    folder.file(name),
                ]).wait()
                try #require(result.status == 0, "\(result.error)")
                return try Data(contentsOf: URL(filePath: folder.file(name)))
            }
            let direct = try train(RealSpark.address, "direct.model")
            #expect(try train("sc://127.0.0.1:\(own)", "cut.model") == direct)

            let session = try await SparkSession("sc://127.0.0.1:\(own)")
            let next = Monitor((row: Int64(0), isRight: true))
            // With pauses, so that the query outlives several connections.
            try await session.sql("SELECT id, repeat('x', 500) FROM range(100000)").forEachRow { row in
                next.update { ($0.row, $0.isRight) = ($0.row + 1, $0.isRight && row[0].integer == $0.row) }
                if next.read({ $0.row % 12_500 == 0 }) { Thread.sleep(forTimeInterval: 0.8) }
            }
            #expect(next.read { $0.row } == 100_000 && next.read { $0.isRight })
            await session.close()
            let cuts = proxy.waitForOutput { output, _ in output.split(separator: "\n").count - 1 }
            #expect(cuts ?? 0 >= 5)
        }

        /// A type that Swiftwater does not read, a query with an error, and a model above the server's limit.
        @Test func whatSparkCannotGiveIsAnError() async throws {
            let session = try await SparkSession(RealSpark.address)
            func refusal(_ query: String) async -> SwiftwaterError? {
                await #expect(throws: SwiftwaterError.self) { try await session.sql(query).rows() }
            }
            let interval = await refusal("SELECT INTERVAL '1' DAY AS length")
            #expect(interval?.code == .unsupported && "\(interval!)".contains("length"), "\(interval!)")
            let wrong = await refusal("SELEC 1")
            #expect(wrong?.code == .invalidArgument && "\(wrong!)".contains("PARSE_SYNTAX_ERROR"))
            let missing = await refusal("SELECT * FROM nowhere")
            #expect(missing?.code == .notFound)

            // A row of 100 MB comes; one of 150 MB is more than a message may have.
            let large = try await session.sql("SELECT repeat('x', 100000000)").rows()
            #expect(large[0][0].text?.utf8.count == 100_000_000)
            let larger = await refusal("SELECT repeat('x', 150000000)")
            #expect(larger?.code == .limitExceeded, "\(larger!)")

            let ratings = try RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make().ratings
            try await session.set([("spark.connect.session.connectML.mlCache.memoryControl.maxModelSize", "1k")])
            let train = try await SparkRatings(try await session.upload(ratings))
            let overflow = await #expect(throws: SwiftwaterError.self) {
                _ = try await SparkALS(.init(rank: 10, maxIterations: 1)).fit(train)
            }
            #expect(overflow?.code == .limitExceeded && "\(overflow!)".contains("maxModelSize"), "\(overflow!)")
            await session.close()
        }
    }
#endif
