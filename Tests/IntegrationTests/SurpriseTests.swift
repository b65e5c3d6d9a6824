import Foundation
import TestSupport
import Testing

/// What would surprise someone in the first hour.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct SurpriseTests {
    /// Metrics on data of the training are said to be so, since they look better than they are.
    @Test func evaluationOnTrainingDataSaysSo() throws {
        let folder = try TemporaryDirectory()
        let data = folder.file("data")
        #expect(try Program.run("generate", "ratings", "--preset", "100k", "--out", data).status == 0)
        let (ratings, model) = (data + "/ratings.csv", folder.file("m"))
        #expect(try Program.run("train", ratings, "--max-iterations", "2", "--out", model).status == 0)
        let evaluated = try Program.run("evaluate", "--model", model, ratings)
        #expect(evaluated.error.contains("100,000 of these 100,000 ratings are in the model's training data"))
        let new = try folder.write("new.csv", "userId,movieId,rating\n1,999999999,3\nnobody,1,3\n")
        let quiet = try Program.run("evaluate", "--model", model, new)
        #expect(!quiet.error.contains("training data"), "\(quiet)")
    }

    @Test func predictionsAreJSON() throws {
        let folder = try TemporaryDirectory()
        let rows = (1...20).flatMap { user in (1...5).map { "\(user),\($0),\((user + $0) % 5 + 1)" } }
        let ratings = try folder.write("r.csv", "userId,movieId,rating\n" + rows.joined(separator: "\n") + "\n")
        let model = folder.file("m")
        #expect(try Program.run("train", ratings, "--rank", "2", "--out", model).status == 0)
        let pairs = try folder.write("p.csv", "userId,movieId\n1,2\n\"a \"\"b\",2\n")
        let shown = try Program.run("predict", "--model", model, pairs, "--json")
        let known = try Program.run("predict", "--model", model, pairs).output.split(separator: "\n")[1]
        #expect(
            shown.output == "{\"predictions\":[{\"user\":\"1\",\"item\":\"2\",\"prediction\":\(known.dropFirst(4))},"
                + "{\"user\":\"a \\\"b\",\"item\":\"2\",\"prediction\":null}],\"unknown\":1}\n", "\(shown.output)")
    }

    @Test func aBackupIsNotInsideItsSource() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n")
        let state = folder.file("state")
        #expect(try Program.run("trends", "--source", "file:\(posts)", "--checkpoint", state).status == 0)
        for place in ["\(state)/sub", "\(state)/../state/sub", state] {
            let result = try Program.run("checkpoint", "backup", state, place)
            #expect(result.status == 64 && result.error.contains("which is copied"), "\(result)")
        }
        #expect(try Program.run("checkpoint", "backup", state, state + "-copy").status == 0)
    }

    /// A slide that is longer than the window leaves posts out: that is said, and not taken for unreadable posts.
    @Test func aLongSlideIsNamed() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n")
        let result = try Program.run("trends", "--source", "file:\(posts)", "--slide", "1m")
        #expect(result.error.contains("a slide of 1m is longer than the window of 20s"), "\(result)")
        #expect(!result.error.contains("could be read"))
    }

    /// The baseline is at least a slide, so that long windows need no option that nobody asked about.
    @Test func longWindowsNeedNoBaseline() throws {
        let folder = try TemporaryDirectory()
        let posts = folder.file("posts.ndjson")
        #expect(try Program.run("generate", "posts", "--format", "ndjson", "--out", posts).status == 0)
        let result = try Program.run("trends", "--source", "file:\(posts)", "--event-time", "--window", "3d")
        #expect(result.status == 0 && result.output.contains("#"), "\(result.error)")
    }

    @Test(arguments: [
        ("trends --source jetstream", "did you mean 'jetstream:'?"),
        ("trends --source 127.0.0.1:7773", "did you mean 'socket://127.0.0.1:7773'?"),
        ("trends --source nonsense", "'swiftwater connectors' lists those there are"),
        ("help nothing", "is not a command"),
        ("help trian", "Did you mean 'train'?"), ("relay --from a --source b:", "not both"),
        ("trends --source file:x --batch 10", "write 10s for seconds"),
    ])
    func messagesSayWhatToWrite(line: String, words: String) throws {
        let result = try Program(line.split(separator: " ").map(String.init)).wait()
        #expect(result.status == 64 && result.error.contains(words), "\(result.error)")
    }

    /// A stream whose reader went away is quiet.
    @Test func aReaderThatLeavesIsNoFault() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", String(repeating: "#a #b\n", count: 200_000))
        let result = try Program.shell(
            """
            "$SWIFTWATER" relay --from '\(posts)' --rate 20000/s --quiet --port 0 2>'\(folder.file("log"))' & relay=$!
            until port=$(sed -n 's/.*:\\([0-9]*\\);.*/\\1/p' '\(folder.file("log"))') && [ -n "$port" ]; do sleep 0.05; done
            "$SWIFTWATER" trends --source socket://127.0.0.1:$port --batch 500ms --window 1s --json | head -1
            echo "status ${PIPESTATUS[0]}"; kill $relay; wait $relay
            """)
        #expect(result.output.contains("status 141") && !result.error.contains("failed"), "\(result)")
    }

    /// A window of billions of slides, nearly all of them without posts, costs no more than those with posts.
    @Test func longWindowsOfShortSlidesEnd() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n#a\n")
        let result = try Program.shell(
            "timeout 60 \"$SWIFTWATER\" trends --source 'file:\(posts)' --batch 1ms --window 365d --top 1")
        #expect(result.status == 0 && result.output.contains("#a"), "\(result)")
    }

    @Test func allListsAreJSONLines() throws {
        let folder = try TemporaryDirectory()
        let rows = (1...20).flatMap { user in (1...5).map { "\(user),\($0 + user % 3),\((user + $0) % 5 + 1)" } }
        let ratings = try folder.write("r.csv", "userId,movieId,rating\n" + rows.joined(separator: "\n") + "\n")
        let model = folder.file("m")
        #expect(try Program.run("train", ratings, "--rank", "2", "--out", model).status == 0)
        let lists = try Program.run("recommend", "--model", model, "--for-users", "1", "--json")
        #expect(lists.status == 0 && lists.output.hasPrefix("{\"user\":\"1\",\"rank\":1,"), "\(lists)")
        let same = try Program.run("recommend", "--model", model, "--for-users", "1", "--format", "ndjson")
        #expect(same.output == lists.output)
    }

    /// What cannot work is known before the work.
    @Test(arguments: [
        ("train none.csv --rank 0", "--rank takes 1 or more"),
        ("tune none.csv --threads 0", "--threads takes 1 to 1024, not 0"),
        ("relay --from /dev/null", "the file is empty"),
    ])
    func whatCannotWorkIsKnownFirst(line: String, words: String) throws {
        let result = try Program(line.split(separator: " ").map(String.init)).wait()
        #expect([64, 65].contains(result.status) && result.error.contains(words), "\(result)")
    }

    /// All programs that listen say the same, in words, about an address that cannot be.
    @Test(arguments: [
        "relay --from F --ack --host H", "relay --from F --host H", "trends --source push://H:1 --token-file F",
        "serve --behind-proxy --host H",
    ])
    func addressesThatCannotBeAreNamed(line: String) throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n")
        for (host, why) in [
            ("nohost.invalid", "no address is known for nohost.invalid"),
            ("192.0.2.1", "Cannot assign requested address"),
        ] {
            let line = line.replacing("F", with: posts).replacing("H", with: host)
            let result = try Program(line.split(separator: " ").map(String.init)).wait()
            #expect(result.status == 69, "\(result)")
            #expect(
                result.error.contains("cannot listen on \(host):") && result.error.contains(why)
                    && result.error.contains("; name an address of this machine\n"), "\(result)")
        }
    }

    /// Wrong paths are errors of the command line.
    @Test func unknownStoresAreUsageErrors() throws {
        let result = try Program.run("train", "https://example.com/ratings.csv")
        #expect(result.status == 64 && result.error.contains("no store is known for https://"), "\(result)")
    }

    /// A curve does not need test data that the model knows.
    @Test func tuneGoesOnWithoutKnownTestData() throws {
        let folder = try TemporaryDirectory()
        let old = (1...20).flatMap { user in (1...5).map { "\(user),\($0),\((user + $0) % 5 + 1),\(user)" } }
        let new = (100...120).map { "\($0),\($0),3,\($0)" }
        let ratings = try folder.write(
            "r.csv", "userId,movieId,rating,timestamp\n" + (old + new).joined(separator: "\n") + "\n")
        let result = try Program.run(
            "tune", ratings, "--split-by", "time", "--split", "60,20,20", "--rank", "2", "--max-iterations", "1,2")
        #expect(result.status == 0 && result.output.contains("RMSE on validation"), "\(result)")
        #expect(result.error.contains("test: no RMSE"), "\(result.error)")
    }

    /// A relay says whether anybody had its posts.
    @Test func aRelayWithoutClientsSaysSo() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "one #a\n")
        let result = try Program.run("relay", "--from", posts, "--port", "0", "--wait-for-clients", "0")
        #expect(result.error.contains("no client was connected"), "\(result)")
    }

    /// A receiver that cannot be reached is named at once.
    @Test func anUnreachableReceiverIsNamed() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "one #a\n")
        let relay = try Program(["relay", "--from", posts, "--ack", "--to", "nohost.invalid:9"])
        let words = "cannot connect to nohost.invalid:9: no address is known for nohost.invalid; trying again"
        let isSaid = relay.waitForOutput { output, error in
            output.contains("one") && error.contains(words) ? true : nil
        }
        relay.terminate()
        let result = relay.wait()
        #expect(isSaid == true && result.status == 0, "\(result)")
        #expect(result.error.contains("0 acknowledged, 1 unacknowledged"), "\(result)")
    }

    /// An archive that a checkpoint has read is not read again, and that is said.
    @Test func anArchiveThatWasReadIsNamed() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n")
        for (round, words) in [(1, ""), (2, "nothing new was counted")] {
            let result = try Program.run(
                "trends", "--source", "file:\(posts)", "--checkpoint", folder.file("state"))
            #expect(result.status == 0 && (words.isEmpty || result.error.contains(words)), "\(round): \(result)")
            if round == 1 { #expect(!result.error.contains("nothing new")) }
        }
    }
}
