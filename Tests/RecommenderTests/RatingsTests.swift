import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterSamples
import TestSupport
import Testing

@Suite struct RatingsTests {
    private let folder = try! TemporaryDirectory()

    private func rows(_ ratings: Ratings) -> [String] {
        (0..<ratings.count).map {
            "\(ratings.userIDs[Int(ratings.users[$0])]) \(ratings.itemIDs[Int(ratings.items[$0])]) \(ratings.values[$0]) \(ratings.timestamps[$0])"
        }
    }

    private func read(_ content: String, _ change: (inout RatingsFormat) -> Void = { _ in }) throws -> (
        Ratings, RatingsReport
    ) {
        var format = RatingsFormat()
        change(&format)
        let reading = try Ratings.read(try folder.write("r.csv", content), format: format)
        let (ratings, report) = (reading.ratings, reading.report)
        return (ratings, report)
    }

    @Test func columnsAreFoundByName() throws {
        let (ratings, report) = try read("userId,movieId,rating,timestamp\n1,10,3.5,100\r\n2,20,4,200\n")
        #expect(rows(ratings) == ["1 10 3.5 100", "2 20 4.0 200"])
        #expect(report.malformedRows == 0)
        let (swapped, _) = try read("rating,timestamp,movieId,userId\n3.5,100,10,1\n")
        #expect(rows(swapped) == ["1 10 3.5 100"])
        let (other, _) = try read("who;what;stars\n7;x y;2\n") {
            ($0.userColumn, $0.itemColumn, $0.ratingColumn, $0.separator) = ("who", "what", "stars", ";")
        }
        #expect(rows(other) == ["7 x y 2.0 0"])
    }

    @Test func quotesAndGzip() throws {
        let content = "userId,movieId,rating\n\"a,b\",\"say \"\"x\"\"\",\"4.5\"\n"
        let (ratings, _) = try read(content)
        #expect(rows(ratings) == ["a,b say \"x\" 4.5 0"])
        let path = try folder.write("g.csv", content)
        #expect(try Program.shell("gzip '\(path)'").status == 0)
        #expect(try Ratings.read(path + ".gz").ratings == ratings)
    }

    @Test func idsThatAreNoIntegersBecomeStrings() throws {
        let (ratings, _) = try read("userId,movieId,rating\n007,10,3\nalice,10,4\n")
        #expect(!ratings.userIDs.isInteger)
        #expect(ratings.itemIDs.isInteger)
        #expect(rows(ratings) == ["007 10 3.0 0", "alice 10 4.0 0"])
        let (integers, _) = try read("userId,movieId,rating\n-9223372036854775808,9223372036854775807,3\n")
        #expect(rows(integers) == ["-9223372036854775808 9223372036854775807 3.0 0"])
        let (big, _) = try read("userId,movieId,rating\n9223372036854775808,1,3\n")
        #expect(!big.userIDs.isInteger)
    }

    @Test func malformedRowsAreCountedAndSampledWithTheirPlace() throws {
        let content = "userId,movieId,rating\n1,10,3\n2,20\n3,30,x\n4,40,NaN\n5,50,inf\n6,60,1e999\n7,,3\n8,80,4\n"
        let (ratings, report) = try read(content)
        #expect(rows(ratings) == ["1 10 3.0 0", "8 80 4.0 0"])
        #expect(report.rows == 8)
        #expect(report.malformedRows == 6)
        #expect(report.samples.map { $0.location?.line } == [3, 4, 5, 6, 7])
        #expect(report.samples[1].message.contains("'x'"))
        #expect(report.samples[1].location?.column == "rating")
        #expect(report.samples.allSatisfy { $0.remedy != nil && $0.location?.file?.hasSuffix("r.csv") == true })
        for line in ["2,20", "3,30,x", "3,30,0x1p3", "4,40,NaN", "5,50,-Infinity", "7,,3", "8,\"80,4"] {
            let error = #expect(throws: SwiftwaterError.self) {
                try read("userId,movieId,rating\n\(line)\n") { $0.isStrict = true }
            }
            #expect(error?.location?.line == 2, "\(line)")
        }
    }

    /// A malformed row yields no rating and leaves no trace among the ids.
    @Test func malformedQuotesInventNothing() throws {
        let (ratings, report) = try read("userId,movieId,rating\n\"1\"x,2,3,4\n5,6,3\n7,\"\",4\n")
        #expect(rows(ratings) == ["5 6 3.0 0"])
        #expect(ratings.userIDs.isInteger && ratings.userIDs.count == 1 && ratings.itemIDs.count == 1)
        #expect(report.rows == 3 && report.malformedRows == 2)
        #expect(report.samples.map { $0.location?.line } == [2, 4])
    }

    @Test func integerIDsCanBeDemanded() throws {
        let error = #expect(throws: SwiftwaterError.self) {
            try read("userId,movieId,rating\nbob,1,3\n") { ($0.requiresIntegerIDs, $0.isStrict) = (true, true) }
        }
        #expect(error?.message.contains("'bob' is not a 64-bit integer") == true)
        let (_, report) = try read("userId,movieId,rating\nbob,1,3\n1,1,3\n") { $0.requiresIntegerIDs = true }
        #expect(report.malformedRows == 1)
    }

    @Test func filesThatCannotBeUsed() throws {
        let missing = #expect(throws: SwiftwaterError.self) { try Ratings.read(folder.file("none.csv")) }
        #expect(missing?.code == .notFound)
        let empty = #expect(throws: SwiftwaterError.self) { try read("") }
        #expect(empty?.message.contains("empty") == true)
        let header = #expect(throws: SwiftwaterError.self) { try read("userId,movieId,stars\n1,2,3\n") }
        #expect(header?.message.contains("no column 'rating'; it has 'userId', 'movieId', 'stars'") == true)
        #expect(header?.setting == .ratingsFormat)
        let directory = #expect(throws: SwiftwaterError.self) { try Ratings.read(folder.path) }
        #expect(directory?.description.contains("is not a file") == true)
    }

    @Test func ofDuplicatesTheLastCounts() throws {
        let (ratings, report) = try read("userId,movieId,rating\n1,10,1\n2,10,2\n1,10,3\n1,20,4\n1,10,5\n")
        #expect(report.duplicates == 2)
        #expect(rows(ratings) == ["2 10 2.0 0", "1 20 4.0 0", "1 10 5.0 0"])
    }

    @Test func splitsDependOnTheSeedAlone() throws {
        let ratings = try RatingsGenerator(.init(preset: .hundredThousand, seed: 1)).make().ratings
        let parts = try ratings.split(weights: [60, 20, 20], seed: 42)
        #expect(parts.map(\.count).reduce(0, +) == ratings.count)
        for (part, share) in zip(parts, [0.6, 0.2, 0.2]) {
            #expect(abs(Double(part.count) / Double(ratings.count) - share) < 0.01)
        }
        #expect(try ratings.split(weights: [60, 20, 20], seed: 42) == parts)
        #expect(try ratings.split(weights: [60, 20, 20], seed: 43) != parts)
        #expect(Set(parts.flatMap(rows)).count == ratings.count)
        #expect(throws: SwiftwaterError.self) { try ratings.split(weights: [0, 0], seed: 1) }
        #expect(throws: SwiftwaterError.self) { try ratings.split(weights: [1, -1], seed: 1) }
    }

    /// Random damage to a valid file never crashes the reader.
    @Test func damagedFilesAreReadOrRefused() throws {
        var random = SeededRandom(seed: 4)
        let valid = Array("userId,movieId,rating,timestamp\n1,\"10\",3.5,1\r\n\"a\"\"b\",20,4,2\n3,30,.5,x\n".utf8)
        for _ in 0..<3000 {
            var bytes = valid
            for _ in 0...random.below(4) {
                if random.below(2) == 0 {
                    bytes[random.below(bytes.count)] = UInt8(random.below(256))
                } else {
                    bytes.remove(at: random.below(bytes.count))
                }
            }
            let path = try folder.write("d.csv", bytes: bytes)
            _ = try? Ratings.read(path)
        }
    }
}
