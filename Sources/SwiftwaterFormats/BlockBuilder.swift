import CSwiftwaterKernels
import SwiftwaterCore

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

/// Cuts a stream of bytes, whatever pieces it comes in, into blocks of whole lines.
public struct BlockBuilder: Sendable {
    public let limits: LineLimits
    public private(set) var faults = LineFaults()
    private var pending: [UInt8] = []
    /// Where the line that has not ended yet begins in `pending`.
    private var openLine = 0
    private var isSkippingLine = false

    public init(limits: LineLimits = LineLimits()) {
        self.limits = limits
    }

    /// Bytes that are in no block yet.
    public var pendingBytes: Int { pending.count }

    /// Takes bytes; `emit` gets every block that is full.
    public mutating func append(_ bytes: UnsafeRawBufferPointer, emit: (TextBlock) -> Void) {
        var rest = bytes
        while rest.count > 0 {
            // Room up to the block's target, or to the limit of a line that is longer than a block.
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(max(limits.blockTargetBytes, 4096)))
            rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
            take(piece)
            if openLine >= limits.blockTargetBytes, let block = cut() { emit(block) }
        }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var bytes = bytes
        if isSkippingLine {
            guard let end = bytes.firstIndex(of: 0x0A) else { return }
            isSkippingLine = false
            bytes = UnsafeRawBufferPointer(rebasing: bytes[(end + 1)...])
        }
        let before = pending.count
        pending.append(contentsOf: bytes)
        if let last = bytes.lastIndex(of: 0x0A) { openLine = before + last + 1 }
        if pending.count - openLine > limits.lineLengthMaxBytes {
            faults.overlongLines += 1
            isSkippingLine = true
            pending.removeSubrange(openLine...)
        }
    }

    /// The lines that have ended, as a block, or nil where there are none. The line that has not ended stays.
    public mutating func cut() -> TextBlock? {
        guard openLine > 0 else { return nil }
        let block = makeBlock(pending[..<openLine])
        pending.removeSubrange(..<openLine)
        openLine = 0
        return block
    }

    /// The end of the input: what is left, with the last line even though it has no line end.
    public mutating func finish() -> TextBlock? {
        isSkippingLine = false
        openLine = pending.count
        return cut()
    }

    private mutating func makeBlock(_ bytes: ArraySlice<UInt8>) -> TextBlock? {
        var bytes = bytes
        if let within = overlongRanges(bytes) {
            var kept: [UInt8] = []
            for range in within { kept.append(contentsOf: bytes[range]) }
            bytes = kept[...]
        }
        guard !bytes.isEmpty else { return nil }
        if bytes.withUnsafeBufferPointer({ UTF8Check.isValid($0) }) {
            let base = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
            bytes.withUnsafeBufferPointer { base.initialize(from: $0.baseAddress!, count: $0.count) }
            return TextBlock(adopting: base, count: bytes.count)
        }
        for line in bytes.split(separator: 0x0A) where !line.withUnsafeBufferPointer({ UTF8Check.isValid($0) }) {
            faults.repairedLines += 1
        }
        return TextBlock(bytes)
    }

    /// The parts to keep, where a line within the bytes is above the limit; nil where all are good.
    private mutating func overlongRanges(_ bytes: ArraySlice<UInt8>) -> [Range<Int>]? {
        // Only pieces longer than the limit can hold such a line.
        guard bytes.count > limits.lineLengthMaxBytes else { return nil }
        var kept: [Range<Int>] = []
        var start = bytes.startIndex
        var dropped = 0
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.endIndex
            if end - start > limits.lineLengthMaxBytes + 1 { dropped += 1 } else { kept.append(start..<end) }
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

/// Reads a text file (plain, gzip, or `-`) block by block.
public struct BlockReader {
    private let read: (UnsafeMutableRawBufferPointer) throws -> Int
    private var builder: BlockBuilder
    private var ready: [TextBlock] = []
    private var isAtEnd = false
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    public init(path: String, limits: LineLimits = LineLimits()) throws {
        let source = try ByteSource(path: path)
        self.init(limits: limits) { try source.read(into: $0) }
    }

    /// Reads a part of a file.
    public init(_ split: FileSplit, limits: LineLimits = LineLimits()) throws {
        try split.checkSize()
        if split.isWhole {
            try self.init(path: split.path, limits: limits)
        } else {
            let bytes = try SplitBytes(split)
            self.init(limits: limits) { try bytes.read(into: $0) }
        }
    }

    private init(limits: LineLimits, read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
        self.read = read
        builder = BlockBuilder(limits: limits)
    }

    public var faults: LineFaults { builder.faults }

    /// The next block, or nil at the end.
    public mutating func next() throws -> TextBlock? {
        while ready.isEmpty {
            if isAtEnd { return nil }
            let count = try buffer.withUnsafeMutableBytes { try read($0) }
            if count == 0 {
                isAtEnd = true
                if let block = builder.finish() { ready.append(block) }
            } else {
                var full: [TextBlock] = []
                buffer.withUnsafeBytes {
                    builder.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) { full.append($0) }
                }
                // What a pipe has said so far is passed on at once.
                if full.isEmpty, let block = builder.cut() { full.append(block) }
                ready = full
            }
        }
        return ready.removeFirst()
    }
}
