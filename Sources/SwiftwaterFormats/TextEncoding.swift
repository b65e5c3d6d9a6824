import SwiftwaterCore

/// The encoding of a text file. A file that begins with the byte order mark of UTF-8 or UTF-16 is read as such in any
/// case.
public enum TextEncoding: String, Sendable, CaseIterable {
    /// UTF-8, with or without a byte order mark.
    case utf8 = "utf-8"
    /// ISO 8859-1, with Windows-1252's characters where it has none.
    case latin1 = "latin-1"
    /// UTF-16, little-endian unless a byte order mark says otherwise.
    case utf16 = "utf-16"

    /// Returns the text as UTF-8, or nil if it is UTF-8 already.
    package func decoded(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var decoder = TextDecoder(self)
        var text: [UInt8] = []
        decoder.decode(UnsafeRawBufferPointer(rebasing: bytes.prefix(3)), isEnd: bytes.count < 3, into: &text)
        if decoder.isUTF8 == true { return nil }
        text.reserveCapacity(bytes.count + bytes.count / 8)
        decoder.decode(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(3)), isEnd: true, into: &text)
        return text
    }

    /// What Windows-1252 has at 0x80 to 0x9F; the code itself where it has nothing.
    private static let windows: [UInt16] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]

    /// Returns the code point of a byte from 0x80.
    static func windows1252(_ byte: UInt8) -> UInt32 {
        UInt32(byte < 0xA0 ? windows[Int(byte) - 0x80] : UInt16(byte))
    }
}
