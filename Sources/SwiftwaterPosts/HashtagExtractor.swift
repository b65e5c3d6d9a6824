import SwiftwaterCore

/// Finds hashtags by the public rules that twitter-text documents.
///
/// A tag is `#` or `＃` (U+FF03), not followed by U+FE0F or U+20E3, and then letters, marks, digits, underscores and a
/// few more characters, at least one of them a letter or mark. It follows the start of the text, a variation selector,
/// or a character that is neither one of these nor `&`. A tag followed by another `#` or by `://`, or inside a URL,
/// does not count, and neither does one at the end of a retweet's text that `…` cuts off.
public struct HashtagExtractor: Sendable {
    /// Creates an extractor.
    public init() {}

    /// Returns the tags of a text in order, without `#`, as slices of it. O(length); a text without a `#` costs only
    /// the search for one.
    public func hashtags(in text: Text) -> [Text] {
        var found: [Range<Int>] = []
        text.withBytes { bytes in
            var position = 0
            var before = URLRun()
            while let sign = nextSign(bytes, from: position) {
                before.advance(to: sign.lowerBound, in: bytes)
                if !before.isURL, let end = tagEnd(bytes, after: sign.upperBound),
                    isBoundary(bytes, before: sign.lowerBound)
                {
                    found.append(sign.upperBound..<end)
                    position = end
                } else {
                    position = sign.upperBound
                }
            }
        }
        return found.map { text.slice($0) }
    }

    /// Returns the range of the next `#` or `＃`, or nil if there is none.
    private func nextSign(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int>? {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "#") { return index..<index + 1 }
            if byte == 0xEF, index + 2 < bytes.count, bytes[index + 1] == 0xBC, bytes[index + 2] == 0x83 {
                return index..<index + 3
            }
            index += 1
        }
        return nil
    }

    /// Returns the end of the tag that begins at `start`, or nil if there is none.
    private func tagEnd(_ bytes: UnsafeBufferPointer<UInt8>, after start: Int) -> Int? {
        var position = start
        var hasLetter = false
        while position < bytes.count {
            let (scalar, length) = Scalars.decode(bytes, at: position)
            if position == start, scalar == 0xFE0F || scalar == 0x20E3 { return nil }
            guard Scalars.isTagScalar(scalar) else { break }
            hasLetter = hasLetter || Scalars.isLetterOrMark(scalar)
            position += length
        }
        guard hasLetter else { return nil }
        if position < bytes.count {
            if bytes[position] == UInt8(ascii: "#") || Scalars.decode(bytes, at: position).scalar == 0xFF03 {
                return nil
            }
            if position + 3 <= bytes.count, bytes[position] == UInt8(ascii: ":"),
                bytes[position + 1] == UInt8(ascii: "/"),
                bytes[position + 2] == UInt8(ascii: "/")
            {
                return nil
            }
            if isCut(bytes, at: position) { return nil }
        }
        return position
    }

    /// Returns whether `…` ends the text here, and the text is that of a retweet, `RT @name: `.
    private func isCut(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Bool {
        guard bytes[position...].starts(with: [0xE2, 0x80, 0xA6]) else { return false }
        guard position + 3 == bytes.count || bytes[position + 3] == 0x0A || bytes[position + 3] == 0x0D else {
            return false
        }
        var start = position
        while start > 0, bytes[start - 1] != 0x0A { start -= 1 }
        return Retweet.prefixLength(of: bytes[start..<position].prefix(27)) > 0
    }

    /// The state kept from one sign of a text to the next, so that no byte is examined twice.
    public struct Cursor {
        fileprivate var run = URLRun()

        /// Creates a cursor at the start of a text.
        public init() {}
    }

    /// Returns the end of the tag whose sign is at `sign` and whose name would begin at `after`, or nil if there is
    /// none. `bytes` may hold many lines: only the text around the sign is examined.
    ///
    /// - Parameter cursor: one cursor for all signs of a text, which are passed in order.
    /// - Parameter after: where the name would begin.
    /// - Parameter sign: where the sign is.
    /// - Parameter bytes: the bytes to read.
    public func tagEnd(
        in bytes: UnsafeBufferPointer<UInt8>, signAt sign: Int, after: Int, _ cursor: inout Cursor
    ) -> Int? {
        guard isBoundary(bytes, before: sign), let end = tagEnd(bytes, after: after) else { return nil }
        var start = sign
        while start > cursor.run.scanned, (0x21...0x7E).contains(bytes[start - 1]) { start -= 1 }
        if start == sign, start > cursor.run.scanned { return end }
        if start > cursor.run.scanned { cursor.run = URLRun(from: start) }
        cursor.run.advance(to: sign, in: bytes)
        return cursor.run.isURL ? nil : end
    }

    private func isBoundary(_ bytes: UnsafeBufferPointer<UInt8>, before sign: Int) -> Bool {
        guard sign > 0 else { return true }
        let scalar = Scalars.decodeBackwards(bytes, before: sign)
        if scalar == 0xFE0E || scalar == 0xFE0F { return true }
        return scalar != 0x26 && !Scalars.isTagScalar(scalar)
    }
}

/// Whether the run of visible ASCII before a position begins a URL: with a scheme, or with a domain and a slash. Moves
/// forward only, so that all signs of a text together cost one pass.
struct URLRun {
    private var start: Int
    private(set) var scanned: Int
    private var hasSlash = false
    private(set) var isURL = false

    init(from start: Int = 0) { (self.start, scanned) = (start, start) }

    mutating func advance(to end: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        while scanned < end {
            let byte = bytes[scanned]
            if !(0x21...0x7E).contains(byte) {
                (start, hasSlash, isURL) = (scanned + 1, false, false)
            } else if byte == UInt8(ascii: "/") {
                if !hasSlash, URLRun.isDomain(bytes[start..<scanned]) { isURL = true }
                if scanned > start, bytes[scanned - 1] == byte, hasScheme(bytes, before: scanned - 1) { isURL = true }
                hasSlash = true
            }
            scanned += 1
        }
    }

    /// Returns whether `http:` or `https:`, in any case, precedes the slashes.
    private func hasScheme(_ bytes: UnsafeBufferPointer<UInt8>, before slashes: Int) -> Bool {
        func ends(in word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            return slashes - start >= count
                && (0..<count).allSatisfy { bytes[slashes - count + $0] | 0x20 == word.utf8Start[$0] | 0x20 }
        }
        return ends(in: "http:") || ends(in: "https:")
    }

    /// Returns whether the bytes end in a domain: labels of letters, digits and hyphens, separated by dots, the last
    /// one with at least two letters. Ignores what precedes the domain, such as a parenthesis.
    private static func isDomain(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        func isPart(_ byte: UInt8) -> Bool {
            isLetter(byte) || byte == 0x2D || byte == 0x2E || (0x30...0x39).contains(byte)
        }
        let begin = bytes.lastIndex { !isPart($0) }.map { $0 + 1 } ?? bytes.startIndex
        let labels = bytes[begin...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, last.count >= 2 else { return false }
        return last.allSatisfy(isLetter) && labels.allSatisfy { !$0.isEmpty }
    }
}

/// Decoding of valid UTF-8, and the character classes of the rules.
enum Scalars {
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (scalar: UInt32, length: Int) {
        let lead = UInt32(bytes[position])
        func next(_ offset: Int) -> UInt32 {
            position + offset < bytes.count ? UInt32(bytes[position + offset]) & 0x3F : 0
        }
        switch lead {
        case ..<0x80: return (lead, 1)
        case ..<0xE0: return ((lead & 0x1F) << 6 | next(1), min(2, bytes.count - position))
        case ..<0xF0: return ((lead & 0x0F) << 12 | next(1) << 6 | next(2), min(3, bytes.count - position))
        default: return ((lead & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), min(4, bytes.count - position))
        }
    }

    static func decodeBackwards(_ bytes: UnsafeBufferPointer<UInt8>, before end: Int) -> UInt32 {
        var start = end - 1
        while start > 0, end - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return decode(bytes, at: start).scalar
    }

    static func isLetterOrMark(_ value: UInt32) -> Bool {
        if value < 0x80 { return (0x41...0x5A).contains(value) || (0x61...0x7A).contains(value) }
        return value < 0x10000 ? BasicPlane.letters[value] : isLetterOrMarkByCategory(value)
    }

    static func isTagScalar(_ value: UInt32) -> Bool {
        if value < 0x80 { return isLetterOrMark(value) || (0x30...0x39).contains(value) || value == 0x5F }
        return value < 0x10000 ? BasicPlane.tagScalars[value] : isTagScalarByCategory(value)
    }

    fileprivate static func isLetterOrMarkByCategory(_ value: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(value) else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark:
            return true
        default: return false
        }
    }

    fileprivate static func isTagScalarByCategory(_ value: UInt32) -> Bool {
        switch value {
        // Joiners, hyphens, dots and repetition marks that scripts use inside words.
        case 0x200C, 0x200D, 0xA67E, 0x05BE, 0x05F3, 0x05F4, 0xFF5E, 0x301C, 0x309B, 0x309C, 0x30A0, 0x30FB, 0x3003,
            0x0F0B,
            0x0F0C, 0x00B7:
            return true
        default:
            return isLetterOrMarkByCategory(value)
                || Unicode.Scalar(value)?.properties.generalCategory == .decimalNumber
        }
    }
}

/// The character classes of scalars below U+10000, one bit each: looking up a category costs ten times as much.
private struct BasicPlane {
    static let letters = BasicPlane(Scalars.isLetterOrMarkByCategory)
    static let tagScalars = BasicPlane(Scalars.isTagScalarByCategory)

    private let words: [UInt64]

    private init(_ isIn: (UInt32) -> Bool) {
        words = (0..<1024).map { word in
            (0..<64).reduce(0) { bits, bit in isIn(UInt32(word * 64 + bit)) ? bits | 1 << UInt64(bit) : bits }
        }
    }

    subscript(value: UInt32) -> Bool { words[Int(value >> 6)] >> UInt64(value & 63) & 1 == 1 }
}
