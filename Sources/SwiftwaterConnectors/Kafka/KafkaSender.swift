import SwiftwaterCore

/// Sends lines to a Kafka topic, each as the value of a message. For use by one thread at a time.
package final class KafkaSender {
    private let address: KafkaAddress
    private let producer: KafkaProducer

    /// Connects.
    ///
    /// - Parameter address: `kafka://[USER@]BROKER[:PORT][,BROKER...]/TOPIC`.
    /// - Throws: `invalidArgument` for another address; `unsupported` without librdkafka.
    package init(_ address: String) throws {
        let address = try KafkaAddress(address)
        guard !address.isPattern, address.topics.count == 1, address.transaction == nil else {
            throw KafkaAddress.problem("names several topics, or a transaction", "write to one topic, without one")
        }
        self.address = address
        producer = try KafkaProducer(address, clock: SystemClock())
    }

    /// Hands a line over to be sent. Waits while too many are on their way.
    ///
    /// - Throws: `network` if an earlier one could not be delivered within the address's patience; `notFound` if there
    ///   is not a topic of this name.
    package func send(_ line: String) throws {
        try producer.send(KafkaProducer.Record(key: nil, value: line), to: address.topics[0])
    }

    /// Waits until all lines are there.
    ///
    /// - Throws: `network` if one could not be delivered within the address's patience.
    package func flush() throws { try producer.flush() }

    /// The address without what is secret.
    package var label: String { address.label }
}
