import Foundation
import Swiftwater
import TestSupport
import Testing

/// What the program wrote at commit 31b10c4 is read, or refused with what to do.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct EarlierVersionsTests {
    /// A copy of what was written, which tests may change.
    private func copy(_ name: String) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: PackageFolder.fixture("31b10c4/" + name), toPath: folder.file(name))
        return folder
    }

    /// Resumes `trends` for a second or until it fails.
    private func resume(_ state: String, _ options: String...) throws -> Program.Result {
        let input = try TemporaryDirectory()
        let program = try Program(
            [
                "trends", "--source", "files:" + input.path, "--checkpoint", state, "--batch", "1s", "--window", "30s",
                "--slide", "1s", "--json",
            ] + options)
        _ = program.waitForOutput { output, _ in output.contains("\"schema\":1") ? true : nil }
        program.terminate()
        return program.wait()
    }

    @Test func modelsAreRead() throws {
        let model = try ModelFile.read(PackageFolder.fixture("31b10c4/films.model"))
        let best = try model.recommend(user: "1", limit: 3)
        #expect(best.source == .model)
        #expect(best.items.map { model.itemIDs[$0.index] } == ["27", "25", "9"])
    }

    /// A cache of another version is made again: this one has the ids 007 and 7 as one.
    @Test func cachesOfRatingsAreMadeAgain() throws {
        let folder = try copy("ratings.csv")
        let path = folder.file("ratings.csv")
        try FileManager.default.copyItem(
            atPath: PackageFolder.fixture("31b10c4/ratings.csv.swratings"), toPath: path + ".swratings")
        let plain = try Ratings.read(path)
        let cached = try Ratings.read(path, format: RatingsFormat(keepsCache: true))
        #expect(cached.ratings.users == plain.ratings.users && cached.ratings.items == plain.ratings.items)
        #expect(cached.ratings.values == plain.ratings.values && !cached.report.cameFromCache)
        #expect(try Ratings.read(path, format: RatingsFormat(keepsCache: true)).report.cameFromCache)
    }

    @Test func ratingLogsAreRead() throws {
        let folder = try copy("films")
        let recommender = try LiveRecommender(directory: folder.file("films")) { throw NoModel() }
        defer { recommender.close() }
        #expect(recommender.history(of: "1").contains(RatedItem(item: "5", rating: 4.5)))
        #expect(recommender.history(of: "30").contains(RatedItem(item: "5", rating: 4.5)))
        #expect(recommender.history(of: "2").isEmpty, "this user is forgotten")
    }

    /// The counts of `trends` without evidence were a windowed count; now they are a state of `trending`.
    @Test func countsAreRefusedWithWhatToDo() throws {
        let folder = try copy("counts")
        let refused = try resume(folder.file("counts"))
        #expect(refused.status == 64)
        #expect(refused.error.contains("the checkpoint has 'trends'"), "\(refused.error)")
        #expect(refused.error.contains("--checkpoint-drop NAME"), "\(refused.error)")
        let dropped = try resume(folder.file("counts"), "--checkpoint-drop", "trends")
        #expect(dropped.status == 0, "\(dropped.error)")
    }

    @Test func trendsWithEvidenceAreRead() throws {
        let folder = try copy("reasons")
        let result = try resume(folder.file("reasons"))
        #expect(result.status == 0, "\(result.error)")
        let first = try #require(result.output.split(separator: "\n").first)
        #expect(first.contains("\"posts\":2000") && first.contains("\"key\":\"#lakes\""), "\(first)")
        #expect(first.contains("\"count\":1200"), "\(first)")
    }

    @Test func anotherKindOfSourceIsNamed() throws {
        let folder = try copy("reasons")
        let result = try Program.run(
            "trends", "--source", "socket://127.0.0.1:1", "--checkpoint", folder.file("reasons"), "--batch", "1s",
            "--window", "30s", "--slide", "1s")
        #expect(result.status == 64)
        #expect(result.error.contains("source 'posts' cannot read what the checkpoint has for it"), "\(result.error)")
    }
}

/// The directory should have a model.
private struct NoModel: Error {}
