import Foundation
import TestSupport
import Testing

/// The commands of README and the tour, in order, in an empty folder, do what the page says. What needs the internet or files of the reader's
/// own is left out, or has such files; ports are free ones.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct ReadmeTests {
    /// What the output of a command that begins so has.
    private static let expected: [(begin: String, words: [String])] = [
        ("generate ratings", ["1,000,209 ratings written to data/ratings.csv"]),
        ("ratings summary", ["1,000,209", "6,040"]), ("ratings matrix", ["?", "12 of 6,040 users"]),
        (
            "tune data/ratings.csv --max-iterations",
            ["the curve still falls: try more iterations", "plot written to rmse.svg", "swiftwater train"]
        ),
        ("tune data/ratings.csv --ranks", ["   best", "swiftwater train data/ratings.csv --rank"]),
        ("train data/ratings.csv", ["RMSE on validation", "test: RMSE 0.8", "all 1,000,209 ratings", "films.model"]),
        ("recommend --model films.model --user 42", ["Top 10 items for user 42 (rated ones left out)", "you rated"]),
        ("recommend --model films.model --for-users 10", ["60,400 recommendations", "top10.csv"]),
        ("sql", ["movieId", "5 rows"]), ("neighbors", ["predictions in parentheses", "("]),
        ("generate posts --preset 100k --out posts.txt", ["100,000 posts written to posts.txt"]),
        ("generate posts --preset 100k --format ndjson", ["100,000 posts written to posts.ndjson"]),
        ("trends --source ack", ["posts", "#"]), ("checkpoint verify", ["checkpoint", "log  good"]),
        ("generate posts --preset 1m", ["1,000,000 posts written to archive.ndjson"]),
        ("trends --source file:archive.ndjson", ["last 10m", "  1 "]),
        ("trends --source file:tweets.csv", ["last 10m", "#café"]), ("trends --source tail:", ["#logged"]),
        ("trends --source socket", ["posts", "#"]), ("serve --demo", ["is running at"]),
        ("serve --source socket", ["is running at"]),
        ("curl -d 'a post about #lakes'", [#""accepted":1"#]),
        ("curl -d '{\"user\"", [#""accepted":1"#, #""unknownItems":0"#]),
        ("curl http", [#""user":"42""#, #""source":"fold-in""#]),
    ]

    private let folder: TemporaryDirectory
    private let ports: [String: Int]

    init() throws {
        folder = try TemporaryDirectory()
        ports = try Dictionary(
            uniqueKeysWithValues: ["7773", "7774", "7775", "7776", "7780"].map { ($0, try FreePort.choose()) })
        let tweets =
            "id,content,created_at\n"
            + (0..<60).map { "\($0),un #caf\u{E9},2026-11-01 12:\($0 / 2 + 10):00\n" }.joined()
        try tweets.data(using: .isoLatin1)!.write(to: URL(filePath: folder.file("tweets.csv")))
        try folder.write(
            "posts-log.ndjson", (0..<20).map { "{\"text\":\"#logged \($0)\",\"id\":\"\($0)\"}\n" }.joined())
    }

    /// The commands of the blocks of README and the tour, without comments.
    private static func commands() throws -> [String] {
        let text = try ["README.md", "docs/TOUR.md"].map {
            try String(contentsOfFile: PackageFolder.root + $0, encoding: .utf8)
        }.joined()
        return text.components(separatedBy: "```sh\n").dropFirst().flatMap { block in
            block.components(separatedBy: "\n```")[0].replacing("\\\n", with: " ").split(separator: "\n").map { line in
                (line.range(of: " #(?= )| +# ", options: .regularExpression).map { line[..<$0.lowerBound] } ?? line[...])
                    .trimmingCharacters(in: .whitespaces)
            }
        }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    /// A command with the ports and files of this test.
    private func adapted(_ command: String) -> String {
        var command = command
        for (port, other) in ports {
            command = command.replacing(":\(port)", with: ":\(other)").replacing(
                "--port \(port)", with: "--port \(other)")
        }
        command = command.replacing("/var/log/posts.ndjson", with: folder.file("posts-log.ndjson"))
        if command.hasPrefix("swiftwater relay"), !command.contains("--port") {
            command += " --port \(ports["7773"]!)"
        }
        if command.hasPrefix("swiftwater serve") { command += " --port \(ports["7780"]!)" }
        return command
    }

    private func start(_ command: String) throws -> Program {
        try Program(
            executable: URL(filePath: "/bin/bash"),
            ["-c", "cd '\(folder.path)' && PATH='\(Program.folder.path())':$PATH && exec \(command)"], input: nil,
            environment: ProcessInfo.processInfo.environment)
    }

    private func check(_ text: String, _ command: String) {
        let begin = command.replacing("swiftwater ", with: "")
        let words = Self.expected.first { begin.hasPrefix($0.begin) }?.words
        #expect(words != nil, "nothing is expected of: \(command)")
        for word in words ?? [] { #expect(text.contains(word), "\(command): \(text.suffix(2000))") }
    }

    @Test func everyCommandDoesWhatItSays() throws {
        var (background, server): ([Program], Program?) = ([], nil)
        defer { for program in background + [server].compactMap(\.self) { program.terminate() } }
        var left: [String] = []
        for command in try Self.commands().filter({ !$0.hasPrefix("make ") }) {
            if command.contains("jetstream:") || command.contains("s3a://") || command.contains("kafka://") {
                left.append(command)
                continue
            }
            if command.hasSuffix("&") {
                background.append(try start(adapted(String(command.dropLast()))))
                usleep(500_000)
                continue
            }
            let isEndless = ["trends --source socket", "trends --source ack", "trends --source tail", "serve"].contains
            {
                command.hasPrefix("swiftwater \($0)")
            }
            if command.hasPrefix("curl http") {
                // The rating changed the list.
                check(try start(adapted("curl -s" + command.dropFirst(4))).wait().output, command)
                continue
            }
            guard isEndless else {
                let line = command.hasPrefix("curl") ? "curl -s" + command.dropFirst(4) : command
                let result = try start(adapted(line)).wait()
                #expect(result.status == 0, "\(command): \(result.error)")
                check(result.output + result.error, command)
                continue
            }
            let program = try start(adapted(command))
            let words =
                Self.expected.first { command.replacing("swiftwater ", with: "").hasPrefix($0.begin) }?.words ?? []
            let isThere = program.waitForOutput { output, _ in words.allSatisfy { output.contains($0) } ? true : nil }
            #expect(isThere == true, "\(command)")
            if command.contains("--model films.model") {
                server = program
                continue
            }
            kill(program.pid, SIGINT)
            let result = program.wait()
            #expect(result.status == 0, "\(command): \(result.error)")
        }
        #expect(left.count == 3, "\(left)")
        #expect(server != nil)
        let svg = try String(contentsOfFile: folder.file("rmse.svg"), encoding: .utf8)
        #expect(svg.hasPrefix("<svg") || svg.hasPrefix("<?xml"))
        let top = try String(contentsOfFile: folder.file("top10.csv"), encoding: .utf8)
        #expect(top.split(separator: "\n").count == 60_401)
    }
}
