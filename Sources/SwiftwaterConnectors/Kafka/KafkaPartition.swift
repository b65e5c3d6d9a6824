import SwiftwaterCore

/// A partition of a topic.
package struct KafkaPartition: Hashable, Comparable, Sendable, StreamCodable {
    /// The topic's name.
    package let topic: String
    /// The partition's number, from 0.
    package let number: Int32

    /// Creates a partition's name.
    package init(topic: String, number: Int32) { (self.topic, self.number) = (topic, number) }

    /// Orders by the bytes of the topic, then by number.
    package static func < (one: KafkaPartition, other: KafkaPartition) -> Bool {
        one.topic == other.topic
            ? one.number < other.number : one.topic.utf8.lexicographicallyPrecedes(other.topic.utf8)
    }

    /// Writes the topic and the number.
    package func encode(to writer: inout ByteWriter) {
        topic.encode(to: &writer)
        number.encode(to: &writer)
    }

    /// Reads what `encode(to:)` wrote.
    package static func decode(from reader: inout ByteReader) throws -> KafkaPartition {
        KafkaPartition(topic: try String.decode(from: &reader), number: try Int32.decode(from: &reader))
    }
}

extension KafkaPartition: CustomStringConvertible {
    /// `TOPIC/NUMBER`.
    package var description: String { "\(topic)/\(number)" }
}
