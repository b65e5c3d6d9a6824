import SwiftwaterPlatform

extension Text: Hashable {
    /// Returns whether two texts have the same bytes.
    @inlinable
    public static func == (left: Text, right: Text) -> Bool {
        // Short texts are always stored inline, so equal texts have the same form.
        if left.isInline || right.isInline { return left.word0 == right.word0 && left.word1 == right.word1 }
        if left.word1 != right.word1 { return false }
        return left.withBytes { a in right.withBytes { b in memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0 } }
    }

    /// Mixes the bytes into `hasher`.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        if isInline {
            hasher.combine(word0)
            hasher.combine(word1)
        } else {
            withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }
}

extension Text: Comparable {
    /// Returns whether `left` comes before `right` in byte order, which for UTF-8 is code point order.
    @inlinable
    public static func < (left: Text, right: Text) -> Bool {
        if (left.word1 | right.word1) & sliceFlag == 0 {
            // Both are inline, with zeros after their bytes, and the count last.
            return left.word0 == right.word0
                ? left.word1.byteSwapped < right.word1.byteSwapped : left.word0.byteSwapped < right.word0.byteSwapped
        }
        return left.withBytes { a in
            right.withBytes { b in
                let common = Swift.min(a.count, b.count)
                let order = common == 0 ? 0 : memcmp(a.baseAddress!, b.baseAddress!, common)
                return order == 0 ? a.count < b.count : order < 0
            }
        }
    }
}

extension Text: ExpressibleByStringLiteral {
    /// Creates a text with a copy of the literal's UTF-8.
    @inlinable
    public init(stringLiteral value: StaticString) {
        if value.hasPointerRepresentation, value.utf8CodeUnitCount == 1 {
            self.init(word0: UInt64(value.utf8Start.pointee), word1: 1 << 56, owner: nil)
        } else if value.hasPointerRepresentation {
            self = value.withUTF8Buffer { Text(copying: $0) }
        } else {
            self.init(String(value.unicodeScalar))
        }
    }
}

extension Text: CustomStringConvertible, CustomDebugStringConvertible {
    /// The text as a string.
    public var description: String { String(self) }
    /// The text in quotes, with escapes.
    public var debugDescription: String { String(self).debugDescription }
}

extension Text: Codable {
    /// Decodes the text from a string.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }
    /// Encodes the text as a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(self))
    }
}

extension String {
    /// Creates a string from a text. Invalid UTF-8 becomes U+FFFD. O(length).
    @inlinable public init(_ text: Text) {
        self = text.withBytes { String(decoding: $0, as: UTF8.self) }
    }
}
