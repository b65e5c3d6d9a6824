#if Server
    import Foundation
    import Swiftwater
    import SwiftwaterSamples
    import TestSupport
    import Testing

    /// Kills `swiftwater serve` under load with SIGKILL at random moments: no acknowledged rating or post is lost, and
    /// none counts twice.
    ///
    /// 10 kills, or a third of `SWIFTWATER_KILLS` if that is more.
    @Suite(.serialized, .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
    struct ServeKillTests {
        /// The server comes back on the same port after each kill.
        private let port: Int
        private var base: String { "http://127.0.0.1:\(port)" }

        init() throws { port = try FreePort.choose() }
        private static var kills: Int {
            max(10, (ProcessInfo.processInfo.environment["SWIFTWATER_KILLS"].flatMap { Int($0) } ?? 0) / 3)
        }

        /// A client that sends numbered requests in order, repeating each until it is acknowledged.
        private final class Client: Sendable {
            let acknowledged = Monitor(0)
            private let isStopped = Monitor(false)

            func run(_ send: @escaping @Sendable (Int) async throws -> Int, expecting status: Int) async {
                var number = 1
                while !isStopped.read({ $0 }) {
                    if let answer = try? await send(number), answer == status {
                        acknowledged.update { $0 = number }
                        number += 1
                    } else {
                        try? await Task.sleep(for: .milliseconds(20))
                    }
                }
            }

            func stop() { isStopped.update { $0 = true } }
        }

        private func start(_ folder: TemporaryDirectory) throws -> Program {
            try Program([
                "serve", "--port", "\(port)", "--model", folder.file("films.model"), "--state", folder.file("state"),
                "--batch", "200ms", "--window", "1h", "--slide", "200ms",
            ])
        }

        @Test func acknowledgedRatingsAndPostsSurvive() async throws {
            try await withTaskExecutorPreference(OwnThreads.shared) { try await killAndCompare() }
        }

        private func killAndCompare() async throws {
            let folder = try TemporaryDirectory()
            let made = try RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make()
            let model = try ALS().fit(made.ratings)
            try ModelFile.write(model, to: folder.file("films.model"))
            let items = (0..<model.itemIDs.count).map { model.itemIDs[$0] }
            let raters = (0..<3).map { _ in Client() }
            let poster = Client()
            var random = SeededRandom(seed: 11)

            try await withThrowingTaskGroup(of: Void.self) { group in
                // Also after a failure, since the group waits for the clients.
                defer { for client in raters + [poster] { client.stop() } }
                for (index, client) in raters.enumerated() {
                    group.addTask {
                        await client.run(
                            { number in
                                try await Web.send("POST", base + "/v1/ratings", Self.rating(index, number, items))
                                    .status
                            }, expecting: 201)
                    }
                }
                group.addTask {
                    await poster.run(
                        { number in
                            try await Web.send(
                                "POST", base + "/v1/posts?sequence=poster:\(number)", "post \(number) #counted\n",
                                type: "text/plain"
                            ).status
                        }, expecting: 202)
                }
                for _ in 0..<Self.kills {
                    let program = try start(folder)
                    defer { program.terminate() }
                    try await Web.wait(base + "/healthz")
                    try await check(raters, items)
                    try await Task.sleep(for: .milliseconds(100 + random.below(700)))
                    kill(program.pid, SIGKILL)
                    let result = program.wait()
                    #expect(result.status == SIGKILL, "it ended by itself: \(result.error)")
                }
                let last = try start(folder)
                defer { last.terminate() }
                try await Web.wait(base + "/readyz")
                for client in raters + [poster] { client.stop() }
                try await group.waitForAll()
                try await check(raters, items)
                #expect(raters.allSatisfy { $0.acknowledged.read { $0 } > 5 })
                // The one-hour window counts every post once.
                let posts = poster.acknowledged.read { $0 }
                #expect(posts > 5)
                try await Web.wait(base + "/v1/trends") { answer in
                    try answer.json["trends"]?.array?.first?["count"]?.integer ?? 0 >= posts
                }
                let count = try await Web.send("GET", base + "/v1/trends").json["trends"]?.array?.first?["count"]?
                    .integer
                #expect(count == Int64(posts))
                last.terminate()
                let result = last.wait()
                #expect(result.status == 0, "\(result.error)")
                print(
                    "serve: \(Self.kills) kills, \(raters.map { $0.acknowledged.read { $0 } }) ratings, \(posts) posts")
            }
        }

        private static func rating(_ client: Int, _ number: Int, _ items: [String]) -> String {
            "{\"user\":\"rater-\(client)\",\"item\":\"\(items[number % items.count])\",\"rating\":\(value(number))}"
        }

        private static func value(_ number: Int) -> Double { Double(1 + number % 9) / 2 }

        /// Checks that every acknowledged rating is stored with its value, and at most one more, which is in flight.
        private func check(_ raters: [Client], _ items: [String]) async throws {
            for (index, client) in raters.enumerated() {
                let acknowledged = client.acknowledged.read { $0 }
                var found: [String: Double] = [:]
                for offset in stride(from: 0, through: acknowledged, by: 1000) {
                    let page = try await Web.send(
                        "GET", base + "/v1/users/rater-\(index)/ratings?limit=1000&offset=\(offset)"
                    ).json
                    for entry in page["ratings"]?.array ?? [] {
                        found[entry["item"]?.string ?? ""] = entry["rating"]?.double
                    }
                }
                let later = client.acknowledged.read { $0 }
                for number in max(1, acknowledged - items.count + 100)..<max(2, acknowledged + 1) where acknowledged > 0
                {
                    #expect(found[items[number % items.count]] == Self.value(number), "rating \(number) of \(index)")
                }
                #expect(found.count <= min(items.count, later + 1))
            }
        }
    }
#endif
