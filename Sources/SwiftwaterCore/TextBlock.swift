import CSwiftwaterKernels
import SwiftwaterPlatform

/// A block of whole lines of valid UTF-8, as delivered by a receiver or read from a file.
///
/// A line ends before its `\n` (a `\r` before that is dropped, as Spark's readers do). The last line may have none.
public final class TextBlock: TextOwner, @unchecked Sendable {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    /// The number of bytes, line ends included.
    public let byteCount: Int
    /// The number of lines, including a last line without a line end.
    public let lineCount: Int

    /// Takes ownership of `count` bytes at `base` (allocated with `allocate`) and counts the lines. O(bytes).
    package init(adopting base: UnsafeMutablePointer<UInt8>, count: Int) {
        self.base = base
        byteCount = count
        let isOpen = count > 0 && base[count - 1] != 0x0A
        lineCount = sw_count_byte(base, count, 0x0A) + (isOpen ? 1 : 0)
        super.init(isOwnedByText: false)
    }

    /// Creates a block with a copy of the bytes; invalid UTF-8 becomes U+FFFD.
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
        // The slices do not retain the block, so it must stay alive until the last of them is processed.
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

    /// Returns the offset of the `\n` of the line that begins at `start`, or `byteCount`.
    @usableFromInline
    func lineEnd(from start: Int) -> Int {
        guard let hit = memchr(base + start, 0x0A, byteCount - start) else { return byteCount }
        return UnsafeRawPointer(hit) - UnsafeRawPointer(base)
    }
}
