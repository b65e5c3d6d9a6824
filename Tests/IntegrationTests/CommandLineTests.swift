import Foundation
import SwiftwaterFormats
import TestSupport
import Testing

/// What a mistake on the command line is answered with, and what `--json` prints.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct CommandLineTests {
    @Test(
        arguments: [
            ("train x.csv --reg 3", "--regularization"), ("train x.csv --regParam 3", "--regularization"),
            ("train x.csv --maxIter 3", "--max-iterations"), ("train x.csv --iterations 3", "--max-iterations"),
            ("train x.csv --userCol u", "--user-column"), ("train x.csv --ouput m", "--out"),
            ("train x.csv --k 3", "--rank"), ("recommend --model m --user 1 --count 3", "--top"),
            ("recommend --model m --user 1 --numItems 3", "--top"), ("tune x.csv --regParam 1", "--regularization"),
            ("trends --input x", "--source"), ("trends --source file:x --batchInterval 1s", "--batch"),
            ("serve --catalog x", "--movies"), ("checkpoint show x --tim 3", "--time"),
            ("evaluate --model m x.csv --k 3", "--ranking"), ("relay --from x --jason", "--json"),
            ("train x.csv --wombat=3", nil),
        ] as [(String, String?)])
    func theOptionThatWasMeant(line: String, option: String?) throws {
        let result = try Program(line.split(separator: " ").map(String.init)).wait()
        #expect(result.status == 64 && result.output.isEmpty)
        let words = result.error.split(separator: "\n").first ?? ""
        #expect(words.hasPrefix("Error: Unknown option '-"), "\(words)")
        #expect(words.hasSuffix(option.map { "Did you mean '\($0)'?" } ?? "'."), "\(words)")
    }

    @Test(
        arguments: [("trian x.csv", "train"), ("recomend --model m", "recommend"), ("xyzzy", nil)]
            as [(String, String?)])
    func theCommandThatWasMeant(line: String, command: String?) throws {
        let result = try Program(line.split(separator: " ").map(String.init)).wait()
        #expect(result.status == 64)
        let first = line.split(separator: " ")[0]
        let words = "Error: '\(first)' is not a command." + (command.map { " Did you mean '\($0)'?" } ?? "")
        #expect(result.error.hasPrefix(words + "\n"), "\(result.error)")
    }

    /// A negative number is a value, and the message says which values there are.
    @Test(arguments: [
        ("train x.csv --seed -1", "seed"), ("serve --port -1", "--port takes 0 to 65535"),
        ("trends --source file:x --top -1", "--top"),
        ("trends --source file:x --window -5s", "'-5s' is not a duration"),
        ("recommend --model m --for-users -3", "take 1 or more"), ("similar --model m --item 1 --top -1", "1 or more"),
    ])
    func negativeNumbersAreValues(line: String, words: String) throws {
        let result = try Program(line.split(separator: " ").map(String.init)).wait()
        #expect(result.status != 0 && result.error.contains(words), "\(result.error)")
        #expect(!result.error.contains("Missing value"), "\(result.error)")
    }

    /// Every command that shows something shows it as JSON, too.
    @Test func everythingIsJSON() throws {
        let folder = try TemporaryDirectory()
        let data = folder.file("data")
        #expect(try Program.run("generate", "ratings", "--preset", "100k", "--out", data).status == 0)
        let (ratings, movies, model) = (data + "/ratings.csv", data + "/movies.csv", folder.file("m"))
        let posts = try folder.write("posts.txt", "#a #b\n#a\n")
        func json(_ words: String...) throws -> JSONValue {
            let result = try Program(words + ["--json"]).wait()
            #expect(result.status == 0, "\(words): \(result.error)")
            return try JSONValue(parsing: result.output)
        }
        let train = try json("train", ratings, "--out", model, "--max-iterations", "1")
        #expect(train["final"]?.string == "all" && train["test"]?["rmse"]?.double != nil)
        #expect(train["ratings"]?["training"]?.integer == 59_987)
        let best = try json("recommend", "--model", model, "--user", "42", "--movies", movies, "--top", "3")
        #expect(best["items"]?.array?.count == 3 && best["items"]?.array?[0]["title"]?.string != nil)
        let popular = try json("recommend", "--model", model, "--user", "nobody")
        #expect(popular["source"]?.string == "popular" && popular["items"]?.array?[0]["ratings"]?.double != nil)
        let item = try #require(best["items"]?.array?[0]["item"]?.string)
        let users = try json("recommend", "--model", model, "--item", item)
        #expect(users["users"]?.array?.count == 10)
        #expect(try json("similar", "--model", model, "--item", item)["similar"]?.array?.count == 10)
        #expect(try json("factors", "--model", model, "--movies", movies)["factors"]?.array?.count == 10)
        let matrix = try json("ratings", "matrix", ratings, "--movies", movies)
        #expect(matrix["rows"]?.array?.count == 12 && matrix["titles"]?.array?.count == 8)
        #expect(try json("ratings", "summary", ratings)["ratings"]?.integer == 100_000)
        #expect(try json("neighbors")["rows"]?.array?.count == 6)
        #expect(try json("neighbors", ratings, "--split", "95,0,5")["rmse"]?.double != nil)
        let rows = try json("sql", "--table", "r=" + ratings, "SELECT count(*) AS n FROM r UNION SELECT NULL")
        #expect(rows.array?.map { $0["n"] } == [.null, .integer(100_000)])
        #expect(try json("sql", "--table", "r=" + ratings, "SELECT 1 FROM r WHERE 0").array?.isEmpty == true)
        let state = folder.file("state")
        let trends = try Program(["trends", "--source", "file:" + posts, "--checkpoint", state, "--json"]).wait()
        #expect(trends.status == 0)
        let list = try json("checkpoint", "list", state)
        #expect(list["checkpoints"]?.array?.last?["program"]?.string == "trends")
        #expect(try json("checkpoint", "show", state)["steps"]?.array?.isEmpty == false)
        #expect(try json("checkpoint", "verify", state)["good"]?.bool == true)
        #expect(try json("connectors")["connectors"]?.array?.isEmpty == false)
    }
}
