import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import Testing

@Suite struct JSONWriterTests {
    @Test func valuesAreThoseOfJSON() {
        let json = JSONWriter.object { json in
            json.member("text", "a \"b\" \\ \n\t\u{1} é 日本 \u{7F}")
            json.member("empty", object: { _ in })
            json.member("numbers", [1, -2, Int.max])
            json.member("reals", [0.5, .nan, .infinity, -.infinity, 1e300])
            json.member("single", Float(0.1))
            json.member("none", nil as Int?)
            json.member("some", 3 as Int?)
            json.member("truth", [true, false])
            json.member("rows", array: [1, 2]) { json, row in json.object { $0.member("row", row) } }
            json.name("raw")
            json.raw("[1]")
        }
        #expect(
            json == #"""
                {"text":"a \"b\" \\ \n\t\u0001 é 日本 \u007f","empty":{},"numbers":[1,-2,9223372036854775807],"reals":[0.5,null,null,null,1e+300],"single":0.1,"none":null,"some":3,"truth":[true,false],"rows":[{"row":1},{"row":2}],"raw":[1]}
                """#)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.utf8)) }
    }

    /// What is written is read as the same value, for random documents.
    @Test(arguments: 0..<50) func documentsComeBack(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        func value(_ depth: Int) -> JSONValue {
            switch random.below(depth == 0 ? 5 : 7) {
            case 0: return .null
            case 1: return .bool(random.below(2) == 0)
            case 2: return .integer(Int64(bitPattern: random.next()))
            case 3: return .number(Double(random.below(1000)) / 7)
            case 4:
                let scalars = (0..<random.below(9)).map { _ in Unicode.Scalar(UInt32(random.below(0xD000)))! }
                return .string(String(String.UnicodeScalarView(scalars)))
            case 5: return .array((0..<random.below(4)).map { _ in value(depth - 1) })
            default: return .object((0..<random.below(4)).map { ("m\($0)", value(depth - 1)) })
            }
        }
        let document = value(4)
        #expect(try JSONValue(parsing: JSONWriter.string(document)) == document)
    }
}
