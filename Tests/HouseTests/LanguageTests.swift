import Foundation
import TestSupport
import Testing

/// The worst patterns of translated English, wherever a person reads.
@Suite struct LanguageTests {
    /// Finds the patterns in a line.
    private struct Patterns {
        /// Each with what to write instead.
        let all: [(pattern: Regex<Substring>, instead: String)] = [
            (/\b(?:is|are|was|were) no [a-z]/, "is not a ..."),
            (/\banew\b/, "again, retrain"),
            (/\b[Ss]o many\b/, "this many, the number of"),
            (/\bof late\b/, "recently"),
            (/\b[Uu]nless (?:given|set|told)\b/, "by default"),
            (/\b[Ww]hoever\b/, "the reader, the caller"),
            (/\bof one's own\b/, "custom"),
            (/\bmay come\b/, "is allowed"),
        ]
        /// "There is no such file" is plain English.
        let plain = /\b[Tt]here (?:is|are|was|were) no\b/

        /// What to write instead of what `line` has.
        func found(in line: Substring) -> [String] {
            let line = line.replacing(plain, with: "none:")
            return all.filter { line.contains($0.pattern) }.map(\.instead)
        }
    }

    @Test func thePatternsFindWhatTheyAreFor() {
        let patterns = Patterns()
        for text in [
            "x is no number", "train anew", "So many rows", "rated of late", "unless given", "whoever read it",
        ] as [Substring] {
            #expect(!patterns.found(in: text).isEmpty, "\(text)")
        }
        for text in [
            "there is now", "as many", "no number is", "unless a file is given", "there is no file",
        ] as [Substring] {
            #expect(patterns.found(in: text).isEmpty, "\(text)")
        }
    }

    @Test func theEnglishIsPlain() throws {
        let patterns = Patterns()
        let sources = PackageSources.files("Sources", [".swift", ".html", ".js", ".css", ".json", ".c", ".h"])
        let documents = PackageSources.files("docs", [".md"]) + ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        let others = PackageSources.files("Examples", [".swift"]) + ["Makefile", "Benchmarks/README.md"]
        for file in sources + documents + others {
            for (number, line) in try PackageSources.lines(file).enumerated() {
                for instead in patterns.found(in: Substring(line)) {
                    Issue.record("\(file):\(number + 1): write '\(instead)': \(line)")
                }
            }
        }
    }
}
