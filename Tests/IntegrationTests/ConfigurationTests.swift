import Foundation
import SwiftwaterFormats
import TestSupport
import Testing

/// The configuration file and the variables of the environment: what `config` and `doctor` say of them.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct ConfigurationTests {
    private func file(_ text: String, in folder: TemporaryDirectory, name: String = "swiftwater.yaml") throws -> String
    {
        let path = folder.file(name)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// The command line comes before the environment, and both before the file.
    @Test func valuesHaveAnOrder() throws {
        let folder = try TemporaryDirectory()
        let path = try file("generate:\n  posts:\n    preset: 1m\n    seed: 8\n    out: x\n", in: folder)
        let shown = try Program.run(
            ["config", "show", "generate", "posts", "--config", path, "--json"],
            variables: ["SWIFTWATER_GENERATE_POSTS_SEED": "9"])
        #expect(shown.status == 0, "\(shown.error)")
        let values = try Array(shown.output.utf8).withUnsafeBufferPointer { try JSONValue(parsing: $0) }
        let rows: [String] = (values["values"]?.array ?? []).map { row in
            ["name", "value", "origin"].map { row[$0]?.string ?? "" }.joined(separator: " ")
        }
        #expect(rows.contains("preset 1m \(path):3"), "\(rows)")
        #expect(rows.contains("seed 9 SWIFTWATER_GENERATE_POSTS_SEED") && rows.contains("format text default"))
        let output = folder.file("posts.txt")
        let made = try Program.run(
            "--config", path, "generate", "posts", "--preset", "100k", "--out", output)
        #expect(made.status == 0 && made.error.contains("100,000 posts written to \(output)"), "\(made.error)")
    }

    /// Options of every kind reach the command: a flag, a list, and one of all commands.
    @Test func optionsOfEachKindAreGiven() throws {
        let folder = try TemporaryDirectory()
        let ratings = folder.file("ratings.csv")
        try "userId,movieId,rating\n1,1,5\n1,2,3\n2,1,4\n2,2,2\n".write(
            toFile: ratings, atomically: true, encoding: .utf8)
        let path = try file(
            "all:\n  json: true\ntrain:\n  split: [50, 25, 25]\n  rank: 2\n  max-iterations: 1\n", in: folder)
        let trained = try Program.run(["train", ratings], variables: ["SWIFTWATER_CONFIG": path])
        #expect(trained.status == 0 && trained.output.contains("\"rank\":2"), "\(trained.output)\(trained.error)")
    }

    /// A key that means nothing ends the program before the work, with its line.
    @Test(arguments: [
        ("serve:\n  windw: 5m\n", ":2: 'serve' has no option 'windw'; did you mean 'window'?"),
        ("srve:\n  port: 1\n", ":2: 'srve' is not a command; did you mean 'serve'?"),
        ("serve: 5\n", ":1: 'serve' takes options"),
        ("serve:\n  demo: 7\n", ":2: 'serve.demo' is neither true nor false"),
        ("train:\n  file: x\n", ":2: 'file' is an argument of 'train'; give it on the command line"),
        ("all:\n  nothing-such: 1\n", ":2: no command has an option 'nothing-such'"),
        ("a: b: c\n", ":1: the file is not YAML"), ("serve:\n  port: 1\n  port: 2\n", "'port' stands there twice"),
        ("serve:\n  port:\n", ":2: 'serve.port' has no value"),
        ("- serve\n", "the file is not a list of keys with values"),
        ("serve:\n  window: [[1m]]\n", ":2: 'serve.window' has a list of lists"),
        ("trends:\n  batch: 10\n", ":2: 'trends' refuses its options"),
    ])
    func faultsAreShownWithTheirLine(text: String, message: String) throws {
        let folder = try TemporaryDirectory()
        let path = try file(text, in: folder)
        let checked = try Program.run("config", "check", path)
        #expect(checked.status == 65 && checked.error.contains(message), "\(checked.error)")
    }

    /// What a command refuses is shown with what was not on its command line.
    @Test func aWrongCommandLineNamesTheFile() throws {
        let folder = try TemporaryDirectory()
        let path = try file("trends:\n  batch: 10\n", in: folder)
        let run = try Program.run("trends", "--source", "file:x", "--config", path)
        #expect(run.status == 64 && run.error.contains("write 10s for seconds"), "\(run.error)")
        #expect(run.error.contains("Also set:\n  batch: 10  (\(path):2)"), "\(run.error)")
    }

    /// Secrets are not shown, and a file that others can read is refused.
    @Test func secretsStaySecret() throws {
        let folder = try TemporaryDirectory()
        let text = """
            environment:
              SWIFTWATER_TOKEN: hush-hush-hush-hush
            serve:
              source: "https://user:hush@127.0.0.1/?token=hush"
            """
        let path = try file(text, in: folder)
        chmod(path, 0o640)
        let refused = try Program.run("config", "show", "--config", path)
        #expect(refused.status == 77 && refused.error.contains("chmod 600"), "\(refused.error)")
        chmod(path, 0o600)
        let shown = try Program.run("config", "show", "--config", path)
        #expect(
            shown.status == 0 && !shown.output.contains("hush") && shown.output.contains("(hidden)"), "\(shown.output)")
    }

    #if Server
        /// Variables of the file are there for the program, unless the environment has them.
        @Test func variablesAreSet() throws {
            let folder = try TemporaryDirectory()
            let path = try file("environment:\n  SWIFTWATER_TOKEN: a-token-of-enough-letters\n", in: folder)
            chmod(path, 0o600)
            let token = try folder.write("token", "another-token-of-enough-letters\n")
            let words = ["serve", "--port", "0", "--token-file", token, "--config", path]
            let refused = try Program.run(words, variables: [:])
            #expect(refused.status == 64 && refused.error.contains("SWIFTWATER_TOKEN and a file"), "\(refused)")
        }
    #endif

    /// An example has every option as a comment, and is a configuration itself once the comments are removed.
    @Test func examplesAreGood() throws {
        let folder = try TemporaryDirectory()
        for command in ["serve", "generate posts"] {
            let words = ["config", "example"] + command.split(separator: " ").map(String.init)
            let example = try Program(words).wait()
            #expect(example.status == 0 && example.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
            let path = try file(example.output + "\n", in: folder)
            #expect(try Program.run("config", "check", path).status == 0, "\(command)")
        }
    }

    /// `doctor` tries what the configuration names.
    @Test func doctorTriesWhatIsNamed() throws {
        let folder = try TemporaryDirectory()
        let good = try file("serve:\n  state: \(folder.file("state"))\n  port: 0\n", in: folder)
        let fine = try Program.run("doctor", "--config", good)
        #expect(fine.status == 0 && fine.output.contains("serve: state"), "\(fine.output)\(fine.error)")
        let bad = try file(
            "serve:\n  model: \(folder.file("none.model"))\n  source: socket://127.0.0.1:1\n  port: 0\n", in: folder)
        let report = try Program.run("doctor", "--config", bad, "--json")
        #expect(report.status == 69)
        let findings = try Array(report.output.utf8).withUnsafeBufferPointer { try JSONValue(parsing: $0) }
        let wrong = (findings["findings"]?.array ?? []).filter { $0["grade"]?.string == "bad" }
        #expect(wrong.map { $0["subject"]?.string } == ["serve: source", "serve: model"], "\(report.output)")
        #expect(wrong.allSatisfy { $0["remedy"]?.string?.isEmpty == false })
        #expect(wrong.first?["text"]?.string?.contains("127.0.0.1:1 does not answer: Connection refused") == true)
    }

    /// A variable that names no option is a mistake, as a key of a file is.
    @Test func unknownVariablesAreRefused() throws {
        let result = try Program.shell("SWIFTWATER_TRAIN_RNAK=5 \"$SWIFTWATER\" train none.csv")
        #expect(result.status == 64, "\(result)")
        #expect(
            result.error.contains(
                "SWIFTWATER_TRAIN_RNAK names no option of 'train'; did you mean SWIFTWATER_TRAIN_RANK?"))
        let known = try Program.shell(
            "SWIFTWATER_RATINGS_SUMMARY_STRICT=true SWIFTWATER_TRAIN_RANK=0 \"$SWIFTWATER\" train none.csv")
        #expect(known.error.contains("--rank takes 1 or more"), "\(known)")
        let sub = try Program.shell("SWIFTWATER_RATINGS_SUMMARY_STRICT=true \"$SWIFTWATER\" ratings summary none.csv")
        #expect(sub.status == 66, "\(sub)")
    }

    /// An example that nobody has edited is good, and sets nothing.
    @Test(arguments: ["relay", "serve", "sources check", "ratings summary"])
    func anUntouchedExampleIsGood(command: String) throws {
        let folder = try TemporaryDirectory()
        let example = try Program(["config", "example"] + command.split(separator: " ").map(String.init)).wait()
        let file = try folder.write("x.yaml", example.output)
        let checked = try Program.run("config", "check", file)
        #expect(checked.status == 0 && checked.output.hasSuffix(": 0 values are good\n"), "\(checked)")
    }
}
