import Foundation
import TestSupport
import Testing

/// The worst patterns of translated English, wherever a person reads.
@Suite struct LanguageTests {
    /// Each with what to write instead. "There is no such file" is plain English.
    static let patterns = [
        (#"(?<![Tt]here )\b(?:is|are|was|were) no [a-z]"#, "is not a ..."),
        (#"\banew\b"#, "again, retrain"),
        (#"\b[Ss]o many\b"#, "this many, the number of"),
        (#"\bof late\b"#, "recently"),
        (#"\b[Uu]nless (?:given|set|told)\b"#, "by default"),
        (#"\b[Ww]hoever\b"#, "the reader, the caller"),
        (#"\bof one's own\b"#, "custom"),
        (#"\bmay come\b"#, "is allowed"),
    ]

    /// What of `text` follows a pattern, with the number of its line.
    private func found(in text: String) throws -> [String] {
        try Self.patterns.flatMap { pattern, instead in
            let whole = NSRange(location: 0, length: (text as NSString).length)
            return try NSRegularExpression(pattern: pattern).matches(in: text, range: whole).map { match in
                let before = (text as NSString).substring(to: match.range.location)
                let line = before.utf8.count { $0 == UInt8(ascii: "\n") } + 1
                return "\(line): write '\(instead)', not '\((text as NSString).substring(with: match.range))'"
            }
        }
    }

    @Test func thePatternsFindWhatTheyAreFor() throws {
        for text in [
            "x is no number", "train anew", "So many rows", "rated of late", "unless given", "whoever read it",
        ] {
            #expect(try found(in: text).count == 1, "\(text)")
        }
        for text in [
            "there is now", "as many", "no number is", "unless a file is given", "There is no file",
        ] {
            #expect(try found(in: text).isEmpty, "\(text)")
        }
    }

    @Test func theEnglishIsPlain() throws {
        let sources = PackageSources.files("Sources", [".swift", ".html", ".js", ".css", ".json", ".c", ".h"])
        let documents = PackageSources.files("docs", [".md"]) + ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        let others = PackageSources.files("Examples", [".swift"]) + ["Makefile", "Benchmarks/README.md"]
        for file in sources + documents + others {
            for found in try found(in: PackageSources.content(file)) { Issue.record("\(file):\(found)") }
        }
    }
}
