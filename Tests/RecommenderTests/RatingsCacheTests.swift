import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage
import TestSupport
import Testing

/// Tests the compact cache file next to a ratings file.
@Suite struct RatingsCacheTests {
    private let folder = try! TemporaryDirectory()
    private var caching: RatingsFormat {
        var format = RatingsFormat()
        format.keepsCache = true
        return format
    }

    /// The cache returns what is in the file: ids of both kinds, runs, many values, timestamps of all sizes.
    @Test(arguments: 0..<24)
    func theCacheHoldsTheRatings(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 5)
        let sorted = seed % 2 == 0
        let times: [Int64] = [0, 1, 255, 1_234_567_890, .max, .min, -1]
        var rows = (0..<(seed == 3 ? 1 : 500)).map { _ in
            (
                user: Int64(random.below(40)) - 9,
                item: seed % 3 == 0 ? Int64(random.below(9)) << 55 : Int64(random.below(70_000)),
                rating: seed % 5 == 0 ? Double(random.below(1000)) / 7 : Double(random.below(10)) / 2,
                time: seed % 4 == 0 ? times[random.below(times.count)] : 900_000_000 + Int64(random.below(1 << 30))
            )
        }
        if sorted { rows.sort { $0.user < $1.user } }
        var text = "userId,movieId,rating,timestamp\n"
        for row in rows {
            let user = seed % 6 == 1 ? "u\(row.user)" : "\(row.user)"
            text += "\(user),\(row.item),\(row.rating),\(row.time)\n"
        }
        text += "1,2\n"
        let path = try folder.write("ratings.csv", text)
        let plainReading = try Ratings.read(path)
        let (plain, plainReport) = (plainReading.ratings, plainReading.report)
        let firstReading = try Ratings.read(path, format: caching)
        let (first, firstReport) = (firstReading.ratings, firstReading.report)
        let secondReading = try Ratings.read(path, format: caching)
        let (second, secondReport) = (secondReading.ratings, secondReading.report)
        #expect(plain == first && plain == second)
        #expect(!firstReport.cameFromCache && secondReport.cameFromCache)
        for report in [firstReport, secondReport] {
            #expect(report.rows == plainReport.rows && report.malformedRows == 1 && report.cacheProblem == nil)
            #expect(report.duplicates == plainReport.duplicates)
            #expect(report.samples.map(\.description) == plainReport.samples.map(\.description))
        }
        #expect(second.userIDs[0] == plain.userIDs[0] && second.userIDs.index(of: plain.userIDs[0]) == 0)
    }

    @Test func aCacheOfSomethingElseIsReplaced() throws {
        let path = try folder.write("r.csv", "userId,movieId,rating\n1,1,3\n")
        _ = try Ratings.read(path, format: caching)
        // Another file of the same size, with a different modification time.
        try folder.write("r.csv", "userId,movieId,rating\n1,1,4\n")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1000)], ofItemAtPath: path)
        #expect(try Ratings.read(path, format: caching).ratings.values == [4])
        #expect(try Ratings.read(path, format: caching).report.cameFromCache)
        // The same file, read with other settings.
        var swapped = caching
        (swapped.userColumn, swapped.itemColumn) = ("movieId", "userId")
        #expect(try !Ratings.read(path, format: swapped).report.cameFromCache)
        var strict = caching
        strict.isStrict = true
        try folder.write("r.csv", "userId,movieId,rating\n1,1,4\nx\n")
        _ = try Ratings.read(path, format: caching)
        let error = #expect(throws: SwiftwaterError.self) { try Ratings.read(path, format: strict) }
        #expect(error?.location?.line == 3 && error?.location?.file == path)
    }

    @Test func aDamagedCacheIsPassedOver() throws {
        let path = try folder.write("r.csv", "userId,movieId,rating\n1,1,3\n2,7,4.5\n")
        let expected = try Ratings.read(path, format: caching).ratings
        let bytes = try folder.bytes("r.csv.swratings")
        for length in stride(from: 0, to: bytes.count, by: 13) {
            try folder.write("r.csv.swratings", bytes: Array(bytes[..<length]))
            let ratingsReading = try Ratings.read(path, format: caching)
            let (ratings, report) = (ratingsReading.ratings, ratingsReading.report)
            #expect(ratings == expected && !report.cameFromCache && report.cacheProblem?.code == .corrupted)
            #expect(try folder.bytes("r.csv.swratings") == bytes)
        }
        // Any byte changed under a matching checksum gives the same ratings, other ratings, or an error, but never a
        // crash.
        for index in stride(from: 0, to: bytes.count - 4, by: bytes.count > 700 ? 3 : 1) {
            var damaged = Array(bytes.dropLast(4))
            damaged[index] &+= UInt8(1 + index % 255)
            var checksum = Checksum()
            damaged.withUnsafeBytes { checksum.update($0) }
            withUnsafeBytes(of: checksum.value.littleEndian) { damaged.append(contentsOf: $0) }
            try folder.write("r.csv.swratings", bytes: damaged)
            let ratings = try Ratings.read(path, format: caching).ratings
            #expect(ratings.count == 2 && ratings.users.allSatisfy { $0 < ratings.userIDs.count })
        }
    }
}
