import CSwiftwaterKernels
import SwiftwaterCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What is done to lines on their way into blocks.
public struct LineLimits: Sendable {
    /// A longer line is dropped and counted. 1 MiB unless set.
    public var lineLengthMaxBytes: Int
    /// A block is closed at the first line end after this many bytes. 1 MiB unless set.
    public var blockTargetBytes: Int

    public init(lineLengthMaxBytes: Int = 1 << 20, blockTargetBytes: Int = 1 << 20) {
        self.lineLengthMaxBytes = lineLengthMaxBytes
        self.blockTargetBytes = blockTargetBytes
    }
}

/// What was wrong with lines, counted. The stream goes on.
public struct LineFaults: Sendable, Equatable {
    /// Lines with bytes that are not UTF-8; the bytes became U+FFFD.
    public var repairedLines = 0
    /// Lines above the limit, dropped.
    public var overlongLines = 0

    public init() {}

    /// What came to these since `before`, in words with what to do about it; empty where nothing did.
    public func messages(since before: LineFaults = LineFaults(), limits: LineLimits) -> [String] {
        var messages: [String] = []
        let (overlong, repaired) = (overlongLines - before.overlongLines, repairedLines - before.repairedLines)
        if overlong > 0 {
            messages.append(
                "\(overlong) lines above \(limits.lineLengthMaxBytes) bytes were dropped; raise that limit (lineLengthMaxBytes) to keep such lines"
            )
        }
        if repaired > 0 {
            messages.append("\(repaired) lines were not UTF-8; the bytes became U+FFFD, check the sender's encoding")
        }
        return messages
    }
}

/// Cuts a stream of bytes, whatever pieces it comes in, into blocks of whole lines. For one thread at a time.
///
///     buffer   whole lines ........ | a line that has not ended | room
///              0                    openLine                    count        capacity
///
/// A buffer that is nearly full of whole lines becomes the block itself; fewer lines are copied into one of their size.
public final class BlockBuilder: @unchecked Sendable {
    public let limits: LineLimits
    public private(set) var faults = LineFaults()
    private var buffer: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0
    private var openLine = 0
    private var isSkippingLine = false

    /// Room for reading beyond the block's target.
    private static let slack = 64 << 10

    public init(limits: LineLimits = LineLimits()) {
        self.limits = limits
        capacity = 4096
        buffer = .allocate(capacity: capacity)
    }

    deinit { buffer.deallocate() }

    /// Bytes that are in no block yet.
    public var pendingBytes: Int { count }

    /// Takes bytes; `emit` gets every block that is full.
    public func append(_ bytes: UnsafeRawBufferPointer, emit: (TextBlock) -> Void) {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            // Room up to the block's target, or to the limit of a line that is longer than a block.
            let piece = min(rest.count, max(limits.blockTargetBytes - openLine, 4096))
            reserve(piece)
            UnsafeMutableRawPointer(buffer + count).copyMemory(from: start, byteCount: piece)
            rest = UnsafeRawBufferPointer(rebasing: rest[piece...])
            if let block = take(piece) { emit(block) }
        }
    }

    /// Lets `read` write into the buffer; returns what it returns, 0 at the end, and the block that is full by that.
    func fill(_ read: (UnsafeMutableRawBufferPointer) throws -> Int) rethrows -> (count: Int, full: TextBlock?) {
        reserve(max(BlockBuilder.slack, limits.blockTargetBytes - openLine + BlockBuilder.slack / 2))
        let room = UnsafeMutableRawBufferPointer(start: buffer + count, count: capacity - count)
        let filled = try read(room)
        return (filled, filled > 0 ? take(filled) : nil)
    }

    private func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        let enough = count + more + BlockBuilder.slack
        // No more than a block needs, which is handed over with its buffer; a line longer than that doubles it again.
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

    /// Looks at the bytes that came behind `count`.
    private func take(_ added: Int) -> TextBlock? {
        var added = added
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

    /// The lines that have ended, as a block, or nil where there are none. The line that has not ended stays.
    public func cut() -> TextBlock? {
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

    /// The end of the input: what is left, with the last line even though it has no line end.
    public func finish() -> TextBlock? {
        isSkippingLine = false
        openLine = count
        return cut()
    }

    /// A block without lines above the limit and with what is not UTF-8 replaced; nil where all is as it should be.
    private func repaired(_ bytes: UnsafeBufferPointer<UInt8>) -> TextBlock? {
        let kept = withoutOverlongLines(bytes)
        if kept == nil, UTF8Check.isValid(bytes) { return nil }
        let lines = kept ?? Array(bytes)
        for line in lines.split(separator: 0x0A) where !line.withUnsafeBufferPointer({ UTF8Check.isValid($0) }) {
            faults.repairedLines += 1
        }
        return TextBlock(lines)
    }

    /// From the start of a line, the last line end within the limit is where the next look begins: few bytes are looked at.
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

    /// What is to be kept, where a line is above the limit; nil where all are good.
    private func withoutOverlongLines(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        // Only pieces longer than the limit can hold such a line.
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

/// Whether bytes are UTF-8.
public enum UTF8Check {
    public static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        sw_is_utf8(bytes.baseAddress, bytes.count) != 0
    }
}
