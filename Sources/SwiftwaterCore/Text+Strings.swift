// What programs know from String. Characters are those of String; text in ASCII takes a shorter way.

extension Text {
    /// The number of characters, as String counts them. O(length).
    public var count: Int { isPlain ? utf8Count : String(self).count }

    /// The bytes, in UTF-8. O(length): `withBytes` does not copy.
    public var utf8: [UInt8] { withBytes { Array($0) } }

    /// Returns the text in uppercase, as String does. O(length).
    public func uppercased() -> Text { Text(String(self).uppercased()) }

    /// Returns the text without its first characters. O(length).
    public func dropFirst(_ count: Int = 1) -> Text {
        if isPlain { return slice(min(count, utf8Count)..<utf8Count) }
        return Text(String(String(self).dropFirst(count)))
    }

    /// Returns the text without its last characters. O(length).
    public func dropLast(_ count: Int = 1) -> Text {
        if isPlain { return slice(0..<max(0, utf8Count - count)) }
        return Text(String(String(self).dropLast(count)))
    }

    /// Returns the text with each occurrence of a part replaced. O(length).
    public func replacing(_ part: Text, with other: Text) -> Text {
        guard !part.isEmpty, contains(part) else { return self }
        return Text(
            split(separator: part, omittingEmptySubsequences: false).map { String($0) }.joined(separator: String(other))
        )
    }

    /// Returns the text without white space at its ends. O(length).
    public func trimmed() -> Text {
        withBytes { bytes in
            let isASCII = bytes.allSatisfy { $0 < 0x80 }
            guard isASCII else {
                let text = String(self)
                let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
                let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? start
                return Text(String(text[start..<end]))
            }
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
            var (start, end) = (0, bytes.count)
            while start < end, isSpace(bytes[start]) { start += 1 }
            while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            return slice(start..<end)
        }
    }

    /// Whether each byte is a character: ASCII, and no CR, which may be one with the LF after it.
    private var isPlain: Bool { withBytes { $0.allSatisfy { $0 < 0x80 && $0 != 0x0D } } }
}

extension Set<String> {
    /// Returns whether the set has this text.
    public func contains(_ text: Text) -> Bool { contains(String(text)) }
}
