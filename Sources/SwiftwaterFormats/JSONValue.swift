import SwiftwaterCore

/// A JSON document (RFC 8259), parsed from UTF-8 bytes. Nesting is limited to 128 levels; 64-bit integers are exact.
package enum JSONValue: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written as an integer that fits in 64 bits.
    case integer(Int64)
    /// Any other number.
    case number(Double)
    /// A string, without quotes and escapes.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object. Members are in document order; of members with the same name, the last one counts.
    case object([(name: String, value: JSONValue)])

    /// Returns whether two values are equal. Strings compare by bytes, and objects member by member, in order.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        default: false
        }
    }

    /// Parses a document.
    ///
    /// - Parameter allowsNaN: whether `NaN`, `Infinity` and `-Infinity`, which Python writes, are null.
    /// - Throws: `malformedInput` with the byte offset of the error.
    package init(parsing bytes: UnsafeBufferPointer<UInt8>, allowsNaN: Bool = false) throws {
        var parser = JSONParser(bytes, allowsNaN: allowsNaN)
        self = try parser.document()
    }

    /// Parses a document.
    ///
    /// - Throws: `malformedInput` with the byte offset of the error.
    package init(parsing string: String) throws {
        var string = string
        self = try string.withUTF8 { try JSONValue(parsing: $0) }
    }

    /// The member called `name`, or nil if there is none or the value is not an object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The string, or nil if the value is not a string.
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The elements, or nil if the value is not an array.
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    /// The integer, or nil if the value is not an integer.
    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The truth value, or nil if the value is not `true` or `false`.
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The number, whether written as an integer or not, or nil if the value is not a number.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// Returns `text` as a JSON string with quotes. Non-ASCII characters are not escaped.
    package static func quoted(_ text: String) -> String {
        // Most texts are written as they are.
        guard text.utf8.contains(where: needsEscape) else { return "\"" + text + "\"" }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Whether a byte of a string is written as an escape.
    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F
    }
}

/// A recursive-descent parser of one document.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private static let depthMax = 128

    private let allowsNaN: Bool

    init(_ bytes: UnsafeBufferPointer<UInt8>, allowsNaN: Bool = false) {
        (self.bytes, self.allowsNaN) = (bytes, allowsNaN)
    }

    private func fail(_ message: String) -> SwiftwaterError {
        SwiftwaterError(.malformedInput, "not JSON: \(message)", at: .init(byteOffset: at))
    }

    private mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 {
            at += 1
        }
    }

    mutating func document() throws -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw fail("text after the end of the value") }
        return value
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth < JSONParser.depthMax else { throw fail("nested deeper than \(JSONParser.depthMax) levels") }
        skipSpace()
        guard at < bytes.count else { throw fail("expected a value, found the end of the text") }
        switch bytes[at] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): try literal("true"); return .bool(true)
        case UInt8(ascii: "f"): try literal("false"); return .bool(false)
        case UInt8(ascii: "n"): try literal("null"); return .null
        case UInt8(ascii: "N") where allowsNaN: try literal("NaN"); return .null
        case UInt8(ascii: "I") where allowsNaN: try literal("Infinity"); return .null
        case UInt8(ascii: "-") where allowsNaN && at + 1 < bytes.count && bytes[at + 1] == UInt8(ascii: "I"):
            try literal("-Infinity")
            return .null
        default: return try number()
        }
    }

    private mutating func literal(_ word: StaticString) throws {
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count, (0..<count).allSatisfy({ bytes[at + $0] == word.utf8Start[$0] }) else {
            throw fail("an unknown word")
        }
        at += count
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        at += 1
        var members: [(name: String, value: JSONValue)] = []
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "}") { at += 1; return .object(members) }
        while true {
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
                throw fail("expected a member name")
            }
            let name = try string()
            skipSpace()
            guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { throw fail("expected a colon") }
            at += 1
            members.append((name, try value(depth: depth + 1)))
            skipSpace()
            guard at < bytes.count else { throw fail("the object does not end") }
            at += 1
            if bytes[at - 1] == UInt8(ascii: "}") { return .object(members) }
            guard bytes[at - 1] == UInt8(ascii: ",") else { throw fail("expected a comma") }
        }
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        at += 1
        var elements: [JSONValue] = []
        skipSpace()
        if at < bytes.count, bytes[at] == UInt8(ascii: "]") { at += 1; return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            guard at < bytes.count else { throw fail("the array does not end") }
            at += 1
            if bytes[at - 1] == UInt8(ascii: "]") { return .array(elements) }
            guard bytes[at - 1] == UInt8(ascii: ",") else { throw fail("expected a comma") }
        }
    }

    private mutating func string() throws -> String {
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 {
            at += 1
        }
        if at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
            at += 1
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at - 1]), as: UTF8.self)
        }
        var text = Array(bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case ..<0x20: throw fail("a control character in a string")
            default: text.append(byte)
            }
        }
        throw fail("the string does not end")
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard at < bytes.count else { throw fail("the string does not end") }
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hex()
            if (0xD800..<0xDC00).contains(code), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
                bytes[at + 1] == UInt8(ascii: "u")
            {
                let before = at
                at += 2
                let low = try hex()
                if (0xDC00..<0xE000).contains(low) {
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                } else {
                    at = before
                }
            }
            // An unpaired surrogate becomes U+FFFD.
            text.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
        default: throw fail("an unknown escape")
        }
    }

    private mutating func hex() throws -> UInt32 {
        guard at + 4 <= bytes.count else { throw fail("the escape does not end") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue else {
                throw fail("the escape is not hexadecimal")
            }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        return code
    }

    private mutating func number() throws -> JSONValue {
        let start = at
        var isInteger = true
        if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
        let digits = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                isInteger = false
            default:
                return try number(start, digits, isInteger)
            }
            at += 1
        }
        return try number(start, digits, isInteger)
    }

    private func number(_ start: Int, _ digits: Int, _ isInteger: Bool) throws -> JSONValue {
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        let hasLeadingZero =
            at - digits > 1 && bytes[digits] == UInt8(ascii: "0") && bytes[digits + 1] != UInt8(ascii: ".")
            && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[digits + 1])
        guard at > digits, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[digits]), !hasLeadingZero,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at - 1])
        else { throw fail("'\(text)' is not a number") }
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text) else { throw fail("'\(text)' is not a number") }
        return .number(value)
    }
}
