import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import TestSupport
import Testing

@Suite struct CSVTests {
    private func rows(_ text: String, separator: Character = ",") throws -> [[String]] {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBytes { raw in
            var reader = CSVReader(raw, separator: separator.asciiValue!, fileName: "t.csv")
            var rows: [[String]] = []
            while try reader.next() { rows.append(reader.fields.map(\.string)) }
            return rows
        }
    }

    @Test func plainAndQuoted() throws {
        #expect(try rows("a,b\n1,2\n") == [["a", "b"], ["1", "2"]])
        #expect(try rows("a,b\r\n1,2\r\n") == [["a", "b"], ["1", "2"]])
        #expect(try rows("1,\"Movie, The (1999)\",x") == [["1", "Movie, The (1999)", "x"]])
        #expect(try rows("\"say \"\"hi\"\"\",2\n") == [["say \"hi\"", "2"]])
        #expect(try rows("\"\"\"\"\n") == [["\""]])
        #expect(try rows("\"two\nlines\",2\r\n3,4") == [["two\nlines", "2"], ["3", "4"]])
        #expect(try rows("a,,\n") == [["a", "", ""]])
        #expect(try rows("\n\n1\n\n") == [["1"]])
        #expect(try rows("\u{FEFF}a,b\n") == [["a", "b"]])
        #expect(try rows("a;b\n", separator: ";") == [["a", "b"]])
        #expect(try rows("") == [])
        #expect(try rows("\"\",\"\"\r\n") == [["", ""]])
    }

    @Test func quotesThatDoNotEndAreErrorsWithTheirLine() {
        let open = #expect(throws: SwiftwaterError.self) { try rows("a\nb,\"c\n") }
        #expect(open?.location?.line == 2)
        let after = #expect(throws: SwiftwaterError.self) { try rows("a\n\"b\"c,d\n") }
        #expect(after?.location?.line == 2)
    }

    /// A stray quote costs only its own line, wherever the next quote is.
    @Test func afterAStrayQuoteTheNextLineIsRead() throws {
        for text in ["a,b\n1,\"2\n3,4\n", "a,b\n1,\"2\n3,4\n5,6\"x\n", "a,b\r\n1,\"2\"x\r\n3,4\r\n"] {
            let bytes = Array(text.utf8)
            try bytes.withUnsafeBytes { (raw) throws -> Void in
                var reader = CSVReader(raw, fileName: "t.csv")
                let hasHeader = try reader.next()
                let error = #expect(throws: SwiftwaterError.self) { _ = try reader.next() }
                let hasNext = try reader.next()
                #expect(hasHeader && hasNext && error?.location?.line == 2)
                #expect(reader.fields.map(\.string) == ["3", "4"] && reader.line == 3)
            }
        }
    }

    @Test func writtenFieldsReadBack() throws {
        for text in ["plain", "with, comma", "with \"quotes\"", "\"", "two\nlines", ""] {
            #expect(try rows(CSVReader.quoted(text) + ",x\n") == [[text, "x"]])
        }
    }
}

@Suite struct JSONTests {
    @Test func valuesAreRead() throws {
        let json = try JSONValue(
            parsing: #" {"a":[1,-2.5e1,true,false,null],"b":{"c":"x\n\u00e9\ud83d\ude00"},"a2":9007199254740993} "#)
        #expect(json["a"]?.array == [.integer(1), .number(-25), .bool(true), .bool(false), .null])
        #expect(json["b"]?["c"]?.string == "x\né😀")
        #expect(json["a2"]?.integer == 9_007_199_254_740_993)
        #expect(try JSONValue(parsing: #""\ud83dx""#) == .string("\u{FFFD}x"))
    }

    @Test(arguments: [
        "", "{", "[1,", "{\"a\"}", "{\"a\":}", "01", "1.", "-", "tru", "\"abc", "\"\\x\"", "[1] 2", "{\"a\":1,}",
        "\"\u{1}\"", "nan",
        "\"\\u12\"", String(repeating: "[", count: 1000),
    ])
    func malformedIsRefused(_ text: String) {
        let error = #expect(throws: SwiftwaterError.self) { try JSONValue(parsing: text) }
        #expect(error?.location?.byteOffset != nil || error?.message.contains("nested") == true)
    }

    @Test func quotedStringsReadBack() throws {
        for text in ["plain", "\"\\/\u{8}\n\r\t\u{1F}\u{7F}", "é日😀", ""] {
            #expect(try JSONValue(parsing: JSONValue.quoted(text)) == .string(text))
        }
    }

    /// Random damage to a valid document never crashes and never reads past the end.
    @Test func damagedDocumentsAreReadOrRefused() {
        var random = SeededRandom(seed: 3)
        let valid = Array(
            #"{"created_at":"Mon","text":"caf\u00e9 #tag","user":{"name":"x","n":[1,2.5,null,true]}}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = valid
            for _ in 0...random.below(3) {
                switch random.below(3) {
                case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
                case 1: bytes.remove(at: random.below(bytes.count))
                default: bytes.removeLast(random.below(bytes.count / 2))
                }
            }
            bytes.withUnsafeBufferPointer { _ = try? JSONValue(parsing: $0) }
        }
    }
}

@Suite struct BlockTests {
    private func lines(_ blocks: [TextBlock]) -> [String] {
        blocks.flatMap(\.lines)
    }

    @Test func piecesOfAnySizeGiveTheSameLines() {
        let text = (0..<200).map { "line \($0) é日😀" + String(repeating: "x", count: $0 % 37) }.joined(separator: "\n")
        let bytes = Array(text.utf8)
        for size in [1, 2, 3, 7, 64, 1000, 100_000] {
            let builder = BlockBuilder(limits: LineLimits(lineLengthMaxBytes: 1000, blockTargetBytes: 256))
            var blocks: [TextBlock] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + size)
                bytes[start..<end].withUnsafeBytes { builder.append($0) { blocks.append($0) } }
                start = end
            }
            if let last = builder.finish() { blocks.append(last) }
            #expect(lines(blocks) == text.split(separator: "\n").map(String.init))
            #expect(builder.faults == LineFaults())
        }
    }

    /// Covers blocks that take over the builder's buffer, and lines longer than a block.
    @Test func fullBlocksHoldTheSameLines() throws {
        var random = SeededRandom(seed: 3)
        let expected = (0..<2000).map { number in
            "\(number) é" + String(repeating: "x", count: number % 500 == 7 ? 3_000_000 : random.below(5000))
        }
        let bytes = Array((expected.joined(separator: "\n") + "\n").utf8)
        let limits = LineLimits(lineLengthMaxBytes: 1 << 22)
        for size in [65_536, 1_000_003, bytes.count] {
            let builder = BlockBuilder(limits: limits)
            var blocks: [TextBlock] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                bytes[start..<min(bytes.count, start + size)].withUnsafeBytes {
                    builder.append($0) { blocks.append($0) }
                }
            }
            if let last = builder.finish() { blocks.append(last) }
            #expect(lines(blocks) == expected && blocks.count > 5)
        }
        let folder = try TemporaryDirectory()
        let path = try folder.write("lines.txt", String(decoding: bytes, as: UTF8.self))
        var reader = try BlockReader(path: path, limits: limits)
        var blocks: [TextBlock] = []
        while let block = try reader.next() { blocks.append(block) }
        #expect(lines(blocks) == expected)
    }

    @Test(arguments: [7, 100, 4096]) func overlongLinesAreDroppedAndCounted(piece: Int) {
        let long = String(repeating: "y", count: 10_000)
        let bytes = Array("first\n\(long)\nsecond\n\(long)".utf8)
        let builder = BlockBuilder(limits: LineLimits(lineLengthMaxBytes: 1000, blockTargetBytes: 4096))
        var blocks: [TextBlock] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            bytes[start..<min(bytes.count, start + piece)].withUnsafeBytes { builder.append($0) { blocks.append($0) } }
        }
        if let last = builder.finish() { blocks.append(last) }
        #expect(lines(blocks) == ["first", "second"])
        #expect(builder.faults.overlongLines == 2)
    }

    @Test func utf8IsWhatTheStandardLibrarySays() {
        var random = SeededRandom(seed: 9)
        let letters: [String] = ["a", "é", "日", "😀", "\u{7FF}", "\u{800}", "\u{FFFF}", "\u{10FFFF}", "bcdefgh"]
        var invalid = 0
        for round in 0..<200_000 {
            var bytes: [UInt8] = []
            let length = random.below(120)
            while bytes.count < length { bytes += Array(letters[random.below(round % 2 == 0 ? 9 : 4)].utf8) }
            if random.below(4) == 0 { bytes = Array(bytes.prefix(random.below(bytes.count + 1))) }
            if random.below(2) == 0, !bytes.isEmpty { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            if random.below(9) == 0 { bytes += [UInt8](repeating: 0x61, count: 64) }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            if !expected { invalid += 1 }
            let isValid = bytes.withUnsafeBufferPointer { UTF8Check.isValid($0) }
            guard isValid == expected else {
                Issue.record("\(bytes) is \(expected ? "" : "not ")UTF-8")
                return
            }
        }
        #expect(invalid > 20_000 && invalid < 180_000)
    }

    @Test func invalidLinesAreRepairedAndCounted() {
        let builder = BlockBuilder()
        let bytes: [UInt8] = Array("good é\n".utf8) + [0x61, 0xFF, 0x0A] + Array("good\n".utf8)
        bytes.withUnsafeBytes { builder.append($0) { _ in } }
        let block = builder.finish()!
        #expect(lines([block]) == ["good é", "a\u{FFFD}", "good"])
        #expect(builder.faults.repairedLines == 1)
    }

    @Test func validityEqualsTheStandardLibrary() {
        var random = SeededRandom(seed: 5)
        let alphabet: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC1, 0xC2, 0xE0, 0xA0, 0x9F, 0xED, 0xEF, 0xF0, 0x90, 0x8F, 0xF4, 0xF5, 0xFF,
        ]
        for _ in 0..<50_000 {
            let bytes = (0..<random.below(14)).map { _ in alphabet[random.below(alphabet.count)] }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            #expect(bytes.withUnsafeBufferPointer { UTF8Check.isValid($0) } == expected, "\(bytes)")
        }
    }

    @Test func filesAreReadPlainAndCompressed() throws {
        let folder = try TemporaryDirectory()
        let text = (0..<5000).map { "line \($0)" }.joined(separator: "\n")
        let plain = try folder.write("lines.txt", text)
        let result = try Program.shell("gzip -k '\(plain)' && cat '\(plain).gz' '\(plain).gz' > '\(folder.path)/twice'")
        #expect(result.status == 0)
        func read(_ path: String) throws -> [String] {
            var reader = try BlockReader(path: path)
            var blocks: [TextBlock] = []
            while let block = try reader.next() { blocks.append(block) }
            return lines(blocks)
        }
        #expect(try read(plain) == text.split(separator: "\n").map(String.init))
        #expect(try read(plain + ".gz") == text.split(separator: "\n").map(String.init))
        // The last line of the first copy has no line end, so it joins the first line of the second.
        #expect(try read(folder.file("twice")).count == 9999)
        let cut = try folder.write(
            "cut.gz", bytes: Array(try Data(contentsOf: URL(filePath: plain + ".gz")).dropLast(20)))
        let error = #expect(throws: SwiftwaterError.self) { try read(cut) }
        #expect(error?.code == .corrupted)
    }
}
