import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterRecommender
import TestSupport
import Testing

/// Files of ratings and films as people have them (`Tests/Fixtures/inputs`), and variants of each.
@Suite struct RatingsInputsTests {
    private func path(_ name: String) -> String { PackageFolder.root + "Tests/Fixtures/inputs/" + name }

    private func read(_ name: String, _ format: RatingsFormat = RatingsFormat()) throws -> RatingsReading {
        try Ratings.read(path(name), format: format)
    }

    private func read(text: String, _ format: RatingsFormat = RatingsFormat()) throws -> RatingsReading {
        try Ratings.read(bytes: Array(text.utf8), name: "file", format: format)
    }

    private func message(_ text: String, _ format: RatingsFormat = RatingsFormat()) -> String {
        do { return "read \(try read(text: text, format).ratings.count)" } catch { return "\(error)" }
    }

    /// A column is integers only if every id is written as one, wherever the odd one is.
    @Test func leadingZerosAreKept() throws {
        let ratings = try read("ids-leading-zeros.csv").ratings
        #expect(!ratings.userIDs.isInteger && !ratings.itemIDs.isInteger)
        #expect(ratings.userIDs.index(of: "00001") != nil && ratings.userIDs.index(of: "1") == nil)
        let head = "userId,movieId,rating\n"
        // In the block of rows that is read eight bytes at a time, and in the last rows, which are not.
        for place in [0, 150, 299] {
            for odd in ["01", "+1", "-0", "007", "1.0"] {
                let rows = (0..<300).map { "\($0 == place ? odd : "\($0 + 1)"),5,3\n" }.joined()
                let found = try read(text: head + rows).ratings
                #expect(!found.userIDs.isInteger && found.itemIDs.isInteger, "\(odd) at \(place)")
                #expect(found.userIDs.count == 300 && found.userIDs[place] == odd)
            }
            let rows = (0..<300).map { "\($0 == place ? "0" : "\($0 + 1)"), 5 ,3\n" }.joined()
            let found = try read(text: head + rows).ratings
            #expect(found.userIDs.isInteger && found.itemIDs.isInteger && found.itemIDs[0] == "5")
        }
    }

    @Test func timesAreReadOrCounted() throws {
        let iso = try read("times-iso.csv")
        let float = try read("times-float.csv")
        #expect(iso.ratings.timestamps == float.ratings.timestamps && iso.ratings.timestamps[0] == 1_400_001_001)
        #expect(iso.report.rowsWithoutTime == 0 && float.report.rowsWithoutTime == 0)
        let head = "userId,movieId,rating,timestamp\n"
        let mixed = try read(
            text: head + "1,1,3,2014-05-13\n1,2,3,yesterday\n1,3,3,\n1,4,3,1400001001000\n1,5,3,1400001001.9\n")
        #expect(mixed.ratings.timestamps == [1_399_939_200, 0, 0, 1_400_001_001_000, 1_400_001_001])
        #expect(mixed.report.rowsWithoutTime == 2 && mixed.report.timeSample?.location?.line == 3)
        #expect(mixed.report.timeSample.map { "\($0)" }?.contains("'yesterday' is not a time") == true)
        // A column of times that was named has to be there.
        #expect(message("userId,movieId,rating\n1,1,3\n", RatingsFormat(timestampColumn: "date")).contains("'date'"))
    }

    @Test func filesWithoutAHeader() throws {
        let file = try read("double-colon.dat", .movieLens1M)
        #expect(file.ratings.count == 628 && file.report.malformedRows == 0)
        #expect(file.ratings.values[0] == 4 && file.ratings.timestamps[0] == 1_400_001_001)
        let tabs = try read(text: "196\t242\t3\t881250949\n186\t302\t3\t891717742\n", .movieLens100K).ratings
        #expect(tabs.count == 2 && tabs.userIDs[0] == "196" && tabs.timestamps[1] == 891_717_742)
        var swapped = RatingsFormat(userColumn: "2", itemColumn: "1", ratingColumn: "3", hasHeader: false)
        #expect(try read(text: "a,b,4\nc,d,5\n", swapped).ratings.userIDs[1] == "d")
        swapped.ratingColumn = "9"
        #expect(message("a,b,4\n", swapped).contains("numbers of columns"))
        // What is wrong is said without the option that nobody guesses.
        #expect(message("1::2::3::4\n").contains("'::'") && message("1::2::3::4\n").contains("no header"))
        #expect(message("1,2,3\n4,5,6\n").contains("no header"))
        #expect(message("userId\tmovieId\trating\n").contains("a tab"))
        #expect(message("userId,movieId,rating\r1,2,3\r").contains("CR"))
        #expect(message(String(repeating: "x", count: 3_000_000)).utf8.count < 500)
    }

    @Test func columnsByNameAndNumber() throws {
        let text = "USERID, MovieID ,Rating\n1,2,3\n"
        #expect(try read(text: text).ratings.count == 1)
        #expect(message("userId,userId,movieId,rating\n1,2,3,4\n").contains("2 columns called"))
        #expect(
            message("userId,movieId,rating\n1,2,3\n", RatingsFormat(itemColumn: "userId")).contains("named for two"))
        #expect(
            message("a,b,c\n1,2,3\n", RatingsFormat(userColumn: "a", itemColumn: "2", ratingColumn: "c")) == "read 1")
    }

    @Test func decimalCommasAreRefusedOrRead() throws {
        var format = RatingsFormat(separator: ";")
        #expect(throws: SwiftwaterError.self) { try read("semicolon-decimal-comma.csv", format) }
        format.hasDecimalComma = true
        let found = try read("semicolon-decimal-comma.csv", format)
        #expect(found.ratings.count == 628 && found.report.malformedRows == 0)
        #expect(found.ratings.values.prefix(3) == [3.5, 2, 4.5])
    }

    @Test func encodings() throws {
        let text = "userId,movieId,rating\nJosé,Café,3\n"
        let units = Array(text.utf16)
        var (little, big): ([UInt8], [UInt8]) = ([0xFF, 0xFE], [0xFE, 0xFF])
        for unit in units {
            let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
            little += [low, high]
            big += [high, low]
        }
        for bytes in [little, big] {
            #expect(try Ratings.read(bytes: bytes, name: "f").ratings.userIDs[0] == "José")
        }
        let latin = text.unicodeScalars.map { UInt8($0.value) }
        let format = RatingsFormat(encoding: .latin1)
        #expect(try Ratings.read(bytes: latin, name: "f", format: format).ratings.itemIDs[0] == "Café")
        #expect(try Ratings.read(bytes: latin, name: "f").report.malformedRows == 1)
        #expect(try Ratings.read(bytes: [0xEF, 0xBB, 0xBF] + Array(text.utf8), name: "f").ratings.count == 1)
    }

    @Test func badRowsOfFilmsArePassedOver() throws {
        let (catalogue, report) = try Catalogue.read(path("titles-bad-rows.csv"))
        #expect(catalogue.title("1") == "Fine (1990)" && catalogue.title("5") == "5")
        #expect(catalogue["2"] == nil && catalogue["3"] == nil && catalogue["4"] == nil)
        #expect(report.malformedRows == 3 && report.untitled >= 1)
        #expect(report.samples.compactMap { $0.location?.line } == [3, 4, 5])
        let (latin, remark) = try Catalogue.read(path("titles-latin1.csv"))
        #expect(remark.isRepaired && latin.title("3") == "Plain (1990)")
        let (right, clean) = try Catalogue.read(path("titles-latin1.csv"), format: .init(encoding: .latin1))
        #expect(
            !clean.isRepaired && right.title("1") == "Les Misérables (1995)" && right.title("2") == "Cité, La (1991)")
        let folder = try TemporaryDirectory()
        try folder.write("movies.dat", "1::Toy Story (1995)::Animation|Comedy\n2::Plain (1990)::(no genres listed)\n")
        let (old, _) = try Catalogue.read(folder.file("movies.dat"), format: .movieLens1M)
        #expect(old["1"]?.genres == ["Animation", "Comedy"] && old["2"]?.genres == [])
        try folder.write("books.csv", "book_id;TITLE\n7;Seven\n")
        let (books, _) = try Catalogue.read(
            folder.file("books.csv"), format: .init(idColumn: "book_id", separator: ";"))
        #expect(books.title("7") == "Seven")
    }

    @Test func repeatedEventsAddUpIfWanted() throws {
        let text = "userId,movieId,rating\n1,1,2\n2,1,1\n1,1,3\n1,2,1\n1,1,4\n"
        let last = try read(text: text)
        #expect(last.ratings.values == [1, 1, 4] && last.report.duplicates == 2)
        let sums = try read(text: text, RatingsFormat(sumsDuplicates: true))
        #expect(sums.ratings.values == [1, 1, 9] && sums.report.duplicates == 2)
    }
}
