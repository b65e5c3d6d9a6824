import Foundation
import FuzzChecks
import TestSupport
import Testing

/// Replays the corpora of the fuzzers: their seeds and their findings.
@Suite struct FuzzCorpusTests {
    private func replay(_ name: String, _ check: ([UInt8]) -> Void) throws {
        let folder = URL(filePath: PackageFolder.root + "Fuzz/Corpora/" + name)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 3)
        for file in files { check(try TestFile.bytes(file.path())) }
    }

    @Test func ratingsOfAnyBytes() throws { try replay("ratings", FuzzChecks.ratings) }

    @Test func postsOfAnyBytes() throws { try replay("posts", FuzzChecks.posts) }

    @Test func documentsOfAnyBytes() throws { try replay("xml", FuzzChecks.xml) }

    @Test func eventsOfAnyBytes() throws { try replay("events", FuzzChecks.events) }

    @Test func tablesOfAnyBytes() throws { try replay("tables", FuzzChecks.tables) }

    @Test func modelsOfAnyBytes() throws { try replay("model", FuzzChecks.model) }
}
