import SwiftwaterCore

/// How far the partitions of a source were read.
package struct KafkaPosition: StreamCodable, Sendable, Equatable {
    /// A place in a partition.
    package struct Place: StreamCodable, Sendable, Equatable {
        /// How often reading went on elsewhere, because messages were gone or the topic was made again.
        package var epoch: Int
        /// The next offset.
        package var offset: Int64

        package init(epoch: Int, offset: Int64) { (self.epoch, self.offset) = (epoch, offset) }

        /// Writes both numbers.
        package func encode(to writer: inout ByteWriter) {
            epoch.encode(to: &writer)
            offset.encode(to: &writer)
        }

        /// Reads what `encode(to:)` wrote.
        package static func decode(from reader: inout ByteReader) throws -> Place {
            Place(epoch: try Int.decode(from: &reader), offset: try Int64.decode(from: &reader))
        }
    }

    /// The places of the partitions that are known.
    package var places: [KafkaPartition: Place]

    package init(places: [KafkaPartition: Place] = [:]) { self.places = places }

    /// Moves past a piece; does nothing if the position is already past it.
    package mutating func pass(_ piece: KafkaRange.Piece) {
        if let known = places[piece.partition],
            (known.epoch, known.offset) >= (piece.epoch, piece.end)
        {
            return
        }
        places[piece.partition] = Place(epoch: piece.epoch, offset: piece.end)
    }

    /// Writes the partitions in their order, with their places.
    package func encode(to writer: inout ByteWriter) {
        let sorted = places.sorted { $0.key < $1.key }
        sorted.map(\.key).encode(to: &writer)
        sorted.map(\.value).encode(to: &writer)
    }

    /// Reads what `encode(to:)` wrote.
    package static func decode(from reader: inout ByteReader) throws -> KafkaPosition {
        let partitions = try [KafkaPartition].decode(from: &reader)
        let places = try [Place].decode(from: &reader)
        return KafkaPosition(places: Dictionary(zip(partitions, places)) { $1 })
    }
}
