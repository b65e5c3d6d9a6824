import SwiftwaterCore

/// What one batch reads: runs of messages of some partitions.
package struct KafkaRange: StreamCodable, Sendable, Equatable {
    /// A run of messages of one partition.
    package struct Piece: StreamCodable, Sendable, Equatable {
        /// The partition.
        package let partition: KafkaPartition
        /// How often reading of the partition went on elsewhere before.
        package let epoch: Int
        /// The offset at which reading begins.
        package let start: Int64
        /// The offset after the last message. Offsets may have gaps, so the difference is not a number of messages.
        package let end: Int64
        /// The number of messages.
        package let records: Int
        /// The bytes of their lines.
        package let bytes: Int
        /// The checksum of their lines, by which messages that changed are noticed.
        package let checksum: UInt32

        package init(
            partition: KafkaPartition, epoch: Int, start: Int64, end: Int64, records: Int, bytes: Int, checksum: UInt32
        ) {
            (self.partition, self.epoch, self.start, self.end) = (partition, epoch, start, end)
            (self.records, self.bytes, self.checksum) = (records, bytes, checksum)
        }

        /// Writes all members in their order.
        package func encode(to writer: inout ByteWriter) {
            partition.encode(to: &writer)
            epoch.encode(to: &writer)
            start.encode(to: &writer)
            end.encode(to: &writer)
            records.encode(to: &writer)
            bytes.encode(to: &writer)
            checksum.encode(to: &writer)
        }

        /// Reads what `encode(to:)` wrote.
        package static func decode(from reader: inout ByteReader) throws -> Piece {
            Piece(
                partition: try KafkaPartition.decode(from: &reader), epoch: try Int.decode(from: &reader),
                start: try Int64.decode(from: &reader),
                end: try Int64.decode(from: &reader), records: try Int.decode(from: &reader),
                bytes: try Int.decode(from: &reader), checksum: try UInt32.decode(from: &reader))
        }
    }

    /// The runs, in the order in which they were read. Those of one partition are in the order of their offsets.
    package let pieces: [Piece]

    package init(pieces: [Piece]) { self.pieces = pieces }

    /// Writes the runs.
    package func encode(to writer: inout ByteWriter) { pieces.encode(to: &writer) }

    /// Reads what `encode(to:)` wrote.
    package static func decode(from reader: inout ByteReader) throws -> KafkaRange {
        KafkaRange(pieces: try [Piece].decode(from: &reader))
    }
}
