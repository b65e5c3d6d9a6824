import DatabaseTestSupport
import Foundation
import SwiftwaterFormats
import TestSupport
import Testing

/// Lists of recommendations in sinks have the rows that the CSV file has, under a run that a row of its own ends.
@Suite(.serialized, .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct RecommendSinkTests {
    private static let folder = Result { try TemporaryDirectory() }
    private static let model = Result {
        let folder = try Self.folder.get()
        let rows = (0..<2000).map { "u\($0 % 50),\($0 * 7 % 61),\(1 + $0 * 3 % 5)\n" }.joined()
        let csv = try folder.write("ratings.csv", "userId,movieId,rating\n" + rows)
        let result = try Program.run("train", csv, "--out", folder.file("model"), "--max-iterations", "2")
        guard result.status == 0 else { throw Failure(description: result.error) }
        return folder.file("model")
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }

    /// The rows of the CSV file: id, rank, id, score.
    private func expected(_ options: String...) throws -> [String] {
        let result = try Program(["recommend", "--model", try Self.model.get()] + options).wait()
        #expect(result.status == 0, "\(result.error)")
        return result.output.split(separator: "\n").dropFirst().map(String.init)
    }

    private func run(_ sink: String, _ options: String...) throws {
        let result = try Program(["recommend", "--model", try Self.model.get(), "--sink", sink] + options).wait()
        #expect(result.status == 0, "\(result.error)")
        #expect(result.error.contains("written to the sink"))
    }

    @Test func rowsAreInFiles() throws {
        let out = try Self.folder.get().file("out")
        try run("csv:" + out, "--for-items", "4")
        let names = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
        let rows = try #require(names.first { $0.hasPrefix("recommendations_for_items-") })
        let lines = try String(contentsOfFile: out + "/" + rows, encoding: .utf8).split(separator: "\n")
        #expect(lines.first == "item,rank,user,score,source,run")
        let stamp = rows.split(separator: "-").last!.prefix { $0.isNumber }
        #expect(lines.dropFirst().map(String.init) == (try expected("--for-items", "4")).map { $0 + ",\(stamp)" })
        #expect(names.contains { $0.hasPrefix("recommendation_runs_for_items-\(stamp)") })
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, Comment(rawValue: PostgreSQLServer.missing)))
    func rowsAreInPostgreSQL() throws {
        let server = try PostgreSQLServer()
        setenv("PGPASSFILE", server.passwordFile, 1)
        try run(server.address(), "--for-users", "3")
        try run(server.address(), "--for-users", "5")
        let query = """
            SELECT concat_ws(',', "user", rank, item, score, source) FROM recommendations
            WHERE run = (SELECT max(run) FROM recommendation_runs) ORDER BY "user", rank
            """
        #expect(try server.query(query).sorted() == expected("--for-users", "5").sorted())
        let runs = try server.query("SELECT rows, batches, run = batch FROM recommendation_runs ORDER BY run")
        #expect(runs == ["150|1|t", "250|1|t"])
    }

    @Test(.enabled(if: KafkaMock.isInstalled, Comment(rawValue: KafkaMock.missing)))
    func rowsAreInATopic() throws {
        let mock = try KafkaMock()
        mock.create("top")
        try run(mock.address("top"), "--for-users", "2")
        let messages = try mock.messages("top")
        let rows = try messages.compactMap { message -> String? in
            let json = try JSONValue(parsing: message.value ?? "null")
            guard let user = json["user"]?.string, let rank = json["rank"]?.integer, let item = json["item"]?.string,
                let score = json["score"]?.double
            else { return nil }
            return "\(user),\(rank),\(item),\(Float(score)),model"
        }
        #expect(rows == (try expected("--for-users", "2")))
        #expect(messages.last?.headers["swiftwater-output"] == "recommendation_runs")
    }

    @Test func whatDoesNotGoTogetherIsRefused() throws {
        let model = try Self.model.get()
        for options in [["--out", "x"], ["--user", "u1"], ["--master", "sc://127.0.0.1:1"]] {
            let result = try Program(
                ["recommend", "--model", model, "--for-users", "2", "--sink", "sqlite:x.db"] + options
            ).wait()
            #expect(result.status == 64 && result.error.contains("--sink goes without"), "\(result.error)")
        }
    }
}
