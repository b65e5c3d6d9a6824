import Foundation
import TestSupport
import Testing

/// The worst patterns of translated English, wherever a person reads.
@Suite struct LanguageTests {
    /// Each with what to write instead.
    private static let patterns: [(pattern: Regex<Substring>, instead: String)] = [
        (/\b(?:is|are|was|were) no [a-z]/, "is not a ..."),
        (/\banew\b/, "again, retrain"),
        (/\b[Ss]o many\b/, "this many, the number of"),
        (/\bof late\b/, "recently"),
        (/\b[Uu]nless (?:given|set|told)\b/, "by default"),
        (/\b[Ww]hoever\b/, "the reader, the caller"),
        (/\bof one's own\b/, "custom"),
        (/\bbegin anew\b/, "start again"),
        (/\bmay come\b/, "is allowed"),
    ]

    @Test func thePatternsFindWhatTheyAreFor() {
        for text in [
            "x is no number", "train anew", "So many rows", "rated of late", "unless given", "whoever read it",
        ] {
            #expect(Self.patterns.contains { text.contains($0.pattern) }, "\(text)")
        }
        for text in ["there is now", "as many", "no number is", "unless a file is given"] {
            #expect(!Self.patterns.contains { text.contains($0.pattern) }, "\(text)")
        }
    }

    @Test func theEnglishIsPlain() throws {
        let sources = PackageSources.files("Sources", [".swift", ".html", ".js", ".css", ".json", ".c", ".h"])
        let documents = PackageSources.files("docs", [".md"]) + ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        let others = PackageSources.files("Examples", [".swift"]) + ["Makefile", "Benchmarks/README.md"]
        for file in sources + documents + others {
            for (number, line) in try PackageSources.lines(file).enumerated() {
                for (pattern, instead) in Self.patterns where line.contains(pattern) {
                    Issue.record("\(file):\(number + 1): write '\(instead)': \(line)")
                }
            }
        }
    }
}
