import Foundation
import SwiftwaterCore
import SwiftwaterPosts
import TestSupport
import Testing

@Suite struct HashtagTests {
    private func tags(_ text: String) -> [String] { HashtagExtractor().hashtags(in: Text(text)).map { String($0) } }

    /// Cases that follow the public rules.
    @Test(arguments: [
        ("plain text", []), ("#one", ["one"]), ("a #one and #Two.", ["one", "Two"]),
        ("#a1 #1a #_a #a_", ["a1", "1a", "_a", "a_"]),
        ("#123 #1_2 #_", []), ("# alone #", []), ("word#tag &#amp", []),
        ("(#paren) \"#quote\" /#slash", ["paren", "quote", "slash"]),
        ("#a#b", []), ("#one#", []), ("#http://x.org", []), ("http://x.org/#frag https://x.org/a#b", []),
        ("x.org/#frag", []), ("see HTTP://x/y?#f then #ok", ["ok"]), ("a.b/c (x.org/#no) #yes", ["yes"]),
        ("and/or/#both", ["both"]), ("＃wide ＃日本", ["wide", "日本"]), ("#\u{FE0F}key #\u{20E3}cap", []),
        ("#e\u{301}t", ["e\u{301}t"]), ("#naïve-ish", ["naïve"]), ("#ab\u{200D}c", ["ab\u{200D}c"]), ("#l·l", ["l·l"]),
        ("日本#tag", []), ("日本。#tag", ["tag"]), ("☕#coffee", ["coffee"]),
        ("#" + String(repeating: "x", count: 5000), [String(repeating: "x", count: 5000)]),
        ("##double", ["double"]), ("#a,#b;#c", ["a", "b", "c"]), ("", []),
    ])
    func publicRules(_ text: String, _ expected: [String]) { #expect(tags(text) == expected) }

    private static let conformance = PackageFolder.root + "../shared/conformance/hashtags.yml"

    /// The public conformance suite, if its file exists. It is not part of this repository.
    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: conformance), "the conformance suite's hashtags.yml is not here")
    )
    func conformanceSuite() throws {
        var cases: [(text: String, expected: [String])] = []
        for line in try String(contentsOfFile: Self.conformance, encoding: .utf8).split(separator: "\n") {
            let content = line.drop { $0 == " " }
            if content.hasPrefix("text: ") {
                cases.append((scalar(content.dropFirst(6)), []))
            } else if content.hasPrefix("- hashtag: ") {
                cases[cases.count - 1].expected.append(scalar(content.dropFirst(11)))
            } else if content.hasPrefix("- "), !content.hasPrefix("- description"), Int(content.dropFirst(2)) == nil,
                !cases.isEmpty
            {
                cases[cases.count - 1].expected.append(scalar(content.dropFirst(2)))
            }
        }
        #expect(cases.count >= 30)
        for (text, expected) in cases { #expect(tags(text) == expected, "\(text)") }
    }

    /// Reads a YAML scalar as the suite writes it: plain, in single quotes, or in double quotes without escapes.
    private func scalar(_ text: Substring) -> String {
        if text.hasPrefix("'") { return String(text.dropFirst().dropLast()).replacing("''", with: "'") }
        if text.hasPrefix("\"") { return String(text.dropFirst().dropLast()) }
        return String(text)
    }

    /// The longest line that the engine accepts, made of tags only: the cost is proportional to the length.
    @Test func aLineOfTagsOnlyIsReadWithinBounds() {
        let clock = ContinuousClock()
        let start = clock.now
        #expect(tags(String(repeating: "#a.", count: 350_000)).count == 350_000)
        #expect(tags(String(repeating: "#a./", count: 260_000)).count == 260_000)
        // This takes a tenth of a second; a quadratic search took minutes.
        #expect(clock.now - start < .seconds(30 * Sanitizer.slowdown))
    }

    /// Random texts of difficult pieces: every tag found has the form that the rules require, and nothing crashes.
    @Test func randomTextsKeepTheRules() {
        var random = SeededRandom(seed: 11)
        let pieces = [
            "#", "＃", "a", "1", "_", "é", "日", "\u{301}", " ", "&", "/", ".", "http://", "\u{FE0F}", "😀", "\u{0}",
            "://",
        ]
        for _ in 0..<20_000 {
            let text = (0..<random.below(12)).map { _ in pieces[random.below(pieces.count)] }.joined()
            for tag in tags(text) {
                #expect(text.contains("#" + tag) || text.contains("＃" + tag))
                #expect(!tag.contains("#") && !tag.contains(" ") && !tag.isEmpty)
            }
        }
    }
}
