import SwiftwaterCore

/// The rules that find keys in words, for the kinds other than hashtags.
enum KeyRules {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Returns a word without what surrounds it in prose: brackets and quotes before it, and those and punctuation
    /// after it.
    private static func withoutPunctuation(_ word: Bytes) -> Bytes {
        var (start, end) = (0, word.count)
        while start < end, [0x28, 0x5B, 0x7B, 0x22, 0x27, 0x3C].contains(word[start]) { start += 1 }
        while end > start,
            [0x29, 0x5D, 0x7D, 0x22, 0x27, 0x3E, 0x2E, 0x2C, 0x21, 0x3F, 0x3A, 0x3B].contains(word[end - 1])
        {
            end -= 1
        }
        return Bytes(rebasing: word[start..<end])
    }

    private static func lowered(_ bytes: Bytes) -> Text {
        let lower = bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return lower.withUnsafeBufferPointer { Text(copying: $0) }
    }

    static func cashtag(_ word: Bytes) -> (key: Text, spelling: Bytes)? {
        let word = withoutPunctuation(word)
        guard word.count >= 2, word[0] == 0x24 else { return nil }
        var end = 1
        while end < word.count, isLetter(word[end]) { end += 1 }
        guard (2...7).contains(end) else { return nil }
        if end < word.count {
            let rest = word.count - end - 1
            guard word[end] == 0x2E || word[end] == 0x5F, (1...2).contains(rest),
                word[(end + 1)...].allSatisfy(isLetter)
            else { return nil }
        }
        return (lowered(word), word)
    }

    /// Returns a link without the punctuation around it. A parenthesis that the link opens stays, and so does what
    /// follows it.
    private static func trimmedLink(_ word: Bytes) -> Bytes {
        let trimmed = withoutPunctuation(word)
        var end = trimmed.count
        let start = trimmed.baseAddress! - word.baseAddress!
        while start + end < word.count, word[start + end] == 0x29,
            word[start..<start + end].count(where: { $0 == 0x28 })
                > word[start..<start + end].count(where: { $0 == 0x29 })
        { end += 1 }
        return Bytes(rebasing: word[start..<start + end])
    }

    static func link(_ word: Bytes) -> (key: Text, spelling: Bytes)? {
        let word = trimmedLink(word)
        let lower = lowered(word)
        let scheme = lower.hasPrefix("https://") ? 8 : lower.hasPrefix("http://") ? 7 : 0
        guard scheme > 0, word.count > scheme + 3 else { return nil }
        var rest = word[scheme...]
        if let fragment = rest.firstIndex(of: 0x23) { rest = rest[..<fragment] }
        while rest.last == 0x2F { rest = rest.dropLast() }
        let host = rest.firstIndex(of: 0x2F) ?? rest.endIndex
        // A shortened link of X ends with its letters and digits: `t.co/abc's`.
        if rest[..<host].elementsEqual("t.co".utf8), host < rest.endIndex {
            rest = rest[..<(rest[(host + 1)...].firstIndex { !isLetter($0) && !isDigit($0) } ?? rest.endIndex)]
        }
        // The host is case-insensitive; the path may not be.
        var key = rest[..<host].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        guard key.contains(0x2E) else { return nil }
        if key.starts(with: Array("www.".utf8)) { key.removeFirst(4) }
        key.append(contentsOf: rest[host...])
        return (key.withUnsafeBufferPointer { Text(copying: $0) }, word)
    }

    /// Returns the words of a text: runs of letters, digits, marks and inner apostrophes, of at least three scalars.
    /// Skips hashtags, cashtags, mentions and links.
    static func words(_ text: Bytes) -> [Text] {
        var words: [Text] = []
        let string = String(decoding: text, as: UTF8.self)
        for piece in string.split(whereSeparator: \.isWhitespace) {
            if piece.hasPrefix("#") || piece.hasPrefix("@") || piece.hasPrefix("$") || piece.contains("://") {
                continue
            }
            for word in piece.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "’" }) {
                var plain = word.drop { $0 == "'" || $0 == "’" }
                while plain.last == "'" || plain.last == "’" { plain.removeLast() }
                if plain.unicodeScalars.count >= 3 { words.append(Text(plain)) }
            }
        }
        return words
    }
}
