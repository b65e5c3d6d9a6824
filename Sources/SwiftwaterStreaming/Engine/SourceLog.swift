import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// The log as one source sees it.
struct SourceLog: Sendable {
    let name: String
    let journal: Journal
    let files: any FileSystem
    /// The source's blocks that were in the log at the start, in order.
    let blocks: [LoggedBlock]
    /// The numbers of records that a repair gave up.
    let lost: LostRecords
    /// The number of the first record after the checkpoint.
    let checkpointed: UInt64

    func path(of location: Journal.Location) -> String { journal.path(ofSegment: location.segment) }

    /// Reads the keys of a block's lines.
    func keys(of block: LoggedBlock) throws -> [UInt64] {
        guard let location = block.keys else { return [] }
        var reader = ByteReader(try files.read(path(of: location), at: location.offset, count: location.count))
        return try (0..<location.count / 8).map { _ in try reader.readInteger(UInt64.self) }
    }
}

/// A block in the log.
struct LoggedBlock: Sendable {
    let number: UInt64
    let location: Journal.Location
    let lines: Int
    /// The sender, if it waits for acknowledgments. `position` is the number it gave to the last line of the block.
    let sender: String?
    let position: UInt64
    /// The keys of its lines, of 8 bytes each, if they have some.
    let keys: Journal.Location?
}
