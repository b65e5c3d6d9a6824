import SwiftwaterCore

/// The encoding of a text file that is not UTF-8. A file that begins with the byte order mark of UTF-16 is read as such
/// in any case.
public enum TextEncoding: String, Sendable, CaseIterable {
    /// UTF-8, with or without a byte order mark.
    case utf8 = "utf-8"
    /// ISO 8859-1, with Windows-1252's characters where it has none.
    case latin1 = "latin-1"
    /// UTF-16, little-endian unless a byte order mark says otherwise.
    case utf16 = "utf-16"

    /// Returns the text as UTF-8, or nil if it is UTF-8 already.
    package func decoded(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        if bytes.starts(with: [0xFF, 0xFE]) { return TextEncoding.utf16(bytes.dropFirst(2), isBigEndian: false) }
        if bytes.starts(with: [0xFE, 0xFF]) { return TextEncoding.utf16(bytes.dropFirst(2), isBigEndian: true) }
        switch self {
        case .utf8: return nil
        case .utf16: return TextEncoding.utf16(bytes[...], isBigEndian: false)
        case .latin1: return TextEncoding.latin1(bytes)
        }
    }

    private static func utf16(_ bytes: Slice<UnsafeRawBufferPointer>, isBigEndian: Bool) -> [UInt8] {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        var index = bytes.startIndex
        while index + 1 < bytes.endIndex {
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            units.append(isBigEndian ? first << 8 | second : second << 8 | first)
            index += 2
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    /// What Windows-1252 has at 0x80 to 0x9F; the code itself where it has nothing.
    private static let windows: [UInt16] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]

    private static func latin1(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                result.append(byte)
            } else {
                let scalar = byte < 0xA0 ? windows[Int(byte) - 0x80] : UInt16(byte)
                result.append(contentsOf: String(Unicode.Scalar(scalar)!).utf8)
            }
        }
        return result
    }
}
