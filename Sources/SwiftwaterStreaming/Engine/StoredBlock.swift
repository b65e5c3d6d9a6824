import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// A block of a batch, in memory or in the log.
struct StoredBlock: Sendable {
    enum Content: Sendable {
        case memory(TextBlock)
        case logged(path: String, Journal.Location, any FileSystem)
    }
    let content: Content
    let lines: Int
    let byteCount: Int
    /// The number of its record, if there is a log.
    let number: UInt64?

    /// Calls `body` with the block. A block from the log is invalid afterwards.
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
