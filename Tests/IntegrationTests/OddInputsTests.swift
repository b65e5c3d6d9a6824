import Foundation
import SwiftwaterFormats
import TestSupport
import Testing

/// The program on files that went wrong once (`Tests/Fixtures/inputs`), and what it says.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct OddInputsTests {
    private func input(_ name: String) -> String { PackageFolder.root + "Tests/Fixtures/inputs/" + name }

    private func tables(_ arguments: String...) throws -> [JSONValue] {
        let result = try Program(["trends", "--json"] + arguments).wait()
        #expect(result.status == 0, "\(result.error)")
        return try result.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    private func counts(_ table: JSONValue) -> [String] {
        (table["trends"]?.array ?? []).map { "\($0["key"]?.string ?? "") \($0["count"]?.integer ?? 0)" }
    }

    /// The same with and without options, as a file and as words.
    @Test func postsAreReadAsPosts() throws {
        let source = "file:" + input("twitter-v1-escapes-and-profile.ndjson")
        for options in [[], ["--by", "count"], ["--keys", "hash-words"], ["--event-time", "--window", "1h"]] {
            let found = try Program(["trends", "--json", "--source", source] + options).wait()
            let table = try JSONValue(parsing: String(found.output.split(separator: "\n")[0]))
            #expect(counts(table) == ["#café 2", "#lake 1", "#日本 1"], "\(options)")
        }
    }

    /// Also where a slide is longer than the batch, and each window once.
    @Test func theLastWindowIsShown() throws {
        for slide in ["10s", "1m", "1h"] {
            let found = try tables("--source", "file:" + input("bom.ndjson"), "--window", "1h", "--slide", slide)
            #expect(found.map(counts) == [["#lake 2", "#river 1"]], "\(slide)")
        }
    }

    @Test func archivesOfOddOrderAreCountedWhole() throws {
        for (name, posts) in [("one-clock-ahead", 41), ("newest-first", 60)] {
            let found = try tables(
                "--source", "file:" + input(name + ".ndjson"), "--event-time", "--window", "10m", "--slide", "10m",
                "--batch", "1m")
            #expect(found.reduce(0) { $0 + ($1["posts"]?.integer ?? 0) } == Int64(posts))
            #expect(found.allSatisfy { $0["late"]?.integer == 0 })
        }
        let strict = try Program.run(
            "trends", "--json", "--source", "file:" + input("one-clock-ahead.ndjson"), "--event-time", "--window",
            "10m", "--outliers", "0")
        #expect(strict.output.contains("\"late\":30") && strict.error.contains("30 posts were late"))
    }

    /// Posts that come again count once, in one file and over two.
    @Test func repeatedPostsCountOnce() throws {
        let folder = try TemporaryDirectory()
        let text = try String(contentsOfFile: input("bom.ndjson"), encoding: .utf8)
        try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
        try folder.write("in/a.ndjson", text + text)
        try folder.write("in/b.ndjson", text)
        let source = ["--source", "file:" + folder.file("in"), "--window", "1h", "--slide", "1h"]
        #expect(try tables(source[0], source[1], source[2], source[3]).map(counts) == [["#lake 2", "#river 1"]])
        let all = try tables(
            "--source", "file:" + folder.file("in"), "--window", "1h", "--slide", "1h", "--remember-ids", "0")
        #expect(all.map(counts) == [["#lake 6", "#river 3"]])
    }

    @Test func nothingReadableIsAnError() throws {
        let folder = try TemporaryDirectory()
        for (text, options, words) in [
            ("", [], "no post could be read"), ("{\"a\":1}\n", [], "with the members a"),
            ("plain #text\n", ["--event-time"], "without a time"),
            ("#" + String(repeating: "x", count: 2 << 20), [], "longer than 1048576 bytes"),
        ] {
            let path = try folder.write("posts", text)
            let result = try Program(["trends", "--source", "file:" + path] + options).wait()
            #expect(result.status == 65 && result.error.contains(words), "\(words): \(result.error)")
        }
        let latin = folder.file("latin")
        try Data([0x23, 0xE9, 0x0A]).write(to: URL(fileURLWithPath: latin))
        #expect(try Program.run("trends", "--source", "file:" + latin).error.contains("not valid UTF-8"))
    }

    @Test func argumentsSayWhatTheyTake() throws {
        for (arguments, words) in [
            (["--source", "nowhere"], "socket://HOST:PORT"), (["--source", "socket://::1:7773"], "[::1]:7773"),
            (["--source", "file:x", "--window", "-10s"], "'-10s' is not a duration"),
            (["--source", "file:x", "--window", "10"], "1m30s"),
            (["--source", "file:x", "--half-life", "3h"], "--half-life requires"),
            (["--source", "file:x", "--score", "z"], "--score requires"),
        ] {
            let result = try Program(["trends"] + arguments).wait()
            #expect(result.status == 64 && result.error.contains(words), "\(arguments): \(result.error)")
        }
    }

    /// What train, tune, evaluate and recommend do with odd files.
    @Test func oddInputsOfTraining() throws {
        let folder = try TemporaryDirectory()
        let later = try Program.run(
            "train", input("every-user-new-later.csv"), "--split-by", "time", "--out", folder.file("later.model"))
        #expect(later.status == 0 && later.error.contains("test: no RMSE"))
        #expect(FileManager.default.fileExists(atPath: folder.file("later.model")))

        let zeros = folder.file("zeros.model")
        #expect(try Program.run("train", input("ids-leading-zeros.csv"), "--out", zeros).status == 0)
        func list(_ options: String...) throws -> Program.Result {
            try Program(["recommend", "--model", zeros, "--user", "00001"] + options).wait()
        }
        let plain = try list("--movies", input("ids-leading-zeros-titles.csv"), "--include-seen")
        #expect(plain.status == 0 && plain.output.contains("Book"), "\(plain.output)")
        let denied = try list("--deny", input("ids-leading-zeros-deny.txt"), "--include-seen")
        #expect(!denied.output.contains("0000000000037") && denied.error.isEmpty, "\(denied.error)")
        #expect(try list("--deny", input("deny-trailing-space.txt")).error.contains("does not know 2 of 2 items"))

        let tune = try Program.run("tune", input("implicit-negative.csv"), "--implicit")
        #expect(tune.status == 64 && tune.error.contains("--ranking"))
        let implicit = folder.file("implicit.model")
        #expect(try Program.run("train", input("implicit-negative.csv"), "--implicit", "--out", implicit).status == 0)
        #expect(try Program.run("evaluate", input("implicit-negative.csv"), "--model", implicit).status == 64)
        let ranked = try Program.run(
            "evaluate", input("implicit-negative.csv"), "--model", implicit, "--ranking", "5", "--json")
        #expect(ranked.status == 0 && ranked.output.contains("\"rmse\":null"))
    }

    @Test func valuesThatTrainingCannotUse() throws {
        let folder = try TemporaryDirectory()
        let head = "userId,movieId,rating\n"
        let zero = try folder.write("zero.csv", head + "1,1,0\n1,2,0\n2,1,0\n")
        let huge = try folder.write("huge.csv", head + "1,1,1e30\n1,2,3e35\n2,1,5\n2,3,1e20\n3,2,1\n")
        for (path, words) in [(zero, "nothing to prefer"), (huge, "use their logarithms")] {
            let result = try Program.run("train", "--train", path, "--implicit")
            #expect(result.status != 0 && result.error.contains(words), "\(result.error)")
        }
        let model = folder.file("i.model")
        #expect(
            try Program.run("train", "--train", input("implicit-negative.csv"), "--implicit", "--out", model).status
                == 0)
        // 600 has only negative values, 601 only zeros.
        for user in ["600", "601"] {
            #expect(try Program.run("recommend", "--model", model, "--user", user).output.contains("most-rated"))
        }
        #expect(try Program.run("train", input("times-iso.csv"), "--out", "-").status == 64)
        let list = try Program.run("recommend", "--model", model, "--user", "1", "--out", "-")
        #expect(list.status == 0 && list.output.contains("userId"), "\(list.output)")
        let two = try Program.run("sql", "--table", "t=" + zero, "SELECT 1; SELECT 2")
        #expect(two.status == 64 && two.error.contains("several statements") && !two.error.contains("Database."))
    }

    @Test func otherFormsOfRatings() throws {
        let old = try Program.run("ratings", "summary", input("double-colon.dat"), "--format", "movielens-1m")
        #expect(old.status == 0 && old.output.contains("628"), "\(old.error)")
        let comma = try Program.run("train", input("semicolon-decimal-comma.csv"), "--separator", ";")
        #expect(comma.status == 64 && comma.error.contains("--decimal-comma"))
        let guess = try Program.run("train", input("double-colon.dat"))
        #expect(guess.status == 65 && guess.error.contains("'::'") && guess.error.contains("--no-header"))
    }
}
