import CSwiftwaterKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A block of text as a receiver or a file delivers it: whole lines of valid UTF-8.
///
/// A line ends before its `\n` (a `\r` before that is dropped, as Spark's readers do); the last may have none.
public final class TextBlock: TextOwner, @unchecked Sendable {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    public let byteCount: Int
    public let lineCount: Int

    /// Takes over `bytes` (allocated with `allocate`) and counts the lines.
    public init(adopting base: UnsafeMutablePointer<UInt8>, count: Int) {
        self.base = base
        byteCount = count
        let isOpen = count > 0 && base[count - 1] != 0x0A
        lineCount = sw_count_byte(base, count, 0x0A) + (isOpen ? 1 : 0)
        super.init(isOwnedByText: false)
    }

    /// A block with a copy of the bytes, repaired where they are not UTF-8.
    public convenience init(_ bytes: some Collection<UInt8>) {
        let valid = Array(String(decoding: bytes, as: UTF8.self).utf8)
        let base = UnsafeMutablePointer<UInt8>.allocate(capacity: max(valid.count, 1))
        valid.withUnsafeBufferPointer {
            if let start = $0.baseAddress { base.initialize(from: start, count: $0.count) }
        }
        self.init(adopting: base, count: valid.count)
    }

    deinit { base.deallocate() }

    /// Calls `body` with all bytes, line ends included.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: base, count: byteCount)) }
    }

    /// Calls `body` with every line, in order, as slices of this block. O(bytes).
    @inlinable
    public func forEachLine(_ body: (Text) throws -> Void) rethrows {
        #if DEBUG
            let owner: TextOwner? = self
        #else
            let owner: TextOwner? = nil
        #endif
        // The slices count no references: the block must not go before the last of them is done with.
        try withExtendedLifetime(self) {
            var start = 0
            while start < byteCount {
                var end = lineEnd(from: start)
                let next = end &+ 1
                if end > start, base[end &- 1] == 0x0D { end &-= 1 }
                let bytes = UnsafeBufferPointer(start: UnsafePointer(base + start), count: end &- start)
                try body(Text(unownedBytes: bytes, owner: owner))
                start = next
            }
        }
    }

    /// Where the line that begins at `start` has its `\n`, or the end.
    @usableFromInline
    func lineEnd(from start: Int) -> Int {
        guard let hit = memchr(base + start, 0x0A, byteCount - start) else { return byteCount }
        return UnsafeRawPointer(hit) - UnsafeRawPointer(base)
    }
}
