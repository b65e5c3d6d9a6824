import SwiftwaterCore
import SwiftwaterStreaming

/// A compacted topic as a table: the last value of each key, which is a JSON object whose members are the columns.
///
/// The topic is read from its beginning when the first keys are looked up, and followed from then on; all of it is held
/// in memory. A message without a value removes its key. Kafka Streams calls the same a `GlobalKTable`.
public final class KafkaTable: StaticTable {
    private let address: KafkaAddress
    private let follower: KafkaTableFollower
    public let columns: [String]

    /// Prepares lookups. It connects when the first key is looked up.
    ///
    /// - Parameters:
    ///   - address: `kafka://[USER@]BROKER[:PORT][,BROKER...]/TOPIC`; `docs/KAFKA.md` has its parameters.
    ///   - columns: the members of the values; one inside another is `user.place`. `value` is the whole value if it has
    ///     no such member.
    ///   - report: receives what a user should know, such as that values cannot be read.
    /// - Throws: `invalidArgument` for another address; `unsupported` without librdkafka.
    public init(_ address: String, columns: [String], report: @escaping @Sendable (String) -> Void = { _ in }) throws {
        let address = try KafkaAddress(address)
        guard address.topics.count == 1, !address.isPattern else {
            throw KafkaAddress.problem("names more than one topic", "name the topic of the table")
        }
        (self.address, self.columns) = (address, columns)
        // Also so that what cannot work is an error now.
        follower = try KafkaTableFollower(address, columns: columns, report: report)
    }

    deinit { follower.stop() }

    /// The address without what is secret.
    public var label: String { address.label }

    /// The rows of keys as the topic has them now. The first call waits until the topic was read.
    public func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])] { try follower.rows(forKeys: keys) }
}
