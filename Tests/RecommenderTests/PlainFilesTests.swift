import CSwiftwaterKernels
import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import TestSupport
import Testing

/// Files without quotes and with integer ids are read in pieces on all threads. One quoted field sends the same rows
/// through the general reader.
@Suite struct PlainFilesTests {
    private let folder = try! TemporaryDirectory()

    private struct Outcome: Equatable {
        var ratings: Ratings?
        var rows = 0
        var malformed = 0
        var duplicates = 0
        var samples: [String] = []
    }

    private func outcome(_ content: String, isStrict: Bool = false, threads: Int = 2) throws -> Outcome {
        var format = RatingsFormat()
        (format.isStrict, format.threads) = (isStrict, threads)
        var outcome = Outcome()
        do {
            let reading = try Ratings.read(try folder.write("r.csv", content), format: format)
            let (ratings, report) = (reading.ratings, reading.report)
            outcome.ratings = ratings
            (outcome.rows, outcome.malformed) = (report.rows, report.malformedRows)
            (outcome.duplicates, outcome.samples) = (report.duplicates, report.samples.map { "\($0)" })
        } catch { outcome.samples = ["\(error)"] }
        return outcome
    }

    private func number(_ random: inout SeededRandom, digits: Int) -> String {
        (0..<1 + random.below(digits)).map { _ in "\(random.below(10))" }.joined()
    }

    private func row(_ random: inout SeededRandom) -> String {
        let user = number(&random, digits: random.below(4) == 0 ? 19 : 3)
        let rating = ["3.5", "4", "0.5", "12.125", "3.", ".5", "-1", "1e1", "0.1234567890123", "+2", "00004.50"]
        let item = number(&random, digits: random.below(6) == 0 ? 18 : 4)
        let time = ["964982703", "", "0", "x", "12345678901234567890"]
        let fields = [user, item, rating[random.below(6) == 0 ? random.below(rating.count) : random.below(4)]]
        let last = [time[random.below(8) == 0 ? random.below(time.count) : 0]]
        return (fields + last).joined(separator: ",") + (random.below(10) == 0 ? "\r\n" : "\n")
    }

    @Test(arguments: 0..<60) func plainFilesAreReadAsAnyOther(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var content = (0..<random.below(60)).map { _ in row(&random) }.joined()
        // Half of the files are damaged somewhere.
        var bytes = Array(content.utf8)
        for _ in 0..<random.below(2) * random.below(6) where !bytes.isEmpty {
            let junk = Array(",.-+ \r\na0\0é;".utf8)
            let place = random.below(bytes.count)
            switch random.below(3) {
            case 0: bytes[place] = junk[random.below(junk.count)]
            case 1: bytes.insert(junk[random.below(junk.count)], at: place)
            default: bytes.remove(at: place)
            }
        }
        content = String(decoding: bytes, as: UTF8.self)
        let header = "userId,movieId,rating,timestamp\n"
        // More rows follow, since the general reader reads those at the end of the file.
        let end =
            "7,7,3.5,1\n8,8,3.5,1\n9,9,3.5,1\n7,9,3.5,1\n8,7,3.5,1\n9,8,3.5,1\n8,9,3.5,1\n9,7,3.5,1\n7,8,3.5,1\n"
            + (10..<30).map { "\($0),7,2.5,1\n" }.joined()
        for isStrict in [false, true] {
            let plain = try outcome(header + content + "\n" + end + "1,2,3\n", isStrict: isStrict)
            let general = try outcome(header + content + "\n" + end + "\"1\",2,3\n", isStrict: isStrict)
            #expect(plain == general, "seed \(seed)")
        }
    }

    /// The kernel takes the rows in the usual form, and stops at the first other one.
    @Test(arguments: 0..<200) func usualRowsAreReadByTheKernel(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed), stream: 1)
        let hasTime = seed % 3 > 0
        func digits(_ count: Int) -> String {
            String(Int64("\(1 + random.below(9))" + (1..<count).map { _ in "\(random.below(10))" }.joined())!)
        }
        let odd = [
            "1;2;x;4", "1;2", ";2;3;4", "01;2;3;4", "1;2;3;4;5", "1 ;2;3;4", "", "1;2;3.;4", "1;2;-3;4",
            "12345678901234567;2;3;4",
        ]
        var (text, expected, isOver) = ("", [[String]](), false)
        for _ in 0..<random.below(40) {
            if random.below(30) == 0 {
                text += odd[random.below(odd.count)] + "\n"
                isOver = true
            }
            let rating = [
                "\(random.below(6))", "\(random.below(6)).5", "3.0", "12.125", "0.1234567890123", "123456789012345",
            ]
            let row =
                [digits(1 + random.below(16)), digits(1 + random.below(8)), rating[random.below(rating.count)]]
                + (hasTime ? [digits(1 + random.below(16))] : [])
            text += row.joined(separator: ";") + (random.below(5) == 0 ? "\r\n" : "\n")
            if !isOver { expected.append(row) }
        }
        let bytes = Array(text.utf8) + [UInt8](repeating: 0x3B, count: 128)
        bytes.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            let end = bytes.baseAddress! + text.utf8.count
            var (rows, form) = ([sw_rating](repeating: sw_rating(), count: 64), sw_ratings_form())
            var found: [sw_rating] = []
            while true {
                // Any capacity gives the same rows.
                let count = sw_read_ratings(&next, end, 0x3B, hasTime, &rows, 1 + random.below(64), &form)
                if count == 0 { break }
                found += rows[..<count]
            }
            #expect(found.count == expected.count)
            for (row, fields) in zip(found, expected) {
                #expect(row.user == Int64(fields[0]) && row.item == Int64(fields[1]))
                #expect(row.value == Float(Double(fields[2])!))
                #expect(row.time == (hasTime ? Int64(fields[3]) : 0))
            }
            #expect(isOver == (next != end))
        }
    }

    /// A file of more than two pieces, with large ids and damage in all of them: ids are numbered in order of
    /// appearance, whatever the number of threads.
    @Test func largeFilesAreNumberedInTheirOrder() throws {
        var random = SeededRandom(seed: 5)
        var content = "userId,movieId,rating,timestamp\n"
        var expected: [(user: Int64, item: Int64)] = []
        var malformedLines: [Int] = []
        var line = 1
        while content.utf8.count < 36 << 20 {
            line += 1
            if random.below(100_000) == 0 {
                content += "no row\n"
                malformedLines.append(line)
                continue
            }
            let user = Int64(line / 50 * 7919)
            let item = random.below(20) == 0 ? Int64.max - Int64(random.below(300)) : Int64(random.below(60_000))
            content += "\(user),\(item),3.5,1111111111\n"
            expected.append((user, item))
        }
        #expect(malformedLines.count > 2)
        let path = try folder.write("large.csv", content)
        var format = RatingsFormat()
        var all: [Ratings] = []
        for threads in [1, 2, 5] {
            format.threads = threads
            let reading = try Ratings.read(path, format: format)
            let (ratings, report) = (reading.ratings, reading.report)
            #expect(report.malformedRows == malformedLines.count)
            #expect(report.samples.map { $0.location?.line } == malformedLines.prefix(5).map { $0 })
            #expect(report.rows == expected.count + malformedLines.count)
            all.append(ratings)
        }
        #expect(all[0] == all[1] && all[0] == all[2])
        // Of duplicates the last one counts, so the order is that of the last ones.
        var last: [String: Int] = [:]
        for (index, pair) in expected.enumerated() { last["\(pair.user) \(pair.item)"] = index }
        let kept = last.values.sorted().map { expected[$0] }
        #expect(all[0].count == kept.count)
        let rows = (0..<all[0].count).map { row in
            (user: all[0].userIDs[Int(all[0].users[row])], item: all[0].itemIDs[Int(all[0].items[row])])
        }
        #expect(zip(rows, kept).allSatisfy { $0.user == "\($1.user)" && $0.item == "\($1.item)" })
        // Ids are numbered by their first appearance in the file.
        var seen = 0
        for user in all[0].users where Int(user) >= seen {
            #expect(Int(user) == seen)
            seen = Int(user) + 1
        }
    }
}
