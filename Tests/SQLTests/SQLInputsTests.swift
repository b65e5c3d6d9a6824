import SwiftwaterCore
import SwiftwaterSQL
import TestSupport
import Testing

/// Files with odd values (`Tests/Fixtures/inputs`), and variants: SQL shows what a file says, by one rule.
@Suite struct SQLInputsTests {
    private func rows(_ path: String, _ query: String) throws -> ([String], SQLTable.Report) {
        let (table, report) = try SQLTable.read(path)
        let session = try SQLSession(tables: ["t": table])
        var lines: [String] = []
        try session.forEachRow(of: query) { row in lines.append(row.values.map { "\($0)" }.joined(separator: "|")) }
        return (lines, report)
    }

    private func fixture(_ name: String) -> String { PackageFolder.root + "Tests/Fixtures/inputs/" + name }

    /// The names of the columns change nothing.
    @Test func ratingsFollowTheSameRule() throws {
        let query = "SELECT userId, movieId, rating, timestamp FROM t"
        let (plain, report) = try rows(fixture("sql-empty-rating.csv"), query)
        let (wide, other) = try rows(fixture("sql-empty-rating-one-more-column.csv"), query)
        #expect(plain == wide && plain.count == 5)
        #expect(report.missingValues == 1 && other.missingValues == 1)
        #expect(report.missingSample?.location?.line == 5)
        let folder = try TemporaryDirectory()
        for (text, expected) in [
            ("1,1,16777217,5\n", "16777217 integer"), ("1,1,4,5\n", "4 integer"), ("1,1,4.0,5\n", "4.0 real"),
            ("1,1,0.1,5\n", "0.1 real"), ("1,1,4,5\n1,2,3.5,5\n", "4.0 real"),
        ] {
            // With few rows, and with many, so that most are read in bulk.
            for extra in ["", String(repeating: "9,9,3,9\n", count: 500)] {
                let isReal = expected.hasSuffix("real") && extra.isEmpty == false
                try folder.write("r.csv", "userId,movieId,rating,timestamp\n" + text + extra)
                let found = try rows(folder.file("r.csv"), "SELECT rating, typeof(rating) FROM t LIMIT 1").0
                #expect(found.count == 1)
                #expect("\(found)".contains(expected.split(separator: " ")[1]), "\(text) \(isReal) \(found)")
                #expect("\(found)".contains(expected.split(separator: " ")[0].prefix(2)), "\(text) \(found)")
            }
        }
        try folder.write("r.csv", "userId,movieId,rating,timestamp\n007,1,4.0,5\n")
        #expect("\(try rows(folder.file("r.csv"), "SELECT userId, typeof(userId) FROM t").0)".contains("007"))
    }

    @Test func integersOfManyDigitsStayApart() throws {
        let (found, _) = try rows(fixture("sql-20-digit-ids.csv"), "SELECT count(DISTINCT id), min(typeof(id)) FROM t")
        #expect("\(found)".contains("3") && "\(found)".contains("text"))
    }

    @Test func missingNumbersAreNull() throws {
        let (found, report) = try rows(fixture("sql-nan-cell.csv"), "SELECT avg(score) FROM t")
        #expect("\(found)".contains("31.875"))
        #expect(report.missingValues == 1 && report.missingSample?.location?.line == 4)
        let folder = try TemporaryDirectory()
        try folder.write("t.csv", "a,b,c\n1,x,NA\nNull,na,n/a\nn/a,null,nan\n2.5,y,none\n")
        let (values, other) = try rows(folder.file("t.csv"), "SELECT sum(a), count(a), count(b), count(c) FROM t")
        #expect("\(values)".contains("3.5") && other.missingValues == 2)
        // A column without any number is text as it is.
        #expect("\(try rows(folder.file("t.csv"), "SELECT c FROM t LIMIT 1").0)".contains("NA"))
    }
}
