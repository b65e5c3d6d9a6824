import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// A source of a stream, as the engine drives it. What a batch holds is fixed once, described in a few bytes that go into the
/// log, and can be made again from them after a restart.
protocol StreamInput: AnyObject, Sendable {
    /// Called before `start` where there is a log.
    func attach(_ log: SourceLog)
    func start() throws
    /// Takes no more input. Returns when what was received can be read.
    func stop()
    /// Whether something was received that no batch has yet.
    var hasPending: Bool { get }
    /// Cuts what has been received so far, so that the log can have it.
    func cut()
    /// Fixes what the batch at `time` holds: about `maxBytes` at most. Gives the description; empty for nothing.
    func take(_ time: BatchTime, maxBytes: Int) throws -> [UInt8]
    /// Makes the batch at `time` what it was.
    ///
    /// - Parameter isPast: whether the source's position, as it was restored, is behind this batch already.
    func retake(_ time: BatchTime, _ description: [UInt8], isPast: Bool) throws
    /// Forgets what a batch held that nothing reads any more.
    func discard(_ description: [UInt8]) throws
    /// The log was synchronized: whoever waits for that can be told.
    func tellSenders()
    /// What the batch at `time` holds.
    func size(of time: BatchTime) -> BatchSize
    /// The batch at `time` is done with.
    func release(_ time: BatchTime)
    /// Where the source stands, after the last batch it made.
    var position: [UInt8] { get }
    func restore(_ position: [UInt8]) throws
    /// The log's first record that batches after `time`, or batches to come, still need; nil for none.
    func firstNeededRecord(after time: BatchTime) -> UInt64?
    /// The text of a batch that failed, for the dead-letter directory; nil where the source has no text.
    func text(of time: BatchTime) throws -> [UInt8]?
}

extension StreamInput {
    func attach(_ log: SourceLog) {}
    func cut() {}
    func discard(_ description: [UInt8]) throws {}
    func tellSenders() {}
    func size(of time: BatchTime) -> BatchSize { BatchSize() }
    func release(_ time: BatchTime) {}
    func firstNeededRecord(after time: BatchTime) -> UInt64? { nil }
    func text(of time: BatchTime) throws -> [UInt8]? { nil }
}

/// How much a batch holds.
public struct BatchSize: Sendable, Equatable {
    /// Lines, where the source knows them before they are read.
    public var records = 0
    public var bytes = 0
    public init() {}
}

/// The log as one source sees it.
struct SourceLog: Sendable {
    let name: String
    let journal: Journal
    let files: any FileSystem
    /// The source's blocks that the log had at the start, in order.
    let blocks: [LoggedBlock]
}

/// A block in the log.
struct LoggedBlock: Sendable {
    let number: UInt64
    let location: Journal.Location
    let lines: Int
    /// Who sent it and which number its last line had there, where the sender waits for our answer.
    let sender: String?
    let position: UInt64
}

/// A block of a batch: in memory, or in the log.
struct StoredBlock: Sendable {
    enum Content: Sendable {
        case memory(TextBlock)
        case logged(path: String, Journal.Location, any FileSystem)
    }
    let content: Content
    let lines: Int
    let byteCount: Int
    /// Its record's number, where there is a log.
    let number: UInt64?

    /// Calls `body` with the block; a block from the log is gone afterwards.
    func withBlock(_ body: (TextBlock) throws -> Void) throws {
        switch content {
        case .memory(let block): try body(block)
        case .logged(let path, let location, let files):
            let bytes = try files.read(path, at: location.offset, count: location.count)
            let base = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
            bytes.withUnsafeBufferPointer {
                if let start = $0.baseAddress { base.initialize(from: start, count: $0.count) }
            }
            let block = TextBlock(adopting: base, count: bytes.count)
            defer { block.retire() }
            try body(block)
        }
    }
}

extension TextBlock: JournalBody {}
