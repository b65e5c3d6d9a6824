import DatabaseTestSupport
import Foundation
import TestSupport
import Testing

/// Runs the built examples on the ports they name.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct ExamplesTests {
    private func relay(_ lines: [String], port: Int) throws -> Program {
        try Program(
            ["relay", "--from", "-", "--port", "\(port)", "--quiet"], input: lines.joined(separator: "\n") + "\n")
    }

    /// Returns the rows of the first nonempty table of `print`.
    private func firstTable(_ output: String) -> [String]? {
        let tables = output.components(separatedBy: "Time: ").dropFirst().map {
            $0.split(separator: "\n").map(String.init)
        }
        // The next table shows that this one is complete.
        return tables.dropLast().map { $0.dropFirst(2).filter { !$0.hasPrefix("---") } }.first { !$0.isEmpty }
    }

    @Test func theClassicProgramPrintsTheRightTable() throws {
        let feeder = try relay(["#Corona and #swift", "more #corona", "no tag # ##", "#swift, #CORONA"], port: 7773)
        let example = try Program([], program: "HashtagTrends")
        let table = example.waitForOutput { output, _ in firstTable(output) }
        example.terminate()
        _ = example.wait()
        #expect(feeder.wait().status == 0)
        #expect(table == ["(#corona,3)", "(#,1)", "(##,1)", "(#swift,1)", "(#swift,,1)"])
    }

    @Test func meterReadingsAreSummed() throws {
        let feeder = try relay(["b,1.5", "a,2", "b,2.25", "broken", "a,x"], port: 7775)
        let example = try Program([], program: "MeterReadings")
        let table = example.waitForOutput { output, _ in firstTable(output) }
        example.terminate()
        #expect(example.wait().status == 0)
        #expect(feeder.wait().status == 0)
        #expect(table == ["(a,2.0)", "(b,3.75)"])
    }

    @Test func ratingsOnASocketChangeRecommendations() throws {
        let feeder = try relay(["1,1,5", "new,1,4.5"], port: 7774)
        let example = try Program([], program: "LiveRecommendations")
        let isAnswered = example.waitForOutput { output, _ in
            output.contains("user 1 should see ") ? true : nil
        }
        example.terminate()
        #expect(example.wait().status == 0)
        #expect(feeder.wait().status == 0)
        #expect(isAnswered == true)
    }

    @Test(.enabled(if: MongoServer.isInstalled, Comment(rawValue: MongoServer.missing)))
    func postsAreCountedByLocation() throws {
        let server = try MongoServer(isReplicaSet: false)
        try server.script(
            "db.users.insert_many([{'name': 'ada', 'location': 'Wien'}, {'name': 'bob', 'location': 'Graz'}])")
        let feeder = try relay(["ada,Good morning", "bob,Hello", "ada,Again", "eve,Who am I?"], port: 7776)
        let example = try Program([server.address()], program: "PostsByLocation")
        let table = example.waitForOutput { output, _ in firstTable(output) }
        example.terminate()
        #expect(example.wait().status == 0)
        #expect(feeder.wait().status == 0)
        #expect(table?.first == "(Wien,2)" && table.map { Set($0) } == ["(Wien,2)", "(Graz,1)", "(unknown,1)"])
    }

    @Test func theMovieRecommenderRuns() throws {
        let result = try Program([], program: "MovieRecommender").wait()
        #expect(result.status == 0)
        #expect(
            result.output.contains("RMSE on test: 0.8") && result.output.contains("user ")
                && result.output.contains("?"))
    }
}
