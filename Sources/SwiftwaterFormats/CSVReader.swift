import SwiftwaterCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads comma-separated values (RFC 4180): quoted fields with separators, line ends and doubled quotes in them; lines that
/// end in LF or CRLF; empty lines are passed over; a UTF-8 byte order mark at the start is dropped.
///
/// Works in place on bytes that stay alive as long as the reader. O(bytes) in all.
public struct CSVReader {
    /// A field of the present row: its bytes without the outer quotes, and whether doubled quotes are still in them.
    public struct Field {
        public let bytes: UnsafeBufferPointer<UInt8>
        public let hasDoubledQuotes: Bool

        public var string: String {
            let text = String(decoding: bytes, as: UTF8.self)
            guard hasDoubledQuotes else { return text }
            var result = ""
            var isSecond = false
            for character in text.unicodeScalars {
                if character == "\"" && !isSecond { isSecond = true; result.unicodeScalars.append(character); continue }
                if character != "\"" { result.unicodeScalars.append(character) }
                isSecond = false
            }
            return result
        }
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let separator: UInt8
    private let fileName: String
    private var position = 0
    /// The line on which the present row begins, from 1.
    public private(set) var line = 0
    /// The line on which the reader goes on, from 1.
    public private(set) var nextLine = 1
    private var rowStart = 0
    public private(set) var fields: [Field] = []

    public init(_ bytes: UnsafeRawBufferPointer, separator: UInt8 = UInt8(ascii: ","), fileName: String) {
        self.bytes = bytes.bindMemory(to: UInt8.self)
        self.separator = separator
        self.fileName = fileName
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    }

    /// How far the reader is, in bytes.
    public var byteOffset: Int { position }

    /// Reads the next row into `fields`; false at the end.
    ///
    /// - Throws: `malformedInput` with file and line where a quoted field does not end as it should.
    public mutating func next() throws -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let count = bytes.count
        while position < count, base[position] == 0x0A || (base[position] == 0x0D && isLineEnd(position)) {
            if base[position] == 0x0A { nextLine += 1 }
            position += 1
        }
        guard position < count else { return false }
        fields.removeAll(keepingCapacity: true)
        line = nextLine
        rowStart = position
        while true {
            if position < count, base[position] == 0x22 {
                try readQuoted(base)
            } else {
                let start = position
                while position < count, base[position] != separator, base[position] != 0x0A { position += 1 }
                var end = position
                if position >= count || base[position] == 0x0A, end > start, base[end - 1] == 0x0D { end -= 1 }
                fields.append(
                    Field(bytes: UnsafeBufferPointer(start: base + start, count: end - start), hasDoubledQuotes: false))
            }
            if position >= count { return true }
            if base[position] == 0x0A {
                position += 1
                nextLine += 1
                return true
            }
            position += 1  // the separator
        }
    }

    private func isLineEnd(_ at: Int) -> Bool { at + 1 >= bytes.count || bytes[at + 1] == 0x0A }

    /// After an error: the next row begins on the line after this row's first, so that a stray quote costs one line and not
    /// all up to the next quote.
    private mutating func giveUpRow(_ base: UnsafePointer<UInt8>) {
        position = rowStart
        while position < bytes.count, base[position] != 0x0A { position += 1 }
        nextLine = line
    }

    private mutating func readQuoted(_ base: UnsafePointer<UInt8>) throws {
        let start = position + 1
        var at = start
        var hasDoubled = false
        while true {
            guard at < bytes.count, let hit = memchr(base + at, 0x22, bytes.count - at) else {
                giveUpRow(base)
                throw SwiftwaterError(
                    .malformedInput, "a quoted field that begins here does not end",
                    at: .init(file: fileName, line: line),
                    remedy: "close it with \" or double the quotes inside it")
            }
            at = UnsafeRawPointer(hit) - UnsafeRawPointer(base)
            if at + 1 < bytes.count, base[at + 1] == 0x22 {
                hasDoubled = true
                at += 2
                continue
            }
            break
        }
        let field = UnsafeBufferPointer(start: base + start, count: at - start)
        nextLine += field.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
        fields.append(Field(bytes: field, hasDoubledQuotes: hasDoubled))
        position = at + 1
        if position < bytes.count, base[position] == 0x0D { position += 1 }
        guard position >= bytes.count || base[position] == separator || base[position] == 0x0A else {
            giveUpRow(base)
            throw SwiftwaterError(
                .malformedInput, "text after the closing quote of field \(fields.count)",
                at: .init(file: fileName, line: line), remedy: "double the quotes inside a quoted field")
        }
    }

    /// A field as it must be written: quoted where it holds the separator, a quote or a line end.
    public static func quoted(_ text: String, separator: Character = ",") -> String {
        let special = separator.unicodeScalars.first
        // By scalars: a comma with a combining mark behind it is one character, and still separates.
        guard text.unicodeScalars.contains(where: { $0 == special || $0 == "\"" || $0 == "\n" || $0 == "\r" }) else {
            return text
        }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
