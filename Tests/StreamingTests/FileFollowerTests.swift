import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import StreamingTestSupport
import SwiftwaterStreaming
import TestSupport
import Testing

@Suite struct FileFollowerTests {
    private let folder = try! TemporaryDirectory()

    /// A follower that can be started again, and what it delivered.
    private final class Run {
        let path: String
        let format: TextFileFormat
        let limits: LineLimits
        let clock = ManualClock()
        var lines: [String] = []
        var senders: [String: UInt64] = [:]
        var reports: [String] = []
        private(set) var follower: FileFollower!

        init(_ path: String, format: TextFileFormat = TextFileFormat(), limits: LineLimits = LineLimits()) throws {
            (self.path, self.format, self.limits) = (path, format, limits)
            try restart()
        }

        func restart() throws {
            follower = FileFollower(
                path, format: format, limits: limits, clock: clock, report: { [unowned self] in reports.append($0) }
            ) { [unowned self] bytes, sender, position in
                #expect(bytes.last == 0x0A && position > senders[sender] ?? 0)
                lines += String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
                senders[sender] = position
            }
            try follower.resume(senders.map { ($0.key, $0.value) })
        }

        /// Looks until there is nothing more, and lets replaced files go.
        func readAll() throws {
            for _ in 0..<3 {
                while try follower.look() == .read {}
                clock.advance(by: .seconds(3))
            }
        }
    }

    @Test func linesComeWhenTheyEnd() throws {
        let path = folder.file("a.log")
        let run = try Run(path)
        for _ in 0..<3 { #expect(try run.follower.look() == .missing) }
        #expect(run.reports == ["there is no file \(path); waiting for it"])
        let writer = FollowedWriter(path, seed: 1)
        try writer.append("one\ntw")
        try run.readAll()
        #expect(run.lines == ["one"])
        try writer.append("o\n\nthree")
        try run.readAll()
        #expect(run.lines == ["one", "two"] && run.follower.gaps == 0)
        // A file that was replaced has its last line, also without an end.
        try writer.rotate(compresses: false)
        try run.readAll()
        #expect(run.lines == ["one", "two"])
        try writer.append("four\n")
        try run.readAll()
        #expect(run.lines == ["one", "two", "three", "four"])
    }

    /// Whatever happens to the file, every line comes once and in order: partial lines, rotation by renaming, with
    /// compression, by copying, several times between two looks, and restarts.
    @Test(arguments: 0..<200) func nothingIsLostOrDoubled(seed: UInt64) throws {
        var random = SeededRandom(seed: 1000 + seed)
        let path = folder.file("posts.ndjson")
        let writer = FollowedWriter(path, seed: seed)
        let run = try Run(path)
        // What was rotated away before the first look is not followed.
        try writer.write()
        try run.readAll()
        for _ in 0..<40 {
            switch random.below(12) {
            case 0..<5: try writer.write()
            case 5: try writer.rotate(compresses: random.below(2) == 0)
            case 6:
                // While a copy is made nobody may write; what was read before is in it.
                try writer.copyAndTruncate()
                try run.readAll()
            case 7: try run.restart()
            case 8: try run.readAll()
            default: for _ in 0...random.below(3) { _ = try run.follower.look() }
            }
        }
        try writer.write()
        try run.readAll()
        let same = zip(run.lines, writer.written).prefix { $0 == $1 }.count
        #expect(
            same == run.lines.count && same == writer.written.count,
            """
            the first \(same) are right; then \(run.lines.dropFirst(same).first?.prefix(20) ?? "none"), of \
            \(run.lines.count) and \(writer.written.count); \(run.reports)
            """)
        #expect(run.follower.gaps == 0)
    }

    /// A table is followed row by row; after a restart its first row names the columns again.
    @Test func tablesAreFollowed() throws {
        struct Second: TableFormat, TableRows {
            var separator: UInt8?
            var column = -1
            func isTable(_ path: String) -> Bool { path.hasSuffix(".csv") }
            func makeRows() -> any TableRows { self }
            mutating func begin(_ fields: [CSVReader.Field]) throws -> Bool {
                column = fields.firstIndex { $0.string == "text" } ?? 0
                return true
            }
            mutating func append(_ fields: [CSVReader.Field], to line: inout [UInt8]) throws {
                guard fields.count > column else { throw SwiftwaterError(.malformedInput, "short", remedy: "add") }
                JSONEscapes.append(fields[column], to: &line)
            }
        }
        let path = folder.file("posts.csv")
        let writer = FollowedWriter(path, seed: 1)
        let run = try Run(path, format: TextFileFormat(encoding: .utf8, tables: Second()))
        try writer.append("id;text\n1;one\n2;\"two")
        try run.readAll()
        #expect(run.lines == ["\"one\""])
        try run.restart()
        try writer.append("\nlines\"\n3\n4;four\n")
        try run.readAll()
        #expect(run.lines == ["\"one\"", #""two\nlines""#, "\"four\""] && run.follower.malformed == 1)
        #expect(run.reports.first?.contains("posts.csv:5: short") == true, "\(run.reports)")
        try writer.rotate(compresses: true)
        try writer.append("text\nfive\n")
        try run.restart()
        try run.readAll()
        #expect(run.lines.last == "\"five\"" && run.lines.count == 4 && run.follower.gaps == 0, "\(run.reports)")
    }

    @Test func whatIsGoneIsAGap() throws {
        let path = folder.file("a.log")
        let writer = FollowedWriter(path, seed: 1)
        let run = try Run(path)
        try writer.append("one\n")
        try run.readAll()
        try writer.append("lost\n")
        try FileManager.default.removeItem(atPath: path)
        try writer.append("two\n")
        try run.restart()
        try run.readAll()
        #expect(run.lines == ["one", "two"] && run.follower.gaps == 1)
        #expect(run.reports.count == 1 && run.reports[0].contains("read up to byte 4 is gone"), "\(run.reports)")
        // A file that is cut off without a copy.
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.truncate(atOffset: 0)
        try file.close()
        try writer.append("3\n")
        try run.readAll()
        #expect(run.lines == ["one", "two", "3"] && run.follower.gaps == 2)
        #expect(run.reports.last?.contains("was cut off") == true)
    }

    @Test func longLinesAreLeftOutAndCounted() throws {
        let path = folder.file("a.log")
        let writer = FollowedWriter(path, seed: 1)
        let run = try Run(path, limits: LineLimits(lineLengthMaxBytes: 100))
        try writer.append("one\n" + String(repeating: "x", count: 200_000))
        try run.readAll()
        try writer.append(String(repeating: "x", count: 200_000) + "\ntwo\n")
        try run.readAll()
        #expect(run.lines == ["one", "two"] && run.follower.malformed == 1 && run.reports.count == 1)
    }

    /// A first line that is too long is left out once, however often the file grows meanwhile.
    @Test func aLongFirstLineIsLeftOutOnce() throws {
        let path = folder.file("a.log")
        let writer = FollowedWriter(path, seed: 1)
        let run = try Run(path, limits: LineLimits(lineLengthMaxBytes: 100))
        for _ in 0..<4 {
            try writer.append(String(repeating: "x", count: 100_000))
            try run.readAll()
        }
        try writer.append("\none\n")
        try run.readAll()
        #expect(run.lines == ["one"] && run.follower.malformed == 1)
        #expect(run.reports.filter { $0.contains("longer than 100 bytes") }.count == 1, "\(run.reports)")
    }

    @Test func theEndCanBeTheStart() throws {
        let path = folder.file("a.log")
        let writer = FollowedWriter(path, seed: 1)
        try writer.append("old\nhalf")
        let run = try Run(path)
        try run.follower.skipToEnd()
        try writer.append(" new\nnew\n")
        try run.readAll()
        #expect(run.lines == ["half new", "new"])
    }

    @Test func otherEncodings() throws {
        let latin = try folder.write("latin.log", bytes: [0xE4, 0x0A, 0x80, 0x0A])
        let run = try Run(latin, format: TextFileFormat(encoding: .latin1))
        try run.readAll()
        #expect(run.lines == ["ä", "€"])
        let wide = try Run(try folder.write("wide.log", bytes: [0xFF, 0xFE, 0x61, 0x00]))
        #expect(throws: SwiftwaterError.self) { try wide.readAll() }
    }

    /// What cannot be opened now may be there later.
    @Test func aDirectoryInItsPlaceIsWaitedFor() throws {
        let path = folder.file("a.log")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let run = try Run(path)
        for _ in 0..<3 { #expect(try run.follower.look() == .missing) }
        #expect(run.reports.count == 1 && run.reports[0].contains("is not a file that can be followed"))
        try FileManager.default.removeItem(atPath: path)
        try FollowedWriter(path, seed: 1).append("one\n")
        try run.readAll()
        #expect(run.lines == ["one"] && run.follower.missing == nil)
    }

    @Test func namesThatRotationGives() {
        let rotated = RotatedFiles("/var/log/posts.ndjson")
        for name in [
            "posts.ndjson.1", "posts.ndjson.2.gz", "posts.ndjson-20261127", "posts.ndjson-20261127.gz",
            "posts-20261127.ndjson", "posts.2026-11-27.ndjson", "posts.ndjson.2026-11-27_12:00",
        ] {
            #expect(rotated.isRotated(name), "\(name)")
        }
        for name in [
            "posts.ndjson", "posts.ndjson.bak", "posts.ndjson.tmp", "posts-other.ndjson", "posts.ndjson~", "x.1",
        ] {
            #expect(!rotated.isRotated(name), "\(name)")
        }
    }
}
