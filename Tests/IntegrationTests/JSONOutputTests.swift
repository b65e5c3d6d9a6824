import Foundation
import SwiftwaterFormats
import TestSupport
import Testing

/// `--json` of all commands: it is there, it is documented, and the documented members are those that are printed.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct JSONOutputTests {
    private static let document = try? String(
        contentsOfFile: #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/docs/FORMATS.md",
        encoding: .utf8)

    @Test func everyCommandHasDocumentedJSON() throws {
        let document = try #require(Self.document)
        let dump = try Program.run("--experimental-dump-help")
        let all = try JSONValue(parsing: dump.output)
        var commands = 0
        func check(_ command: JSONValue, _ path: [String]) {
            let subcommands = command["subcommands"]?.array ?? []
            for sub in subcommands {
                if let name = sub["commandName"]?.string, name != "help" { check(sub, path + [name]) }
            }
            let name = path.joined(separator: " ")
            // An example is YAML to edit.
            guard subcommands.isEmpty, name != "config example" else { return }
            commands += 1
            let names = (command["arguments"]?.array ?? []).flatMap { $0["names"]?.array ?? [] }
            // explain hands its words to the command that it explains.
            #expect(name == "explain" || names.contains { $0["name"]?.string == "json" }, "\(name) has no --json")
            #expect(document.contains("`\(name) --json`"), "\(name) --json is not in FORMATS.md")
        }
        check(try #require(all["command"]), [])
        #expect(commands > 25)
    }

    /// Returns the names of the members of the first JSON object of an output.
    private func members(_ output: String, line: Int = 0) throws -> [String] {
        let text = output.split(separator: "\n")[line]
        guard case .object(let members) = try JSONValue(parsing: String(text)) else { return [] }
        return members.map(\.name)
    }

    private func documented(_ command: String) throws -> String {
        let document = try #require(Self.document)
        return String(
            try #require(
                document.split(separator: "\n").first { $0.hasPrefix("|") && $0.contains("`\(command) --json`") }))
    }

    private func expect(_ members: [String], in command: String) throws {
        let row = try documented(command)
        #expect(!members.isEmpty)
        for member in members {
            #expect(row.contains("`\(member)`"), "\(command): \(member) is not in \(row)")
        }
    }

    @Test func generatedFilesAreDescribed() throws {
        let folder = try TemporaryDirectory()
        let posts = try Program.run("generate", "posts", "--out", folder.file("p.txt"), "--json")
        try expect(members(posts.output), in: "generate posts")
        #expect(posts.output == "{\"posts\":100000,\"seed\":7,\"out\":\"\(folder.file("p.txt"))\"}\n")
        let ratings = try Program.run("generate", "ratings", "--out", folder.file("d"), "--json")
        try expect(members(ratings.output), in: "generate ratings")
        #expect(ratings.output.contains("\"ratings\":100000,"))
    }

    @Test func demoIsJSON() throws {
        let demo = try Program.run("demo", "--windows", "2", "--json")
        let lines = demo.output.split(separator: "\n")
        #expect(demo.status == 0 && lines.count >= 3, "\(demo)")
        #expect(try members(demo.output).contains("trends"))
        try expect(members(demo.output, line: lines.count - 1), in: "demo")
    }

    /// A program that starts a relay learns its port from the first line, and its counts from the last.
    @Test func aRelaySaysWhenItIsReadyAndWhatItDid() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "one #a\ntwo #b\n")
        let result = try Program.run(
            "relay", "--from", posts, "--port", "0", "--wait-for-clients", "0", "--track", "one", "--json")
        #expect(result.status == 0 && result.error.isEmpty, "\(result)")
        try expect(members(result.output), in: "relay")
        try expect(members(result.output, line: 1), in: "relay")
        #expect(result.output.contains("\"lines\":2,\"relayed\":1,\"untracked\":1,"), "\(result.output)")
    }

    /// Posts that no receiver came for are not acknowledged, and said so.
    @Test func aRelayWithoutAReceiverCountsWhatIsLeft() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "one #a\ntwo #b\n")
        let result = try Program.shell(
            "timeout 10 \"$SWIFTWATER\" relay --from '\(posts)' --ack --port 0 --json; echo status $?")
        let last = try #require(result.output.split(separator: "\n").first { $0.contains("\"end\"") }, "\(result)")
        let document = try JSONValue(parsing: String(last))
        #expect(document["acknowledged"]?.integer == 0)
        #expect(document["unacknowledged"]?.integer == document["relayed"]?.integer, "\(last)")
        #expect(document["relayed"]?.integer ?? 0 > 0, "\(last)")
    }

    @Test func backupsAndRepairsAreJSON() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "#a #b\n")
        let (state, copy) = (folder.file("state"), folder.file("copy"))
        #expect(try Program.run("trends", "--source", "file:\(posts)", "--checkpoint", state).status == 0)
        let backup = try Program.run("checkpoint", "backup", state, copy, "--json")
        try expect(members(backup.output), in: "checkpoint backup")
        let read = try Program.run("checkpoint", "restore", copy, "--dry-run", "--json")
        #expect(read.output == backup.output.replacing("\"\(copy)\"", with: "null"), "\(read)")
        let restored = try Program.run("checkpoint", "restore", copy, folder.file("new"), "--json")
        #expect(restored.output == backup.output.replacing(copy, with: folder.file("new")))
        let repaired = try Program.run("checkpoint", "repair", state, "--json")
        #expect(repaired.output == "{\"logs\":[]}\n", "\(repaired)")
    }

    @Test func configurationsAreChecked() throws {
        let folder = try TemporaryDirectory()
        let good = try folder.write("good.yaml", "trends:\n  top: 5\n")
        let bad = try folder.write("bad.yaml", "trends:\n  tup: 5\n")
        let checked = try Program.run("config", "check", good, "--json")
        #expect(checked.output == "{\"file\":\"\(good)\",\"values\":1,\"problems\":[]}\n", "\(checked)")
        try expect(members(checked.output), in: "config check")
        let refused = try Program.run("config", "check", bad, "--json")
        #expect(refused.status == 65 && refused.output.contains("tup"), "\(refused)")
    }
}
