import Swiftwater
import TestSupport
import Testing

/// Tests tables from files: types, missing values, damaged rows.
@Suite struct SQLFilesTests {
    private func table(_ content: String, _ body: (SQLTable, SQLTable.Report) throws -> Void) throws {
        let folder = try TemporaryDirectory()
        let (table, report) = try SQLTable.read(try folder.write("t.csv", content))
        try body(table, report)
    }

    @Test func columnsTakeTheTypeOfAllTheirValues() throws {
        try table("a,b,c,d,e,f\n1,1,007,x,,1e3\n-2,2.5,8,\"y,\"\"z\"\"\",,-0.5\n,3,9,,,\n") { table, report in
            #expect(table.columns.map(\.type) == [.integer, .real, .text, .text, .text, .real])
            let session = try SQLSession(tables: ["t": table])
            #expect(
                try session.query("SELECT * FROM t").map(\.values) == [
                    [.integer(1), .real(1), .text("007"), .text("x"), .null, .real(1000)],
                    [.integer(-2), .real(2.5), .text("8"), .text("y,\"z\""), .null, .real(-0.5)],
                    [.null, .real(3), .text("9"), .null, .null, .null],
                ])
            #expect(report.unevenRows == 0 && report.malformedRows == 0)
        }
        try table("n\n9223372036854775807\n-9223372036854775808\n") { table, _ in
            #expect(table.columns[0].type == .integer)
            let session = try SQLSession(tables: ["t": table])
            #expect(try session.query("SELECT min(n), max(n) FROM t")[0].values == [.integer(.min), .integer(.max)])
        }
        try table("n\n9223372036854775808\n") { table, _ in #expect(table.columns[0].type == .text) }
        try table("n\ninf\n") { table, _ in #expect(table.columns[0].type == .text) }
        try table("n\n0x10\n") { table, _ in #expect(table.columns[0].type == .text) }
    }

    @Test func damagedRowsAreCountedWithTheirLines() throws {
        try table("a,b\n1\n2,3,4\n\"x\"y,1\n5,6\n") { table, report in
            #expect(report.unevenRows == 2 && report.malformedRows == 1)
            #expect(report.samples.map { $0.location?.line } == [2, 3, 4])
            #expect(table.rowCount == 3)
        }
        #expect(throws: SwiftwaterError.self) { try table("") { _, _ in } }
        #expect(throws: SwiftwaterError.self) { try table("a,A\n1,2\n") { _, _ in } }
    }

    @Test func ratingsKeepTheirDuplicates() throws {
        try table("rating,movieId,userId\n4,10,1\n5,10,1\n3,11,2\n") { table, report in
            #expect(table.columns.map(\.name) == ["rating", "movieId", "userId"])
            #expect(table.columns.map(\.type) == [.integer, .integer, .integer])
            #expect(table.rowCount == 3 && report.malformedRows == 0)
            let session = try SQLSession(tables: ["r": table])
            #expect(
                try session.query("SELECT * FROM r ORDER BY rowid").map(\.values) == [
                    [.integer(4), .integer(10), .integer(1)], [.integer(5), .integer(10), .integer(1)],
                    [.integer(3), .integer(11), .integer(2)],
                ])
        }
        // A rating that is not a number stays, and makes its column text, as in any file.
        try table("userId,movieId,rating\n1,10,4.5\n2,10,bad\n") { table, report in
            #expect(table.columns[2].type == .text && table.rowCount == 2 && report.malformedRows == 0)
        }
        // With an extra column, it is an ordinary table.
        try table("userId,movieId,rating,mood\n1,10,4,good\n") { table, _ in
            #expect(table.columns.map(\.name) == ["userId", "movieId", "rating", "mood"])
        }
    }
}
