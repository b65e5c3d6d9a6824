/// A lazy sequence of the parts of a text; no array is built.
@frozen
public struct TextSplit: Sequence, Sendable {
    @usableFromInline let text: Text
    @usableFromInline let separator: Text
    @usableFromInline let omitsEmpty: Bool

    @inlinable init(text: Text, separator: Text, omitsEmpty: Bool) {
        self.text = text
        self.separator = separator
        self.omitsEmpty = omitsEmpty
    }

    /// Returns an iterator over the parts, in order.
    @inlinable public func makeIterator() -> Iterator { Iterator(self) }

    /// Returns part number `position`, from 0, or nil if there are fewer. O(length of the text).
    @inlinable
    public func part(_ position: Int) -> Text? {
        var iterator = makeIterator()
        for _ in 0..<position where iterator.next() == nil { return nil }
        return iterator.next()
    }

    /// Part number `position`, from 0, which must exist. O(length of the text).
    @inlinable
    public subscript(position: Int) -> Text {
        guard let part = part(position) else { preconditionFailure("the text has no part \(position)") }
        return part
    }

    /// Calls `body` with each part in order: the same as `for part in split`, but faster. O(length of the text).
    @inlinable
    public func forEachPart(_ body: (Text) throws -> Void) rethrows {
        // In debug builds, slices carry their block.
        if separator.word1 == 1 << 56, !text.isInline, text.owner == nil { return try forEachSlice(body) }
        for part in self { try body(part) }
    }

    /// The fast path: a one-byte separator, a slice of at least 16 bytes, and no reference counting. Looks at sixteen
    /// bytes at a time; if the separator is among them, they hold the two words of the part.
    @inlinable
    func forEachSlice(_ body: (Text) throws -> Void) rethrows {
        let base = UnsafeRawPointer(bitPattern: UInt(text.word0)).unsafelyUnwrapped
        let count = Int(truncatingIfNeeded: text.word1 & ~Text.sliceFlag)
        let pattern = (separator.word0 & 0xFF) &* 0x0101_0101_0101_0101
        var start = 0
        while start &+ 16 <= count {
            let low = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            let high = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: start &+ 8, as: UInt64.self))
            let inLow = TextSplit.matches(low, pattern)
            if inLow != 0 {
                let bits = UInt64(inLow.trailingZeroBitCount) & ~7
                start &+= Int(truncatingIfNeeded: bits >> 3) &+ 1
                if bits == 0 && omitsEmpty { continue }
                try body(Text(word0: low & ((1 &<< bits) &- 1), word1: bits &<< 53, owner: nil))
                continue
            }
            let inHigh = TextSplit.matches(high, pattern)
            if inHigh != 0 {
                let bits = UInt64(inHigh.trailingZeroBitCount) & ~7
                start &+= Int(truncatingIfNeeded: bits >> 3) &+ 9
                try body(Text(word0: low, word1: high & ((1 &<< bits) &- 1) | (bits &+ 64) &<< 53, owner: nil))
                continue
            }
            let end = TextSplit.find(pattern, in: base, from: start &+ 16, to: count)
            let address = UInt64(UInt(bitPattern: base + start))
            try body(Text(word0: address, word1: UInt64(end &- start) | Text.sliceFlag, owner: nil))
            if end == count { return }
            start = end &+ 1
        }
        try forEachPartOfEnd(base, count, from: start, pattern, body)
    }

    /// Calls `body` with the parts of the last 15 or fewer bytes, which it loads as part of the last 16.
    @inlinable
    func forEachPartOfEnd(
        _ base: UnsafeRawPointer, _ count: Int, from first: Int, _ pattern: UInt64, _ body: (Text) throws -> Void
    ) rethrows {
        var start = first
        while true {
            let rest = count &- start
            if rest == 0 && omitsEmpty { return }
            let (low, high) = TextSplit.lastWords(base, count, rest)
            let (inLow, inHigh) = (TextSplit.matches(low, pattern), TextSplit.matches(high, pattern))
            let found = inLow != 0 ? inLow.trailingZeroBitCount >> 3 : 8 &+ inHigh.trailingZeroBitCount >> 3
            // Zeros beyond the end can look like a separator.
            let length = Swift.min(found, rest)
            if length > 0 || !omitsEmpty {
                let lowMask = (1 as UInt64) << UInt64(8 &* length) &- 1
                let highMask = length > 8 ? (1 as UInt64) << UInt64(8 &* (length &- 8)) &- 1 : 0
                try body(Text(word0: low & lowMask, word1: high & highMask | UInt64(length) &<< 56, owner: nil))
            }
            if length == rest { return }
            start &+= length &+ 1
        }
    }

    /// Returns the last `rest` bytes (at most 15) of at least 16, as two words padded with zeros.
    @inlinable
    static func lastWords(_ base: UnsafeRawPointer, _ count: Int, _ rest: Int) -> (UInt64, UInt64) {
        let low = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: count &- 16, as: UInt64.self))
        let high = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
        let shift = UInt64(8 &* (16 &- rest))
        if shift >= 64 { return (high >> (shift &- 64), 0) }
        return (low >> shift | high << (64 &- shift), high >> shift)
    }

    /// Returns a word with the top bit set in each byte that equals the pattern's. Exact for the lowest such byte.
    @inlinable
    static func matches(_ word: UInt64, _ pattern: UInt64) -> UInt64 {
        let difference = word ^ pattern
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }

    /// Returns the offset of the pattern's byte at or after `start`, or `count`.
    @inlinable
    static func find(_ pattern: UInt64, in base: UnsafeRawPointer, from start: Int, to count: Int) -> Int {
        var end = start
        while end &+ 8 <= count {
            let hits = matches(UInt64(littleEndian: base.loadUnaligned(fromByteOffset: end, as: UInt64.self)), pattern)
            if hits != 0 { return end &+ hits.trailingZeroBitCount >> 3 }
            end &+= 8
        }
        let byte = UInt8(truncatingIfNeeded: pattern)
        while end < count && base.load(fromByteOffset: end, as: UInt8.self) != byte { end &+= 1 }
        return end
    }

    /// An iterator over the parts of a text.
    @frozen
    public struct Iterator: IteratorProtocol {
        @usableFromInline let text: Text
        @usableFromInline let separator: Text
        @usableFromInline let omitsEmpty: Bool
        @usableFromInline var position = 0
        @usableFromInline var isDone = false

        @inlinable init(_ split: TextSplit) {
            text = split.text
            separator = split.separator
            omitsEmpty = split.omitsEmpty
        }

        /// Returns the next part, or nil at the end.
        @inlinable
        public mutating func next() -> Text? {
            if separator.word1 == 1 << 56, !text.isInline { return nextBetweenBytes() }
            return nextGenerally()
        }

        /// The common case: a one-byte separator and a slice. Looks at eight bytes at a time.
        @inlinable
        mutating func nextBetweenBytes() -> Text? {
            let base = UnsafePointer<UInt8>(bitPattern: UInt(text.word0)).unsafelyUnwrapped
            let count = Int(truncatingIfNeeded: text.word1 & ~Text.sliceFlag)
            let pattern = (separator.word0 & 0xFF) &* 0x0101_0101_0101_0101
            while !isDone {
                let start = position
                let end = TextSplit.find(pattern, in: UnsafeRawPointer(base), from: start, to: count)
                if end < count { position = end &+ 1 } else { isDone = true }
                if omitsEmpty && start == end { continue }
                let bytes = UnsafeBufferPointer(start: base + start, count: end &- start)
                #if DEBUG
                    return Text(unownedBytes: bytes, owner: text.owner)
                #else
                    // Avoids retaining and releasing nil for each part.
                    if text.owner == nil { return Text(unownedBytes: bytes, owner: nil) }
                    return Text(unownedBytes: bytes, owner: text.owner)
                #endif
            }
            return nil
        }

        @inlinable
        mutating func nextGenerally() -> Text? {
            while !isDone {
                let start = position
                var end = text.utf8Count
                text.withBytes { bytes in
                    let found = Text.offset(of: separator, in: bytes, from: start)
                    if let found {
                        end = found
                        position = found + separator.utf8Count
                    } else {
                        isDone = true
                    }
                }
                if omitsEmpty && start == end { continue }
                return text.slice(start..<end)
            }
            return nil
        }
    }
}
