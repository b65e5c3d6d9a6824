#if Server
    import DatabaseTestSupport
    import Foundation
    import TestSupport
    import Testing

    /// What the command line does with topics of Kafka, beside trends.
    @Suite(
        .serialized, .enabled(if: KafkaMock.isInstalled, Comment(rawValue: KafkaMock.missing)),
        .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
    struct KafkaCommandTests {
        /// Each post is a message, and the program ends when all are there.
        @Test func relayWritesToATopic() throws {
            let mock = try KafkaMock()
            mock.create("posts", partitions: 3)
            let folder = try TemporaryDirectory()
            let path = try folder.write(
                "posts.txt", (0..<5000).map { "post \($0) #k\($0 % 7) ä\n" }.joined() + "no tag\n")
            let result = try Program([
                "relay", "--from", path, "--track", "post", "--quiet", "--to", mock.address("posts"),
            ]).wait()
            #expect(
                result.status == 0 && result.error.contains("relayed 5,000 posts of 5,001 lines"), "\(result.error)")
            let values = try mock.messages("posts").compactMap(\.value)
            #expect(values.sorted() == (0..<5000).map { "post \($0) #k\($0 % 7) ä" }.sorted())
        }

        @Test func whatIsWrongIsSaid() throws {
            let mock = try KafkaMock()
            mock.create("posts", partitions: 1)
            let folder = try TemporaryDirectory()
            let path = try folder.write("posts.txt", "a #post\n")
            for (address, status, says) in [
                ("kafka://127.0.0.1:1/posts?patience=1", Int32(69), "127.0.0.1:1"),
                ("kafka://h/a,b", 64, "several topics"), ("kafka://h", 64, "names no topic"),
            ] {
                let result = try Program(["relay", "--from", path, "--quiet", "--to", address]).wait()
                #expect(result.status == status && result.error.contains(says), "\(result.status) \(result.error)")
            }
            let both = try Program(["relay", "--from", path, "--ack", "--to", mock.address("posts")]).wait()
            #expect(both.status == 64 && both.error.contains("do not go with"))
            for (arguments, says) in [
                (["--ratings", mock.address("posts")], "--ratings requires --model"),
                (["--demo", "--ratings", "jetstream:"], "--ratings takes kafka://"),
            ] {
                let result = try Program(["serve", "--port", "0"] + arguments).wait()
                #expect(result.status == 64 && result.error.contains(says), "\(result.error)")
            }
        }

        /// Ratings of a topic change recommendations at once, in both forms; they are there after `kill -9`, each once.
        @Test func ratingsComeFromATopic() throws {
            let mock = try KafkaMock()
            mock.create("ratings", partitions: 2)
            let folder = try TemporaryDirectory()
            let rows = (0..<400).map { "\($0 % 20),\($0 % 17),\(1 + $0 % 5)\n" }.joined()
            let (csv, model) = (try folder.write("ratings.csv", "userId,movieId,rating\n" + rows), folder.file("model"))
            #expect(try Program.run("train", csv, "--out", model).status == 0)
            func start() throws -> (program: Program, place: String) {
                let program = try Program([
                    "serve", "--port", "0", "--model", model, "--state", folder.file("state"), "--batch", "100ms",
                    "--window", "1m", "--ratings", mock.address("ratings", "?start=earliest"),
                ])
                let port = program.waitForOutput { output, _ in
                    output.split(separator: "http://127.0.0.1:").last.flatMap { Int($0.prefix { $0.isNumber }) }
                }
                return (program, "http://127.0.0.1:\(try #require(port))")
            }
            func get(_ place: String, _ path: String) throws -> String {
                try Program.shell("curl -s '\(place)\(path)'").output
            }
            func wait(_ place: String, _ path: String, for text: String) throws -> Bool {
                let deadline = Date().addingTimeInterval(60)
                while Date() < deadline {
                    if try get(place, path).contains(text) { return true }
                    usleep(100_000)
                }
                return false
            }
            try mock.write("ratings", ["userId,movieId,rating", "new,1,5", "new,2,1.5"], partition: 0)
            try mock.write(
                "ratings",
                [#"{"user":"other","item":"3","rating":4}"#, "new,3,99", "not a rating", #"{"user":"x"}"#], partition: 1
            )
            let (first, place) = try start()
            #expect(try wait(place, "/v1/model", for: "\"liveRatings\":3"))
            #expect(try get(place, "/v1/users/new/recommendations").contains("\"item\""))
            // Ratings are not posts.
            #expect(try get(place, "/metrics").contains("swiftwater_posts_total 0\n"))
            #expect(try get(place, "/metrics").contains("swiftwater_ratings_total 3\n"))
            let warning = first.waitForOutput { _, error in error.contains("3 lines are not ratings") ? true : nil }
            #expect(warning == true)
            kill(first.pid, SIGKILL)
            _ = first.wait()
            try mock.write("ratings", ["new,2,4", "third,5,2"], partition: 0)
            let (second, again) = try start()
            #expect(try wait(again, "/v1/model", for: "\"liveRatings\":4"))
            #expect(try wait(again, "/v1/model", for: "\"liveUsers\":3"))
            second.terminate()
            #expect(second.wait().status == 0)
        }
    }
#endif
