import Foundation
import SwiftwaterFormats
import SwiftwaterRecommender
import TestSupport
import Testing

/// What `train` and `tune` write, and what is kept of one that is stopped.
@Suite(.serialized, .enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct TrainCommandTests {
    private static let folder = Result { try TemporaryDirectory() }
    private static let ratings = Result {
        let result = try Program.run("generate", "ratings", "--preset", "100k", "--out", try folder.get().file("data"))
        guard result.status == 0 else { throw Failure(description: result.error) }
        return try folder.get().file("data/ratings.csv")
    }

    private struct Failure: Error, CustomStringConvertible { let description: String }

    private func run(_ arguments: String...) throws -> Program.Result { try Program(arguments).wait() }

    /// The model that is written knows every rating, so nobody is recommended what they have rated; the metrics are those
    /// of the split.
    @Test func theModelKnowsAllRatings() throws {
        let (ratings, folder) = (try Self.ratings.get(), try Self.folder.get())
        let options = ["train", ratings, "--max-iterations", "2", "--out"]
        let all = try Program(options + [folder.file("all")]).wait()
        let split = try Program(options + [folder.file("split"), "--final", "split"]).wait()
        #expect(all.status == 0 && split.status == 0)
        #expect(all.output.contains("training again on all 100,000 ratings"))
        #expect(!split.output.contains("again"))
        func metrics(_ result: Program.Result) -> [Substring] {
            result.output.split(separator: "\n").filter { $0.hasPrefix("validation:") || $0.hasPrefix("test:") }
        }
        #expect(metrics(all) == metrics(split) && metrics(all).count == 2)
        let (whole, part) = (try ModelFile.read(folder.file("all")), try ModelFile.read(folder.file("split")))
        #expect(whole.history.columns.count == 100_000 && part.history.columns.count < 61_000)
        let read = try Ratings.read(ratings).ratings
        #expect(try whole.history == ALS(whole.settings).fit(read).history)
        let lists = try run("recommend", "--model", folder.file("all"), "--for-users", "5").output
        let rated = Set(
            try String(contentsOfFile: ratings, encoding: .utf8).split(separator: "\n").map {
                $0.split(separator: ",").prefix(2).joined(separator: ",")
            })
        let recommended = lists.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
        #expect(recommended.count > 4000)
        #expect(recommended.allSatisfy { !rated.contains("\($0[0]),\($0[2])") })
    }

    @Test func givenPartsStayApart() throws {
        let (ratings, folder) = (try Self.ratings.get(), try Self.folder.get())
        let given = try run("train", "--train", ratings, "--max-iterations", "1", "--out", folder.file("given"))
        #expect(given.status == 0 && !given.output.contains("again"))
        let refused = try run("train", "--train", ratings, "--final", "all", "--out", folder.file("given"))
        #expect(refused.status == 64 && refused.error.contains("--final all requires one FILE"))
    }

    /// A place that cannot be written is known before the work.
    @Test(arguments: ["train", "tune"]) func aWrongPlaceIsKnownFirst(command: String) throws {
        let (ratings, folder) = (try Self.ratings.get(), try Self.folder.get())
        for (path, status, words) in [
            ("/no/such/folder/x.svg", 66, "cannot create /no/such/folder/x.svg: No such file"),
            (folder.path, 64, "is a directory; name a file in it"),
        ] {
            let result = try run(command, ratings, "--out", path)
            #expect(Int(result.status) == status && result.error.contains(words), "\(result.error)")
            #expect(result.output.isEmpty && !result.error.contains(".tmp-"))
        }
        let same = try run(command, ratings, "--out", "x", command == "train" ? "--checkpoint" : "--plot", "x")
        #expect(same.status == 64, "\(same.error)")
    }

    @Test func aStoppedTrainingKeepsItsModel() throws {
        let (ratings, folder) = (try Self.ratings.get(), try Self.folder.get())
        let model = folder.file("stopped")
        let program = try Program(["train", ratings, "--max-iterations", "100000", "--out", model])
        let isRunning = program.waitForOutput { output, _ in output.contains("iteration   3") ? true : nil }
        #expect(isRunning == true)
        kill(program.pid, SIGINT)
        let result = program.wait()
        #expect(result.status == 130)
        #expect(result.error.contains("the model of the last one is in \(model)"), "\(result.error)")
        let kept = try ModelFile.read(model)
        #expect(kept.settings.maxIterations >= 3 && kept.history.columns.count < 61_000)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains(".tmp-") })
    }

    /// The command that `tune` prints, in lines that a shell reads as one, trains the model that its `--out` writes.
    @Test func theWinnerIsACommand() throws {
        let (ratings, folder) = (try Self.ratings.get(), try Self.folder.get())
        let search = ["tune", ratings, "--ranks", "3,5", "--max-iterations", "2", "--seed", "7", "--split-by", "user"]
        let result = try Program(search).wait()
        let command = try #require(result.output.ranges(of: "swiftwater train ").last)
        let words = result.output[command.upperBound...].replacing("\\\n", with: " ").split(
            whereSeparator: \.isWhitespace
        )
        .map(String.init)
        #expect(words.last == "films.model")
        let train = try Program(["train"] + words.dropLast() + [folder.file("winner")]).wait()
        #expect(train.status == 0, "\(train.error)")
        let written = try Program(search + ["--out", folder.file("written"), "--json"]).wait()
        #expect(written.status == 0, "\(written.error)")
        #expect(try ModelFile.read(folder.file("winner")) == ModelFile.read(folder.file("written")))
        let json = try JSONValue(parsing: written.output)
        #expect(json["command"]?.string?.hasPrefix("swiftwater train ") == true && json["test"]?["rmse"]?.double != nil)
    }

    @Test func aCurveThatStillFallsSaysSo() throws {
        let ratings = try Self.ratings.get()
        let falling = try run("tune", ratings, "--max-iterations", "2,3", "--regularization", "1")
        #expect(falling.output.contains("the curve still falls: try more iterations"), "\(falling.output)")
        let png = try run("tune", ratings, "--plot", "rmse.png")
        #expect(png.status == 64 && png.error.contains("not .png"))
    }
}
