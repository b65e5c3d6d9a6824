import Foundation
import TestSupport
import Testing

/// Ctrl-C, and readers that go away, end every command quietly, and leave nothing behind.
@Suite(.serialized, .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct InterruptTests {
    @Test func generateLeavesNothingBehind() throws {
        let folder = try TemporaryDirectory()
        let program = try Program(["generate", "ratings", "--preset", "10m", "--out", folder.path])
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline, try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty {
            usleep(20_000)
        }
        kill(program.pid, SIGINT)
        let result = program.wait()
        #expect([SIGINT, 130].contains(result.status) && result.error.isEmpty, "\(result)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func theDemoEnds() throws {
        let program = try Program(["demo"])
        let isRunning = program.waitForOutput { output, _ in output.contains("last 2s") ? true : nil }
        #expect(isRunning == true)
        kill(program.pid, SIGINT)
        let result = program.wait()
        #expect(result.status == 130 && result.error.isEmpty, "\(result.error)")
        #expect(!result.output.contains("What to recommend"))
    }

    /// A sender in the middle of its work: nothing is said about event loops.
    @Test func anAcknowledgedSourceEndsQuietly() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", (0..<200_000).map { "#k\($0 % 50) post \($0)\n" }.joined())
        let port = try FreePort.choose()
        let relay = try Program([
            "relay", "--from", posts, "--rate", "2000", "--ack", "--quiet", "--port", "\(port)",
        ])
        defer { relay.terminate() }
        for _ in 0..<5 {
            let program = try Program([
                "trends", "--source", "ack://127.0.0.1:\(port)", "--batch", "200ms", "--window", "1s",
                "--checkpoint", folder.file("state"),
            ])
            let isRunning = program.waitForOutput { output, _ in output.contains("#k") ? true : nil }
            #expect(isRunning == true)
            kill(program.pid, SIGINT)
            let result = program.wait()
            #expect(
                result.status == 0 && !result.error.contains("EventLoop") && !result.error.contains("ERROR"),
                "\(result.error)")
        }
    }

    /// Who reads the first line and goes has what it wanted.
    @Test(arguments: [
        "demo", "trends --source file:posts.txt --batch 1s --window 1s", "recommend --model m --for-users 50",
        "ratings summary data/ratings.csv", "sql --table r=data/ratings.csv --format csv 'SELECT * FROM r'",
        "predict --model m data/ratings.csv", "connectors", "--help",
    ])
    func headIsSilent(command: String) throws {
        let folder = try Self.data.get()
        let result = try Program.shell(
            "cd '\(folder.path)' && { '\(Program.path)' \(command); echo $? > status; } | head -1")
        #expect(result.error.isEmpty, "\(result.error)")
        #expect(result.output.split(separator: "\n").count == 1)
        let status = try String(contentsOfFile: folder.file("status"), encoding: .utf8)
        #expect(["0\n", "141\n"].contains(status), "\(status)")
    }

    private static let data = Result {
        let folder = try TemporaryDirectory()
        for words in [
            ["generate", "ratings", "--preset", "100k", "--out", folder.file("data")],
            ["generate", "posts", "--preset", "100k", "--out", folder.file("posts.txt")],
            ["train", folder.file("data/ratings.csv"), "--max-iterations", "1", "--out", folder.file("m")],
        ] {
            let result = try Program(words).wait()
            #expect(result.status == 0, "\(result.error)")
        }
        return folder
    }

    /// A server and a stream do not take each other's directories.
    @Test func directoriesOfTheOtherKindAreRefused() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a\n")
        let (stream, server) = (folder.file("stream-state"), folder.file("server-state"))
        let trends = ["trends", "--source", "file:" + posts, "--checkpoint"]
        #expect(try Program(trends + [stream]).wait().status == 0)
        let refused = try Program(["serve", "--port", "0", "--state", stream]).wait()
        #expect(refused.status == 64 && refused.error.contains("has the checkpoints of a stream"), "\(refused.error)")
        let program = try Program(["serve", "--port", "0", "--state", server])
        let isRunning = program.waitForOutput { output, _ in output.contains("is running at") ? true : nil }
        #expect(isRunning == true)
        program.terminate()
        #expect(program.wait().status == 0)
        let other = try Program(trends + [server]).wait()
        #expect(other.status == 64 && other.error.contains("has the state of a server"), "\(other.error)")
    }
}
