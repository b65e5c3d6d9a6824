import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import TestSupport
import Testing

@Suite struct TextDecoderTests {
    private func decoded(_ bytes: [UInt8], _ encoding: TextEncoding, piece: Int) -> [UInt8] {
        var (decoder, output) = (TextDecoder(encoding), [UInt8]())
        for start in stride(from: 0, to: bytes.count, by: piece) {
            bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes {
                decoder.decode($0, isEnd: false, into: &output)
            }
        }
        decoder.decode(UnsafeRawBufferPointer(start: nil, count: 0), isEnd: true, into: &output)
        return output
    }

    private static let text = "Grüße, €5 – “ok” 漢字 😀\r\nä"

    @Test(
        arguments: [
            ("utf-8", [], TextEncoding.utf8), ("utf-16le", [0xFF, 0xFE], .utf8), ("utf-16be", [0xFE, 0xFF], .latin1),
            ("utf-16le", [], .utf16), ("utf-8", [0xEF, 0xBB, 0xBF], .latin1),
        ] as [(String, [UInt8], TextEncoding)])
    func textIsTheSameInAnyPieces(name: String, mark: [UInt8], declared: TextEncoding) {
        let encodings: [String: String.Encoding] = [
            "utf-8": .utf8, "utf-16le": .utf16LittleEndian, "utf-16be": .utf16BigEndian,
        ]
        let bytes = mark + Array(Self.text.data(using: encodings[name]!)!)
        let expected = (declared == .latin1 && name == "utf-8" ? mark : []) + Array(Self.text.utf8)
        for piece in 1...bytes.count { #expect(decoded(bytes, declared, piece: piece) == expected) }
        // As a whole file, such as one of ratings.
        #expect((bytes.withUnsafeBytes { declared.decoded($0) } ?? bytes) == expected)
    }

    @Test func latin1HasWindowsCharacters() {
        let bytes: [UInt8] = [0x80, 0x93, 0x6F, 0x6B, 0x94, 0x20, 0xE4, 0xFF, 0x81]
        for piece in 1...9 {
            #expect(String(decoding: decoded(bytes, .latin1, piece: piece), as: UTF8.self) == "€“ok” äÿ\u{81}")
        }
    }

    /// What UTF-16 cannot have becomes a byte that UTF-8 cannot have: its line is counted as repaired.
    @Test func brokenPairsAreCounted() throws {
        let units: [UInt16] = [
            0xFEFF, 0x61, 0xD83D, 0x62, 0x0A, 0xDE00, 0x0A, 0x63, 0xD83D, 0xD83D, 0xDE00, 0x0A, 0xD83D,
        ]
        let pairs: [[UInt8]] = units.map { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        // The last byte is half a unit.
        let bytes: [UInt8] = pairs.flatMap(\.self) + [0x0A]
        let expected: [UInt8] =
            [0x61, 0xFF, 0x62, 0x0A, 0xFF, 0x0A, 0x63, 0xFF] + Array("😀".utf8) + [0x0A, 0xFF]
        for piece in 1...bytes.count { #expect(decoded(bytes, .utf8, piece: piece) == expected) }
        let folder = try TemporaryDirectory()
        var reader = try BlockReader(path: folder.write("text", bytes: bytes))
        while let block = try reader.next() { block.retire() }
        #expect(reader.warnings().count == 1 && reader.warnings()[0].contains("4 lines were not valid UTF-8"))
    }

    /// Every line of a big file comes once, whatever its encoding; a part of it does not look for a mark.
    @Test(arguments: [TextEncoding.utf8, .latin1, .utf16]) func bigFilesAreDivided(encoding: TextEncoding) throws {
        let folder = try TemporaryDirectory()
        let text = "first\n" + (0..<3000).map { "þÿ line \($0)\n" }.joined()
        let encodings: [TextEncoding: String.Encoding] = [
            .utf8: .utf8, .latin1: .isoLatin1, .utf16: .utf16LittleEndian,
        ]
        let path = try folder.write("text", bytes: Array(text.data(using: encodings[encoding]!)!))
        let format = TextFileFormat(encoding: encoding)
        let count = try Data(contentsOf: URL(filePath: path)).count
        let splits = try FileSplit.splits(of: path, byteCount: count, format: format, targetBytes: 1000)
        #expect((splits.count == 1) == (encoding == .utf16))
        var lines: [String] = []
        for split in splits {
            var reader = try BlockReader(split, format: format)
            while let block = try reader.next() { block.forEachLine { lines.append(String($0)) } }
        }
        #expect(lines == text.split(separator: "\n").map(String.init))
    }
}
