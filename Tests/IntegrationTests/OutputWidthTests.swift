import Foundation
import TestSupport
import Testing

/// What commands print fits a terminal of 80 columns.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
struct OutputWidthTests {
    private let folder = try! TemporaryDirectory()

    /// Titles are cut, remarks are wrapped, and a command that is to be copied goes on in the next line.
    @Test func outputsOfTheRecommenderFit() throws {
        #expect(try Program.run("generate", "ratings", "--out", folder.file("sample")).status == 0)
        // It runs as it is printed.
        let tuned = try Program.shell(
            """
            cd '\(folder.path)' && "$SWIFTWATER" tune sample/ratings.csv --max-iterations 1,5 --regularization 0.001 |
            tee tuned && sed -n '/^swiftwater/,$p' tuned | sed "s|^swiftwater|'$SWIFTWATER'|" > command && bash command
            """)
        #expect(tuned.status == 0 && FileManager.default.fileExists(atPath: folder.file("films.model")), "\(tuned)")
        #expect(tuned.output.contains("too\nclosely") && tuned.output.contains(" \\\n  --"), "\(tuned.output)")
        expectFits(tuned.output, "tune")
        for command in [
            "ratings summary sample/ratings.csv", "ratings matrix sample/ratings.csv", "train sample/ratings.csv",
            "factors --model films.model --movies sample/movies.csv", "evaluate --model films.model sample/ratings.csv",
            "recommend --model films.model --movies sample/movies.csv --for-users 1", "doctor",
            "similar --model films.model --movies sample/movies.csv --item $(sed -n '2s/,.*//p' sample/movies.csv)",
        ] {
            let result = try Program.shell("cd '\(folder.path)' && \"$SWIFTWATER\" \(command)")
            #expect(result.status == 0 || command == "doctor", "\(command): \(result)")
            expectFits(result.output, command)
        }
    }

    private func expectFits(_ output: String, _ name: String) {
        for line in output.split(separator: "\n") { #expect(line.count <= 80, "\(name): \(line)") }
    }
}
