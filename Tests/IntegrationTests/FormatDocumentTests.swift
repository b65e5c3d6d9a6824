import Foundation
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage
import SwiftwaterStreaming
import SwiftwaterTrends
import TestSupport
import Testing

/// `docs/FORMATS.md` says what is written: versions, headers, and names.
@Suite(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram))) struct FormatDocumentTests {
    /// The text of each section, by its title without what is in parentheses.
    private static let sections: [String: String] = {
        let text = (try? String(contentsOfFile: PackageFolder.root + "docs/FORMATS.md", encoding: .utf8)) ?? ""
        var sections: [String: String] = [:]
        var title = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("## ") || line.hasPrefix("### ") {
                title = line.drop { $0 == "#" }.split(separator: " (")[0].trimmingCharacters(in: .whitespaces)
            }
            sections[title, default: ""] += line + "\n"
        }
        return sections
    }()

    private func section(_ title: String) throws -> String { try #require(Self.sections[title], "\(title)") }

    /// The version that a section states.
    private func version(_ title: String) throws -> String {
        let line = try section(title).split(separator: "\n").first { $0.hasPrefix("Version: ") }
        return try #require(line.map { $0.dropFirst(9).prefix { $0.isNumber } }.map(String.init), "\(title)")
    }

    @Test func versionsAreThoseOfTheCode() throws {
        #expect(try version("Model file") == "\(ModelFile.version)")
        #expect(try version("Cache of ratings") == "\(RatingsCache.version)")
        #expect(try version("Checkpoint manifest") == "\(CheckpointManifest.formatVersion)")
        #expect(try version("Trending table") == "\(TrendingTable.schemaVersion)")
        #expect(try version("Codec of keys and state") == "\(CheckpointManifest.Step.currentCodecVersion)")
        #expect(AcknowledgedFraming.greeting == "swiftwater-ack \(try version("Acknowledged text")) ")
    }

    @Test func magicNumbersAreThoseOfTheCode() throws {
        for (title, magic) in [
            ("Model file", ModelFile.magic), ("Cache of ratings", RatingsCache.magic),
            ("Sealed object", SealedBytes.magic), ("Journal", JournalFormat.magic),
        ] {
            #expect(try section(title).contains("`\(String(decoding: magic, as: UTF8.self))`"), "\(title)")
        }
        for (title, magic) in [("Sealed object", SealedBytes.magic), ("Journal", JournalFormat.magic)] {
            #expect(String(decoding: magic, as: UTF8.self).hasSuffix(try version(title)), "\(title)")
        }
    }

    /// The first bytes of real files, read as the document says.
    @Test func headersAreAsDocumented() throws {
        let bytes = try TestFile.bytes(PackageFolder.fixture("31b10c4/films.model"))
        #expect(Array(bytes[..<8]) == Array("SWIFTALS".utf8))
        var model = ByteReader(Array(bytes[8..<24]))
        #expect(try model.readInteger(UInt32.self) == 2)
        let rank = try model.readInteger(UInt32.self)
        let users = try model.readInteger(UInt64.self)
        let read = try ModelFile.read(PackageFolder.fixture("31b10c4/films.model"))
        #expect(Int(rank) == read.rank && Int(users) == read.userIDs.count)
    }

    /// Every member of a table's JSON is in the document, and every column of a sink.
    @Test func namesOfTheTrendingTableAreDocumented() throws {
        let folder = try TemporaryDirectory()
        let posts = try folder.write("posts.txt", "a post about #lakes\nanother about #Lakes\n")
        let result = try Program.run(
            "trends", "--source", "file:" + posts, "--json", "--sink", "csv:" + folder.file("out"), "--window", "10s",
            "--slide", "10s", "--batch", "10s")
        #expect(result.status == 0, "\(result.error)")
        let document = try section("Trending table")
        let line = try #require(result.output.split(separator: "\n").first { $0.contains("#lakes") })
        for name in line.matches(of: /"(\w+)":/).map({ String($0.1) }) {
            #expect(document.contains("`\(name)`") || document.contains("\"\(name)\""), "\(name)")
        }
        #expect(document.contains("`" + TrendingRow.sinkColumns.joined(separator: ", ") + "`"))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("out"))
        let csv = try #require(files.filter { $0.hasSuffix(".csv") }.sorted().first)
        let header = try String(contentsOfFile: folder.file("out/" + csv), encoding: .utf8).split(separator: "\n")[0]
        #expect(header == TrendingRow.sinkColumns.joined(separator: ","))
        #expect(document.contains("`trending`") && csv.hasPrefix("trending-"))
    }
}
