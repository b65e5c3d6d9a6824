import CSwiftwaterKernels
import SwiftwaterCore
import SwiftwaterPlatform

/// Cuts a stream of bytes, in pieces of any size, into blocks of whole lines, without a byte order mark at its start.
/// For use by one thread at a time.
///
///     buffer   whole lines ........ | unfinished line | room
///              0                    openLine          count        capacity
///
/// A buffer that is nearly full of whole lines becomes the block itself. Otherwise the lines are copied to a buffer of
/// their size.
package final class BlockBuilder: @unchecked Sendable {
    /// The limits on lines and blocks.
    package let limits: LineLimits
    /// The faults found so far.
    package private(set) var faults = LineFaults()
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0
    private var openLine = 0
    private var isSkippingLine = false
    /// Whether the input has begun, and a byte order mark was dropped.
    private var hasBegun = false

    /// Room for reading beyond the block's target.
    private static let slack = 64 << 10

    /// Creates an empty builder.
    package init(limits: LineLimits = LineLimits()) {
        self.limits = limits
        capacity = 4096
        buffer = .allocate(capacity: capacity)
    }

    deinit { buffer.deallocate() }

    /// The number of bytes that are not yet in a block.
    package var pendingBytes: Int { count }

    /// Appends bytes, and calls `emit` with every block that becomes full.
    package func append(_ bytes: UnsafeRawBufferPointer, emit: (TextBlock) -> Void) {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            // Room up to the block's target, but at least 4 KiB.
            let piece = min(rest.count, max(limits.blockTargetBytes - openLine, 4096))
            reserve(piece)
            UnsafeMutableRawPointer(buffer + count).copyMemory(from: start, byteCount: piece)
            rest = UnsafeRawBufferPointer(rebasing: rest[piece...])
            if let block = take(piece) { emit(block) }
        }
    }

    /// Calls `read` to fill the buffer. Returns the result of `read`, which is 0 at the end, and the block that became
    /// full.
    func fill(_ read: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows -> (count: Int, full: TextBlock?) {
        reserve(max(BlockBuilder.slack, limits.blockTargetBytes - openLine + BlockBuilder.slack / 2))
        let room = UnsafeMutableRawBufferPointer(start: buffer + count, count: capacity - count)
        let filled = try read(room)
        return (filled, filled > 0 ? take(filled) : nil)
    }

    private func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        let enough = count + more + BlockBuilder.slack
        // No more than a block needs, since the block takes over its buffer. For a longer line the capacity doubles.
        let isForBlock =
            enough >= limits.blockTargetBytes && capacity - 4 * BlockBuilder.slack < limits.blockTargetBytes
        move(toCapacity: isForBlock ? enough : max(enough, 2 * capacity))
    }

    private func move(toCapacity wanted: Int) {
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
        grown.initialize(from: buffer, count: count)
        buffer.deallocate()
        (buffer, capacity) = (grown, wanted)
    }

    /// Processes `added` new bytes after `count`; returns the block that became full.
    private func take(_ added: Int) -> TextBlock? {
        var added = added
        if !hasBegun { added -= dropByteOrderMark(added) }
        if isSkippingLine {
            guard let hit = memchr(buffer + count, 0x0A, added) else { return nil }
            isSkippingLine = false
            let passed = UnsafeRawPointer(hit) + 1 - UnsafeRawPointer(buffer + count)
            added -= passed
            memmove(buffer + count, buffer + count + passed, added)
        }
        var end = count + added
        while end > count && buffer[end - 1] != 0x0A { end -= 1 }
        if end > count { openLine = end }
        count += added
        if count - openLine > limits.lineLengthMaxBytes {
            faults.overlongLines += 1
            isSkippingLine = true
            count = openLine
        }
        return openLine >= limits.blockTargetBytes ? cut() : nil
    }

    /// Drops a byte order mark at the start of the input, and returns how many bytes that were.
    private func dropByteOrderMark(_ added: Int) -> Int {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let start = UnsafeBufferPointer(start: buffer, count: min(count + added, 3))
        guard mark.starts(with: start) else {
            hasBegun = true
            return 0
        }
        // The rest of it may follow.
        guard start.count == 3 else { return 0 }
        hasBegun = true
        let dropped = 3 - count
        memmove(buffer, buffer + 3, count + added - 3)
        count = 0
        return dropped
    }

    /// Returns the finished lines as a block, or nil if there are none. The unfinished line stays in the builder.
    package func cut() -> TextBlock? {
        guard openLine > 0 else { return nil }
        let (lines, rest) = (openLine, count - openLine)
        openLine = 0
        if let block = repaired(UnsafeBufferPointer(start: buffer, count: lines)) {
            memmove(buffer, buffer + lines, rest)
            count = rest
            return block.byteCount == 0 ? nil : block
        }
        guard lines >= capacity - capacity / 8 else {
            let own = UnsafeMutablePointer<UInt8>.allocate(capacity: lines)
            own.initialize(from: buffer, count: lines)
            memmove(buffer, buffer + lines, rest)
            count = rest
            return TextBlock(adopting: own, count: lines)
        }
        let full = buffer
        buffer = .allocate(capacity: max(capacity, rest))
        buffer.initialize(from: full + lines, count: rest)
        count = rest
        return TextBlock(adopting: full, count: lines)
    }

    /// Ends the input, and returns the remaining lines, including a last line without a line end.
    package func finish() -> TextBlock? {
        isSkippingLine = false
        openLine = count
        return cut()
    }

    /// Returns a block without overlong lines and with invalid UTF-8 replaced, or nil if there is nothing to repair.
    private func repaired(_ bytes: UnsafeBufferPointer<UInt8>) -> TextBlock? {
        let kept = withoutOverlongLines(bytes)
        if kept == nil, UTF8Check.isValid(bytes) { return nil }
        let lines = kept ?? Array(bytes)
        for line in lines.split(separator: 0x0A) where !line.withUnsafeBufferPointer({ UTF8Check.isValid($0) }) {
            faults.repairedLines += 1
        }
        return TextBlock(lines)
    }

    /// Returns whether some line is longer than the limit. Searches backward from the limit after each line start, so
    /// it examines few bytes.
    private func hasOverlongLine(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var start = 0
        while bytes.count - start > limits.lineLengthMaxBytes {
            var end = start + limits.lineLengthMaxBytes
            while end >= start, bytes[end] != 0x0A { end -= 1 }
            if end < start { return true }
            start = end + 1
        }
        return false
    }

    /// Returns the bytes without overlong lines, or nil if there are no such lines.
    private func withoutOverlongLines(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        // Only a piece longer than the limit can hold an overlong line.
        guard bytes.count > limits.lineLengthMaxBytes, hasOverlongLine(bytes) else { return nil }
        var kept: [UInt8] = []
        var start = 0
        var dropped = 0
        while start < bytes.count {
            let hit = memchr(bytes.baseAddress! + start, 0x0A, bytes.count - start)
            let end = hit.map { UnsafeRawPointer($0) + 1 - UnsafeRawPointer(bytes.baseAddress!) } ?? bytes.count
            if end - start > limits.lineLengthMaxBytes + 1 {
                if dropped == 0 { kept = Array(bytes[..<start]) }
                dropped += 1
            } else if dropped > 0 {
                kept.append(contentsOf: bytes[start..<end])
            }
            start = end
        }
        faults.overlongLines += dropped
        return dropped == 0 ? nil : kept
    }
}
