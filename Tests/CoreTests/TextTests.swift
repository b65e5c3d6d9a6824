import SwiftwaterCore
import TestSupport
import Testing

@Suite struct TextTests {
    static let samples = [
        "", "a", "abc", "abcd", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghijklmn", "abcdefghijklmno",
        "abcdefghijklmnop",
        "a much longer text than fits in place", "éàü", "日本語のとても長い文章です", "😀👩‍💻🇫🇷", "#ÉTÉ",
    ]

    @Test(arguments: samples) func roundTrip(_ string: String) {
        let text = Text(string)
        #expect(String(text) == string)
        #expect(text.utf8Count == string.utf8.count)
        #expect(text.isEmpty == string.isEmpty)
        #expect(text.detached() == text)
    }

    /// Short texts are compared by their words, long ones by their bytes: the order is that of the bytes.
    @Test func theOrderIsThatOfTheBytes() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<200_000 {
            func bytes() -> [UInt8] {
                let count = [0, 1, 7, 8, 9, 15, 16, 20][random.below(8)]
                return (0..<count).map { _ in [0, 1, 97, 98, 255][random.below(5)] }
            }
            let (a, b) = (bytes(), bytes())
            let (left, right) = (
                a.withUnsafeBufferPointer { Text(copying: $0) }, b.withUnsafeBufferPointer { Text(copying: $0) }
            )
            #expect((left < right) == a.lexicographicallyPrecedes(b), "\(a) \(b)")
        }
    }

    @Test func equalityAndOrderAreByBytes() {
        for a in Self.samples {
            for b in Self.samples {
                #expect((Text(a) == Text(b)) == Array(a.utf8).elementsEqual(Array(b.utf8)))
                #expect((Text(a) < Text(b)) == a.utf8.lexicographicallyPrecedes(b.utf8))
            }
        }
        // Canonically equivalent strings are different texts, as they are different keys in Spark.
        #expect("e\u{301}" == "\u{E9}")
        #expect(Text("e\u{301}") != Text("\u{E9}"))
    }

    @Test func hasPrefixSeesBytes() {
        #expect(Text("#tag").hasPrefix("#"))
        #expect(!Text("tag#").hasPrefix("#"))
        #expect(!Text("").hasPrefix("#"))
        // As a String, this begins with the character "#\u{301}"; its bytes begin with "#".
        #expect(!"#\u{301}x".hasPrefix("#"))
        #expect(Text("#\u{301}x").hasPrefix("#"))
        #expect(Text("a much longer text").hasPrefix("a much longer tex"))
        #expect(!Text("a").hasPrefix("ab"))
        #expect(Text("abc").hasSuffix("bc"))
        #expect(Text("a much longer text").contains("longer"))
        #expect(!Text("abc").contains("d"))
    }

    @Test(arguments: [
        "", " ", "a b", " a  b ", "#x #y", "one-word", "a b c d e f g h i j k l m n o p q r s t u v w x y z ",
    ])
    func splitEqualsStandardSplit(_ string: String) {
        for omitting in [true, false] {
            let expected = string.split(separator: " ", omittingEmptySubsequences: omitting).map(String.init)
            let found = Text(string).split(separator: " ", omittingEmptySubsequences: omitting).map { String($0) }
            #expect(found == expected)
        }
    }

    @Test func splitByLongSeparatorAndParts() {
        let text = Text("user::film::rating with more than fifteen bytes")
        #expect(
            text.split(separator: "::").map { String($0) } == ["user", "film", "rating with more than fifteen bytes"])
        #expect(text.split(separator: "::").part(1) == "film")
        #expect(text.split(separator: "::").part(3) == nil)
        #expect(text.split(separator: "::")[0] == "user")
    }

    /// Tests every Unicode scalar, alone and between others.
    @Test func lowercasedKnowsEveryScalar() {
        var wrong: [Unicode.Scalar] = []
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let expected = scalar.properties.lowercaseMapping
            if String(Text(String(scalar)).lowercased()) != expected
                || String(Text("A\(scalar)Éж日").lowercased()) != "a\(expected)éж日"
            {
                wrong.append(scalar)
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func lowercasedEqualsUnicodeMapping() {
        for string in Self.samples + ["#Swift", "@[Z`{", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ÀÉÎ", "İstanbul", "ΑΣ", "ẞ"] {
            let expected = string.unicodeScalars.map { $0.properties.lowercaseMapping }.joined()
            #expect(String(Text(string).lowercased()) == expected)
        }
        for byte in UInt8(0)..<128 {
            let string = String(Unicode.Scalar(byte)) + "x"
            #expect(String(Text(string).lowercased()) == string.lowercased())
        }
    }

    @Test func numbers() {
        #expect(Text("42").int == 42)
        #expect(Text("3.5").double == 3.5)
        #expect(Text("x").int == nil)
    }

    @Test func blocksCutLines() {
        func lines(_ string: String) -> [String] {
            let block = TextBlock(Array(string.utf8))
            #expect(block.lineCount == block.lines.count)
            return block.lines
        }
        #expect(lines("") == [])
        #expect(lines("a") == ["a"])
        #expect(lines("a\n") == ["a"])
        #expect(lines("a\r\nb\n\nlast line without an end") == ["a", "b", "", "last line without an end"])
        #expect(lines("\n\n") == ["", ""])
        #expect(lines("nul\u{0}inside\n") == ["nul\u{0}inside"])
    }

    @Test func pushedPartsAreThoseOfTheIterator() {
        var random = SeededRandom(seed: 5)
        for round in 0..<20_000 {
            // Frequent and rare separators, and NUL, which padding beyond the end could be mistaken for.
            let separator: UInt8 = round % 3 == 0 ? 0 : 0x20
            let every = 1 + random.below(20)
            let bytes = (0..<random.below(90)).map { _ in
                random.below(every) == 0 ? separator : UInt8(0x61 + random.below(26))
            }
            let text = TextBlock(bytes)
            let single = Text(String(Unicode.Scalar(separator)))
            let omits = round % 2 == 0
            var expected = bytes.split(separator: separator, omittingEmptySubsequences: omits).map {
                String(decoding: $0, as: UTF8.self)
            }
            if bytes.isEmpty { expected = [] }
            var parts: [String] = []
            text.forEachLine { line in
                line.split(separator: single, omittingEmptySubsequences: omits).forEachPart { parts.append(String($0)) }
            }
            #expect(parts == expected)
        }
    }

    @Test func invalidBytesAreRepairedAsSparkDoes() {
        // One U+FFFD for each of ff fe c3, as recorded from Spark.
        let block = TextBlock([0x61, 0xFF, 0xFE, 0xC3, 0x0A])
        #expect(block.lines[0] == "a\u{FFFD}\u{FFFD}\u{FFFD}")
    }

    @Test func detacherFindsTextInTuplesStructsAndArrays() {
        struct Row { var number: Int; var text: Text }
        let block = TextBlock(Array("a line that is longer than fifteen bytes".utf8))
        var line: Text = ""
        block.forEachLine { line = $0 }
        func owns(_ text: Text) -> Bool {
            text.detached().withBytes { a in text.withBytes { b in a.baseAddress == b.baseAddress } }
        }
        #expect(!owns(line))
        #expect(owns(Detacher<(Text, Int)>().detached((line, 1)).0))
        #expect(owns(Detacher<(Int, (Double, Text))>().detached((1, (2, line))).1.1))
        #expect(owns(Detacher<Row>().detached(Row(number: 1, text: line)).text))
        #expect(owns(Detacher<[Text]>().detached([line])[0]))
        #expect(owns(Detacher<Text?>().detached(line)!))
        #expect(owns(Detacher<[(Text, Int)]>().detached([(line, 1)])[0].0))
        #expect(owns(Detacher<(Text, Int)?>().detached((line, 1))!.0))
        #expect(owns(Detacher<[Int: [Text]]>().detached([1: [line]])[1]![0]))
        #expect(owns(Detacher<Set<Text>>().detached([line]).first!))
        #expect(owns(Detacher<KeyOfOnesOwn>().detached(KeyOfOnesOwn(tag: line, city: "x")).tag))
        // Existentials and classes cannot be inspected, but must not end the process.
        struct Odd { var error: any Error; var object: AnyObject?; var text: Text }
        #expect(owns(Detacher<Odd>().detached(Odd(error: CancellationError(), object: nil, text: line)).text))
        #expect(Detacher<(Int, Double, String)>().isTrivial)
    }

    struct KeyOfOnesOwn: Hashable, Codable { var tag: Text; var city: Text }

    @Test func terminalTextHasNoControlCharacters() {
        let hostile = "a\u{1B}[31mred\u{7}\u{9B}2J\u{202E}rtl\u{2028}line\ttab\u{7F}"
        let safe = TerminalText.safe(hostile)
        #expect(safe == "a\\u{1b}[31mred\\u{7}\\u{9b}2J\\u{202e}rtl\\u{2028}line\\u{9}tab\\u{7f}")
        #expect(TerminalText.safe("plain 日本 é 😀") == "plain 日本 é 😀")
    }
}

extension TextTests.KeyOfOnesOwn: StreamCodable {}
