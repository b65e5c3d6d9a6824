import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// A run of messages of one partition, as lines.
struct KafkaChunk: Sendable {
    let piece: KafkaRange.Piece
    let blocks: [TextBlock]
    /// The time of the newest message, in milliseconds since 1970.
    let newest: Int64
}

/// Makes lines of the messages of one partition, and chunks of the lines.
struct KafkaChunkBuilder {
    let partition: KafkaPartition
    let epoch: Int
    /// The next offset.
    private(set) var end: Int64
    private(set) var bytes = 0
    private(set) var records = 0
    private var start: Int64
    private var checksum = Checksum()
    private var blocks: [TextBlock] = []
    private var newest: Int64 = 0
    private let builder: BlockBuilder

    init(_ partition: KafkaPartition, at place: KafkaPosition.Place, limits: LineLimits) {
        (self.partition, epoch, start, end) = (partition, place.epoch, place.offset, place.offset)
        builder = BlockBuilder(limits: limits)
    }

    /// The faults of all lines so far.
    var faults: LineFaults { builder.faults }

    /// Takes lines of messages, the last of which is at `last`.
    mutating func append(_ lines: UnsafeRawBufferPointer, records: Int, last: Int64, newest: Int64) {
        checksum.update(lines)
        builder.append(lines) { blocks.append($0) }
        bytes += lines.count
        self.records += records
        end = last + 1
        self.newest = max(self.newest, newest)
    }

    /// Moves past offsets without messages.
    mutating func move(to offset: Int64) { end = max(end, offset) }

    /// Returns what was taken since the last call; nil if that is nothing.
    mutating func finish() -> KafkaChunk? {
        guard end > start else { return nil }
        if let block = builder.finish() { blocks.append(block) }
        let piece = KafkaRange.Piece(
            partition: partition, epoch: epoch, start: start, end: end, records: records, bytes: bytes,
            checksum: checksum.value)
        let chunk = KafkaChunk(piece: piece, blocks: blocks, newest: newest)
        (start, bytes, records, checksum, blocks) = (end, 0, 0, Checksum(), [])
        return chunk
    }
}
