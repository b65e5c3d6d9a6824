import Swiftwater
import TestSupport
import Testing

/// Tests queries on a stream whose batches are tables.
@Suite struct StreamSQLTests {
    private func context(_ clock: ManualClock) -> StreamingContext {
        var settings = StreamSettings()
        settings.isStepped = true
        return StreamingContext(
            Context(master: .local(threads: 2), appName: "sql"), batchInterval: .seconds(1), settings: settings,
            clock: clock)
    }

    private static let users = SQLTable(
        [("ada", "London"), ("kurt", "Wien"), ("emmy", "Göttingen")],
        columns: [SQLField("name") { $0.0 }, SQLField("city") { $0.1 }])

    private func results(
        _ batches: [[Text]], _ make: (DStream<Text>) -> DStream<SQLRow>
    ) async throws -> [[[SQLValue]]] {
        let clock = ManualClock()
        let context = context(clock)
        let found = Collected<[[SQLValue]]>()
        make(context.queueStream(batches)).forEachBatch { rdd, _ in found.append(try rdd.collect().map(\.values)) }
        try await context.start()
        for _ in batches {
            clock.advance(by: .seconds(1))
            try context.step()
        }
        try await context.stop()
        return found.all
    }

    @Test func eachBatchIsJoinedWithTablesThatStay() async throws {
        let found = try await results([["ada 3", "kurt 1", "ada 4"], [], ["nobody 1", "emmy 7"]]) { lines in
            lines.map { line -> (Text, Int) in
                let parts = Array(line.split(separator: " "))
                return (parts[0], Int(String(parts[1]))!)
            }.sql(
                "SELECT city, sum(n) AS n FROM batch JOIN users ON users.name = batch.name GROUP BY city ORDER BY city",
                columns: [SQLField("name") { $0.0 }, SQLField("n") { $0.1 }], tables: ["users": Self.users])
        }
        #expect(
            found == [
                [[.text("London"), .integer(7)], [.text("Wien"), .integer(1)]], [],
                [[.text("Göttingen"), .integer(7)]],
            ])
    }

    @Test func aWindowIsTheBatch() async throws {
        let found = try await results([["a"], ["b", "b"], ["c"]]) {
            $0.window(.seconds(2)).sql("SELECT line, count(*) FROM batch GROUP BY line ORDER BY line")
        }
        #expect(
            found == [
                [[.text("a"), .integer(1)]], [[.text("a"), .integer(1)], [.text("b"), .integer(2)]],
                [[.text("b"), .integer(2)], [.text("c"), .integer(1)]],
            ])
    }

    @Test func aWrongQueryIsAnErrorAtStart() async throws {
        let context = context(ManualClock())
        context.queueStream([[Text("a")]]).sql("SELECT nothing FROM batch").print()
        let error = await #expect(throws: SwiftwaterError.self) { try await context.start() }
        #expect(error?.location?.streamOperator == "sql")
        #expect(error?.message.contains("nothing") == true)
    }

    /// A table of users that notes what it was asked for.
    private final class Users: StaticTable {
        let label = "users"
        let columns = ["place", "born"]
        let asked = Monitor<[[Text]]>([])

        func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])] {
            asked.update { $0.append(keys) }
            return keys.filter { $0 != "nobody" && $0 != "9" }.map { ($0, [Text("of \($0)"), nil]) }
        }
    }

    @Test func keysOfABatchAreLookedUp() async throws {
        let users = Users()
        let found = try await results([["kurt", "ada", "ada"], ["nobody", "ada"], []]) {
            $0.sql(
                "SELECT line, place, born, count(*) FROM batch LEFT JOIN users USING (line) GROUP BY line ORDER BY line",
                lookups: ["users": SQLLookup(CachedTable(users), key: "line")])
        }
        #expect(
            found == [
                [
                    [.text("ada"), .text("of ada"), .null, .integer(2)],
                    [.text("kurt"), .text("of kurt"), .null, .integer(1)],
                ],
                [[.text("ada"), .text("of ada"), .null, .integer(1)], [.text("nobody"), .null, .null, .integer(1)]],
                [],
            ])
        #expect(users.asked.read { $0 } == [["ada", "kurt"], ["nobody"]])
        let numbers = Users()
        let joined = try await results([["7", "9"]]) {
            $0.map { line -> Int in Int(String(line))! }.sql(
                "SELECT id, place FROM batch JOIN users USING (id)", columns: [SQLField("id") { $0 }],
                lookups: ["users": SQLLookup(CachedTable(numbers), key: "id")])
        }
        #expect(joined == [[[.integer(7), .text("of 7")]]])
    }

    @Test func aLookupOfNoColumnIsRefused() async throws {
        let context = context(ManualClock())
        context.queueStream([["a" as Text]]).sql(
            "SELECT 1", lookups: ["users": SQLLookup(CachedTable(Users()), key: "author_id")]
        ).forEachBatch { _, _ in }
        let error = await #expect(throws: SwiftwaterError.self) { try await context.start() }
        #expect("\(error!)".contains("author_id") && "\(error!)".contains("line"))
    }
}
