import Foundation
import TestSupport
import Testing

/// Where `--out` writes, and where it must not.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct OutputPlaceTests {
    private func ratings(in folder: TemporaryDirectory) throws -> String {
        let rows = (1...20).flatMap { user in (1...5).map { "\(user),\($0),\((user + $0) % 5 + 1)" } }
        return try folder.write("ratings.csv", "userId,movieId,rating\n" + rows.joined(separator: "\n") + "\n")
    }

    /// What is read is never replaced, whatever name leads to it.
    @Test func inputsAreNotReplaced() throws {
        let folder = try TemporaryDirectory()
        let ratings = try ratings(in: folder)
        let model = folder.file("m")
        #expect(try Program.run("train", ratings, "--rank", "2", "--out", model).status == 0)
        let link = folder.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: ratings)
        let before = try Data(contentsOf: URL(filePath: ratings))
        let modelBefore = try Data(contentsOf: URL(filePath: model))
        for words in [
            ["train", ratings, "--out", ratings], ["train", ratings, "--out", link], ["tune", link, "--out", ratings],
            ["predict", "--model", model, ratings, "--out", link],
            ["predict", "--model", model, ratings, "--out", model],
            ["recommend", "--model", model, "--for-users", "1", "--out", model],
        ] {
            let result = try Program(words).wait()
            #expect(
                result.status == 64 && result.error.contains("which is read; name another file"), "\(words) \(result)")
        }
        #expect(try Data(contentsOf: URL(filePath: ratings)) == before)
        #expect(try Data(contentsOf: URL(filePath: model)) == modelBefore)
    }

    /// A link stays, and what it leads to is replaced, also if it does not exist yet.
    @Test func linksStay() throws {
        let folder = try TemporaryDirectory()
        let ratings = try ratings(in: folder)
        let link = folder.file("current")
        for target in ["real", "later"] {
            try? FileManager.default.removeItem(atPath: link)
            if target == "real" { _ = try folder.write(target, "old") }
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            #expect(try Program.run("train", ratings, "--rank", "2", "--out", link).status == 0)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
            #expect(try Program.run("recommend", "--model", folder.file(target), "--user", "1").status == 0)
        }
    }

    /// Pipes and devices are written to, and stay what they are.
    @Test func pipesAndDevicesStay() throws {
        let folder = try TemporaryDirectory()
        let ratings = try ratings(in: folder)
        let (model, pipe) = (folder.file("m"), folder.file("pipe"))
        #expect(try Program.run("train", ratings, "--rank", "2", "--out", model).status == 0)
        #expect(mkfifo(pipe, 0o600) == 0)
        let result = try Program.shell(
            """
            cat '\(pipe)' & "$SWIFTWATER" predict --model '\(model)' '\(ratings)' --out '\(pipe)' && wait && \
            "$SWIFTWATER" recommend --model '\(model)' --user 1 --out /dev/null && \
            "$SWIFTWATER" generate posts --out /dev/null && test -p '\(pipe)' && test -c /dev/null
            """)
        #expect(result.status == 0, "\(result.error)")
        #expect(
            result.output.split(separator: "\n").count == 101 && result.output.hasPrefix("userId,movieId,prediction\n"))
    }
}
