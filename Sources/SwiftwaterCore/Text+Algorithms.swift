import CSwiftwaterKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Text {
    /// Whether the text starts with the bytes of `prefix`.
    @inlinable
    public func hasPrefix(_ prefix: Text) -> Bool {
        if prefix.word1 == 1 << 56 {
            // One byte, by far the most common case.
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

    /// Whether the text ends with the bytes of `suffix`.
    public func hasSuffix(_ suffix: Text) -> Bool {
        withBytes { bytes in
            suffix.withBytes { wanted in
                bytes.count >= wanted.count && bytes.suffix(wanted.count).elementsEqual(wanted)
            }
        }
    }

    /// Whether the bytes of `part` occur in the text. The empty text occurs in every text.
    public func contains(_ part: Text) -> Bool {
        withBytes { bytes in
            part.withBytes { wanted in
                wanted.isEmpty || Text.offset(ofBytes: wanted, in: bytes, from: 0) != nil
            }
        }
    }

    /// The text in lower case: full Unicode mapping of each scalar, without the context rule for a final sigma.
    ///
    /// O(length); a text that is in lower case already is returned as it is.
    @inlinable
    public func lowercased() -> Text {
        if isInline {
            // Eight bytes at a time: find A...Z and set bit 5; anything outside ASCII goes the slow way.
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
            if let simple = Text.lowercasedWithoutCase(bytes) { return simple }
            var mapped = ""
            for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
                mapped += scalar.properties.lowercaseMapping
            }
            return Text(mapped)
        }
    }

    /// Lower case where everything beyond ASCII is of scripts without case (three-byte sequences from U+0E00 to U+0FFF, from U+2E80 to
    /// U+A63F and from U+AC00 to U+D7FF), or nil.
    private static func lowercasedWithoutCase(_ bytes: UnsafeBufferPointer<UInt8>) -> Text? {
        var hasUpper = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x80 {
                hasUpper = hasUpper || (0x41...0x5A).contains(byte)
                index += 1
                continue
            }
            guard index + 2 < bytes.count else { return nil }
            let scalar =
                (UInt32(byte) & 0x0F) << 12 | (UInt32(bytes[index + 1]) & 0x3F) << 6 | UInt32(bytes[index + 2]) & 0x3F
            guard byte & 0xF0 == 0xE0,
                (0x0E00...0x0FFF).contains(scalar) || (0x2E80...0xA63F).contains(scalar)
                    || (0xAC00...0xD7FF).contains(scalar)
            else { return nil }
            index += 3
        }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { lower in
            for (index, byte) in bytes.enumerated() {
                lower[index] = hasUpper && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
            }
            return Text(copying: UnsafeBufferPointer(lower))
        }
    }

    /// The parts between occurrences of `separator`, found one after the other. Slices, not copies.
    ///
    /// - Parameters:
    ///   - separator: at least one byte.
    ///   - omittingEmptySubsequences: whether empty parts are left out, as in Swift's own `split`.
    @inlinable
    public func split(separator: Text, omittingEmptySubsequences: Bool = true) -> TextSplit {
        precondition(!separator.isEmpty, "split needs a separator of at least one byte")
        return TextSplit(text: self, separator: separator, omitsEmpty: omittingEmptySubsequences)
    }

    /// The bytes `range` of the text as a text of its own. O(1).
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
            // Words are short: a plain loop beats a call of memchr until the eighth byte.
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
