import SwiftwaterCore
import Testing

/// What Text knows of String's methods gives what String gives.
@Suite struct TextStringsTests {
    private static let texts = [
        "", "a", "#Swift", "  padded\t\n", "ä", "straße und ÄÖ", "e\u{301}te\u{301}", "👨‍👩‍👧 family", "aXbXXc",
        "long enough not to be inline, certainly",
        "\u{2003}wide\u{2003}", "日本語 テキスト", "\r\nlines\r\n",
    ]

    @Test(arguments: texts) func theyAgreeWithString(string: String) {
        let text = Text(string)
        #expect(text.count == string.count)
        #expect(text.utf8 == Array(string.utf8))
        #expect(String(text.uppercased()) == string.uppercased())
        #expect(String(text.replacing("X", with: "--")) == string.replacing("X", with: "--"))
        #expect(String(text.replacing("", with: "--")) == string)
        #expect(Set([string]).contains(text) && !Set([string + "x"]).contains(text))
        let start = string.firstIndex { !$0.isWhitespace } ?? string.endIndex
        let end = string.lastIndex { !$0.isWhitespace }.map { string.index(after: $0) } ?? start
        #expect(String(text.trimmed()) == String(string[start..<end]))
        for count in [0, 1, 3, 100] {
            #expect(String(text.dropFirst(count)) == String(string.dropFirst(count)))
            #expect(String(text.dropLast(count)) == String(string.dropLast(count)))
        }
    }
}
