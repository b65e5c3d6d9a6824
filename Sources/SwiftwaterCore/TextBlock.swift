import CSwiftwaterKernels

/// A block of text as a receiver or a file delivers it: whole lines of valid UTF-8, and where each begins.
///
///     bytes    h e l l o \n w o r l d \r \n x y
///     starts   0            6                13 (count of bytes: 15)
///
/// A line ends before its `\n` (a `\r` before that is dropped, as Spark's readers do); the last may have none.
public final class TextBlock: TextOwner, @unchecked Sendable {
    private let base: UnsafeMutablePointer<UInt8>
    public let byteCount: Int
    private let starts: [UInt32]

    /// Takes over `bytes` (allocated with `allocate`) and finds the lines. At most 4 GiB.
    public init(adopting base: UnsafeMutablePointer<UInt8>, count: Int) {
        precondition(count <= Int(UInt32.max), "a block holds at most 4 GiB")
        self.base = base
        byteCount = count
        let lines = sw_count_byte(base, count, 0x0A)
        starts = [UInt32](unsafeUninitializedCapacity: lines + 1) { buffer, filled in
            guard count > 0 else { return }
            buffer[0] = 0
            filled = 1 + sw_line_starts(base, count, buffer.baseAddress! + 1)
            // A final line end starts no line.
            if buffer[filled - 1] == UInt32(count) { filled -= 1 }
        }
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

    public var lineCount: Int { starts.count }

    /// Calls `body` with all bytes, line ends included.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: base, count: byteCount)) }
    }

    /// Calls `body` with every line in `range`, as slices of this block.
    @inlinable
    public func forEachLine(in range: Range<Int>, _ body: (Text) throws -> Void) rethrows {
        // The slices count no references: the block must not go before the last of them is done with.
        try withExtendedLifetime(self) { for index in range { try body(line(index)) } }
    }

    /// Line number `index`, from 0. O(1).
    public func line(_ index: Int) -> Text {
        let start = Int(starts[index])
        var end = index + 1 < starts.count ? Int(starts[index + 1]) : byteCount
        if end > start, base[end - 1] == 0x0A { end -= 1 }
        if end > start, base[end - 1] == 0x0D { end -= 1 }
        let bytes = UnsafeBufferPointer(start: base + start, count: end - start)
        #if DEBUG
            return Text(unownedBytes: bytes, owner: self)
        #else
            return Text(unownedBytes: bytes, owner: nil)
        #endif
    }
}
