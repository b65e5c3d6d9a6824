import SwiftwaterCore
import SwiftwaterFormats
import Testing

@Suite struct TableTextTests {
    /// Writes the fields of a row, each in brackets.
    private struct Bracketed: TableFormat, TableRows {
        var separator: UInt8?
        func isTable(_ path: String) -> Bool { true }
        func makeRows() -> any TableRows { self }
        mutating func begin(_ fields: [CSVReader.Field]) throws -> Bool {
            guard fields.count > 1 else {
                throw SwiftwaterError(.malformedInput, "one column", remedy: "give two")
            }
            return true
        }
        mutating func append(_ fields: [CSVReader.Field], to line: inout [UInt8]) throws {
            guard fields[0].string != "bad" else { throw SwiftwaterError(.malformedInput, "bad", remedy: "be good") }
            for field in fields { JSONEscapes.append(field, to: &line) }
        }
    }

    private func lines(_ text: String, piece: Int = .max, rowMaxBytes: Int = 100) throws -> ([String], TableText.Faults)
    {
        var table = TableText(Bracketed(), name: "t.csv", rowMaxBytes: rowMaxBytes)
        var (rest, pending, output) = (Array(text.utf8)[...], [UInt8](), [UInt8]())
        repeat {
            let part = rest.prefix(piece)
            rest = rest.dropFirst(part.count)
            pending.append(contentsOf: part)
            let used = try pending.withUnsafeBytes { try table.take($0, isEnd: rest.isEmpty, into: &output) }
            pending.removeFirst(used)
        } while !rest.isEmpty
        #expect(pending.isEmpty)
        return (String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init), table.faults)
    }

    @Test func rowsAreTheSameInAnyPieces() throws {
        let text = "\u{FEFF}a;b\r\n1;\"x\ny \"\"z\"\"\"\r\n\r\nbad;3\n\"q\\\";\t\n2;ü\r\n\"\";\"\""
        let expected = [##""1""x\ny \"z\"""##, ##""q\\""\t""##, #""2""ü""#, #""""""#]
        for piece in 1...text.utf8.count {
            let (lines, faults) = try lines(text, piece: piece)
            #expect(lines == expected && faults.count == 1)
            #expect(faults.first.map { "\($0)" }?.contains("t.csv:5") == true, "\(faults)")
        }
    }

    /// A quote that is never closed costs one line, not the rest of the file.
    @Test func rowsThatDoNotEndAreLeftOut() throws {
        let long = String(repeating: "x", count: 150)
        let text = "a,b\n1,\"open\n2,y\n\(long),z\n3,\"\(long)\"\n4,w\n5,\"at the end\n6,v\n"
        for piece in [1, 7, 50, .max] {
            let (lines, faults) = try lines(text, piece: piece)
            #expect(lines.contains(#""4""w""#) && lines.contains(#""2""y""#) && lines.contains(#""6""v""#))
            #expect(faults.count >= 2 && faults.first?.message.contains("quote") == true || faults.count >= 4)
        }
    }

    @Test func aTableWithoutItsColumnsIsUnreadable() {
        #expect(throws: TableText.Unreadable.self) { try lines("only\n1\n") }
    }

    @Test(arguments: [("a\tb,c\n", 2), ("a;b;c,d\n", 3), ("a|b\n", 2), ("\"a;;;\",b\n", 2)])
    func theSeparatorIsFound(header: String, count: Int) throws {
        let separator: Character =
            header.contains("\t") ? "\t" : header.hasPrefix("a;") ? ";" : header.contains("|") ? "|" : ","
        let row = (0..<count).map(String.init).joined(separator: String(separator))
        #expect(try lines(header + row).0 == [(0..<count).map { "\"\($0)\"" }.joined()])
    }

    /// Random tables, with quotes everywhere, give the rows that a reader of the whole finds.
    @Test(arguments: 0..<200) func randomTablesInPieces(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("ab,\"\n\r;")
        let text = "h,i\n" + String((0..<random.below(60)).map { _ in alphabet[random.below(alphabet.count)] })
        let whole = try lines(text, rowMaxBytes: 1000)
        for piece in [1, 2, 5] {
            let found = try lines(text, piece: piece, rowMaxBytes: 1000)
            #expect(found.0 == whole.0 && found.1.count == whole.1.count, "\(text.debugDescription)")
        }
    }
}
