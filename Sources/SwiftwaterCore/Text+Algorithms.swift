import CSwiftwaterKernels
import SwiftwaterPlatform

extension Text {
    /// Returns whether the text starts with the bytes of `prefix`.
    @inlinable
    public func hasPrefix(_ prefix: Text) -> Bool {
        if prefix.word1 == 1 << 56 {
            // One byte is by far the most common case.
            guard word1 != 0 else { return false }
            if isInline { return UInt8(truncatingIfNeeded: word0) == UInt8(truncatingIfNeeded: prefix.word0) }
            return withBytes { $0[0] == UInt8(truncatingIfNeeded: prefix.word0) }
        }
        return withBytes { bytes in
            prefix.withBytes { wanted in
                wanted.count == 0
                    || (wanted.count <= bytes.count
                        && memcmp(bytes.baseAddress!, wanted.baseAddress!, wanted.count) == 0)
            }
        }
    }

    /// Returns whether the text ends with the bytes of `suffix`.
    public func hasSuffix(_ suffix: Text) -> Bool {
        withBytes { bytes in
            suffix.withBytes { wanted in
                bytes.count >= wanted.count && bytes.suffix(wanted.count).elementsEqual(wanted)
            }
        }
    }

    /// Returns whether the bytes of `part` occur in the text. The empty text occurs in every text.
    public func contains(_ part: Text) -> Bool {
        withBytes { bytes in
            part.withBytes { wanted in
                wanted.isEmpty || Text.offset(ofBytes: wanted, in: bytes, from: 0) != nil
            }
        }
    }

    /// Returns the text in lowercase: the full Unicode mapping of each scalar, without the context rule for a final
    /// sigma.
    ///
    /// O(length). ASCII text that is already lowercase is returned without a copy.
    @inlinable
    public func lowercased() -> Text {
        if isInline {
            // Eight bytes at a time: find A...Z and set bit 5. Anything outside ASCII takes the slow path.
            if (word0 | (word1 & 0x00FF_FFFF_FFFF_FFFF)) & 0x8080_8080_8080_8080 != 0 { return slowLowercased() }
            let bytes = word1 & 0x00FF_FFFF_FFFF_FFFF
            return Text(
                word0: Text.lowercaseASCII(word0), word1: Text.lowercaseASCII(bytes) | (word1 & 0xFF00_0000_0000_0000),
                owner: nil)
        }
        return slowLowercased()
    }

    @inlinable
    internal static func lowercaseASCII(_ word: UInt64) -> UInt64 {
        let aboveA = word &+ 0x3F3F_3F3F_3F3F_3F3F  // top bit set where byte >= 'A'
        let aboveZ = word &+ 0x2525_2525_2525_2525  // top bit set where byte > 'Z'
        return word | (((aboveA & ~aboveZ) & 0x8080_8080_8080_8080) >> 2)
    }

    @usableFromInline
    internal func slowLowercased() -> Text {
        withBytes { bytes in
            if bytes.allSatisfy({ $0 < 0x80 && !(0x41...0x5A).contains($0) }) { return self }
            if bytes.allSatisfy({ $0 < 0x80 }) {
                return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { lower in
                    for (index, byte) in bytes.enumerated() {
                        lower[index] = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
                    }
                    return Text(copying: UnsafeBufferPointer(lower))
                }
            }
            if let simple = Text.lowercasedInPlace(bytes) { return simple }
            var mapped = ""
            for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
                mapped += scalar.properties.lowercaseMapping
            }
            return Text(mapped)
        }
    }

    /// Returns the lowercase text if every scalar keeps its length, and nil otherwise.
    private static func lowercasedInPlace(_ bytes: UnsafeBufferPointer<UInt8>) -> Text? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { lower in
            guard lowercase(bytes, into: lower.baseAddress!) else { return nil }
            return Text(copying: UnsafeBufferPointer(lower))
        }
    }

    /// Writes the lowercase form of UTF-8 whose scalars keep their length: ASCII, Latin-1, Cyrillic up to U+045F, and
    /// scripts without case.
    ///
    /// - Parameter output: Has room for the same number of bytes.
    /// - Parameter bytes: the bytes to read.
    /// - Returns: False if there is anything else; the contents of `output` are then meaningless.
    public static func lowercase(
        _ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                output[index] = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
                index += 1
            } else if byte < 0xE0 {
                guard index + 1 < bytes.count else { return false }
                let scalar = (UInt32(byte) & 0x1F) << 6 | UInt32(bytes[index + 1]) & 0x3F
                guard let small = lowercasedTwoBytes(scalar) else { return false }
                output[index] = 0xC0 | UInt8(small >> 6)
                output[index + 1] = 0x80 | UInt8(small & 0x3F)
                index += 2
            } else {
                guard byte < 0xF0, index + 2 < bytes.count else { return false }
                let scalar =
                    (UInt32(byte) & 0x0F) << 12 | (UInt32(bytes[index + 1]) & 0x3F) << 6
                    | UInt32(bytes[index + 2]) & 0x3F
                guard isWithoutCase(scalar) else { return false }
                for offset in 0..<3 { output[index + offset] = bytes[index + offset] }
                index += 3
            }
        }
        return true
    }

    /// Returns the text folded for case-insensitive comparison: the lowercase of its uppercase, so that ß equals SS and
    /// σ equals ς. O(length).
    public func caseFolded() -> Text {
        let simple = withBytes { bytes -> Text? in
            // The uppercase forms of ß and µ are outside Latin-1.
            let isPlain = !zip(bytes, bytes.dropFirst()).contains { $0 == (0xC3, 0x9F) || $0 == (0xC2, 0xB5) }
            return bytes.isEmpty ? self : isPlain ? Text.lowercasedInPlace(bytes) : nil
        }
        if let simple { return simple }
        var mapped = ""
        for scalar in String(self).unicodeScalars {
            for upper in scalar.properties.uppercaseMapping.unicodeScalars {
                mapped += upper.properties.lowercaseMapping
            }
        }
        return Text(mapped)
    }

    /// Returns the lowercase of a scalar from U+0080 to U+07FF, or nil if this table does not have it.
    private static func lowercasedTwoBytes(_ scalar: UInt32) -> UInt32? {
        switch scalar {
        case 0x80...0xBF, 0xD7, 0xDF...0xFF, 0x430...0x45F, 0x591...0x7FF: scalar
        case 0xC0...0xDE, 0x410...0x42F: scalar + 0x20
        case 0x400...0x40F: scalar + 0x50
        default: nil
        }
    }

    /// Returns whether a three-byte scalar is of a script without case: U+0E00 to U+0FFF, U+2E80 to U+A63F, U+AC00 to
    /// U+D7FF.
    private static func isWithoutCase(_ scalar: UInt32) -> Bool {
        (0x0E00...0x0FFF).contains(scalar) || (0x2E80...0xA63F).contains(scalar) || (0xAC00...0xD7FF).contains(scalar)
    }

    /// Returns the parts between occurrences of `separator`, found lazily. They are slices, not copies.
    ///
    /// - Parameters:
    ///   - separator: At least one byte.
    ///   - omittingEmptySubsequences: Whether empty parts are omitted, as in the standard library's `split`.
    @inlinable
    public func split(separator: Text, omittingEmptySubsequences: Bool = true) -> TextSplit {
        precondition(!separator.isEmpty, "split needs a separator of at least one byte")
        return TextSplit(text: self, separator: separator, omitsEmpty: omittingEmptySubsequences)
    }

    /// Returns the bytes in `range` as a text. O(1).
    @inlinable
    public func slice(_ range: Range<Int>) -> Text {
        if isInline { return withBytes { Text(inline: UnsafeBufferPointer(rebasing: $0[range])) } }
        return withBytes { Text(unownedBytes: UnsafeBufferPointer(rebasing: $0[range]), owner: owner) }
    }
}

extension Text {
    @inlinable
    internal static func offset(of separator: Text, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        if separator.word1 == 1 << 56 {
            let byte = UInt8(truncatingIfNeeded: separator.word0)
            // Words are short: up to the eighth byte, a plain loop is faster than a call of memchr.
            var index = start
            let near = Swift.min(bytes.count, start + 8)
            while index < near {
                if base[index] == byte { return index }
                index += 1
            }
            guard index < bytes.count, let hit = memchr(base + index, Int32(byte), bytes.count - index) else {
                return nil
            }
            return UnsafeRawPointer(hit) - UnsafeRawPointer(base)
        }
        return separator.withBytes { Text.offset(ofBytes: $0, in: bytes, from: start) }
    }

    @usableFromInline
    internal static func offset(
        ofBytes wanted: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        let found = sw_find_bytes(base + start, bytes.count - start, wanted.baseAddress, wanted.count)
        return found < 0 ? nil : start + found
    }
}
