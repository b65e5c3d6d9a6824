import SwiftwaterCore
import SwiftwaterPlatform

/// A reader of comma-separated values (RFC 4180).
///
/// Quoted fields may contain separators, line ends and doubled quotes. Lines end in LF or CRLF. Empty lines are
/// skipped, and a UTF-8 byte order mark at the start is dropped.
///
/// Works in place on bytes that must outlive the reader. O(bytes) in total.
package struct CSVReader {
    /// A field of the current row.
    package struct Field {
        /// The bytes without the outer quotes; doubled quotes are still doubled.
        package let bytes: UnsafeBufferPointer<UInt8>
        /// Whether `bytes` contains doubled quotes.
        package let hasDoubledQuotes: Bool

        /// Creates a field.
        package init(bytes: UnsafeBufferPointer<UInt8>, hasDoubledQuotes: Bool) {
            (self.bytes, self.hasDoubledQuotes) = (bytes, hasDoubledQuotes)
        }

        /// The text for an error: without its end if it is long.
        package var shown: String { bytes.count <= 60 ? string : String(string.prefix(40)) + "…" }

        /// The field's text, with doubled quotes replaced by single ones.
        package var string: String {
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
    /// The line on which the current row begins, from 1.
    package private(set) var line = 0
    /// The line on which the reader continues, from 1.
    package private(set) var nextLine = 1
    /// Whether the last error is a quoted field that does not end in these bytes; more of them might end it.
    package private(set) var isCutOff = false
    private var rowStart = 0
    /// The fields of the current row.
    package private(set) var fields: [Field] = []

    /// Creates a reader at the start of `bytes`. `fileName` appears in errors.
    ///
    /// - Parameter firstLine: the number of the first line. Only line 1 may begin with a byte order mark.
    package init(
        _ bytes: UnsafeRawBufferPointer, separator: UInt8 = UInt8(ascii: ","), fileName: String, firstLine: Int = 1
    ) {
        self.bytes = bytes.bindMemory(to: UInt8.self)
        self.separator = separator
        self.fileName = fileName
        nextLine = firstLine
        if firstLine == 1, bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    }

    /// The offset at which the reader continues, in bytes.
    package var byteOffset: Int { position }

    /// Reads the next row into `fields`; returns false at the end.
    ///
    /// - Throws: `malformedInput` with file and line if a quoted field has no proper end.
    package mutating func next() throws -> Bool {
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
        isCutOff = false
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

    /// Skips to the line after this row's first, so that a stray quote costs one line rather than everything up to the
    /// next quote.
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
                isCutOff = true
                throw SwiftwaterError(
                    .malformedInput, "the quoted field that begins here has no closing quote",
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

    /// Returns a field in CSV form: quoted if it contains the separator, a quote or a line end.
    package static func quoted(_ text: String, separator: Character = ",") -> String {
        let special = separator.unicodeScalars.first
        // By scalars: a comma followed by a combining mark is one character, but still separates.
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
