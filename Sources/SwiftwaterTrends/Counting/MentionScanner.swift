import SwiftwaterCore
import SwiftwaterPosts

/// Finds mentions by the public rules that twitter-text documents: `@` or `＠` and a name of letters, digits and
/// underscores. The sign follows the start of the text, `RT` or `RT:`, or a character that is not a letter or digit of
/// ASCII or one of `_!#$%&*@`. A name followed by another sign, an accented letter or `://` is not one.
///
/// And handles of other networks: `@name@server.org` (Mastodon) and `@name.server.org` (Bluesky).
enum MentionScanner {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// Calls `body` with each mention, in lower case, and its spelling.
    static func forEachMention(in text: Bytes, _ body: (Text, Bytes) -> Void) {
        var index = 0
        while index < text.count {
            let sign = text[index] == 0x40 ? 1 : text[index...].starts(with: [0xEF, 0xBC, 0xA0]) ? 3 : 0
            guard sign > 0 else {
                index += 1
                continue
            }
            let start = index + sign
            if isBoundary(text, before: index), let end = end(of: text, from: start) {
                var lower: [UInt8] = [0x40]
                for byte in text[start..<end] { lower.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) }
                lower.withUnsafeBufferPointer { body(Text(copying: $0), Bytes(rebasing: text[index..<end])) }
                index = end
            } else {
                index = start
            }
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5F
    }

    private static func isBoundary(_ text: Bytes, before sign: Int) -> Bool {
        guard sign > 0 else { return true }
        let before = text[sign - 1]
        if !isName(before), !"!#$%&*@".utf8.contains(before) {
            // Not after a wide sign, either.
            guard !(sign >= 3 && text[(sign - 3)..<sign].elementsEqual([0xEF, 0xBC, 0xA0])) else { return false }
            if before != 0x3A { return true }
        }
        // `RT@name` and `RT:@name`.
        let end = before == 0x3A ? sign - 1 : sign
        guard end >= 2, text[end - 2] | 0x20 == 0x72, text[end - 1] | 0x20 == 0x74 else { return before == 0x3A }
        guard end >= 3 else { return true }
        return !isName(text[end - 3]) && !"+~.-".utf8.contains(text[end - 3])
    }

    /// Returns the end of the name or handle, or nil if there is none.
    private static func end(of text: Bytes, from start: Int) -> Int? {
        var end = start
        while end < text.count, isName(text[end]) { end += 1 }
        guard end > start else { return nil }
        if let handle = handleEnd(text, name: start..<end) { return handle }
        guard end < text.count else { return end }
        if text[end] == 0x40 || text[end...].starts(with: [0xEF, 0xBC, 0xA0]) { return nil }
        if text[end...].starts(with: "://".utf8) { return nil }
        // Latin letters beyond ASCII: U+00C0 to U+024F.
        return (0xC3...0xC9).contains(text[end]) ? nil : end
    }

    /// Returns the end of `name@server.org`, or of `name.server.org` with at least three labels.
    private static func handleEnd(_ text: Bytes, name: Range<Int>) -> Int? {
        let separator = name.upperBound
        guard separator < text.count, text[separator] == 0x40 || text[separator] == 0x2E else { return nil }
        var (end, labels, length) = (separator, 0, 0)
        var index = separator + 1
        while index <= text.count {
            let byte = index < text.count ? text[index] : 0
            if byte == 0x2D || byte < 0x80 && isName(byte) && byte != 0x5F {
                length += 1
            } else {
                guard length > 0 else { break }
                (labels, end, length) = (labels + 1, index, 0)
                if byte != 0x2E { break }
            }
            index += 1
        }
        guard labels >= 2 else { return nil }
        // The last label is letters, such as `org`.
        let last = text[separator..<end].lastIndex(of: 0x2E)! + 1
        return end - last >= 2 && text[last..<end].allSatisfy { (0x61...0x7A).contains($0 | 0x20) } ? end : nil
    }
}
