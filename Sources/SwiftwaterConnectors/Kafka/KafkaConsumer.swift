import CSwiftwaterClients
import SwiftwaterCore

/// A consumer that reads the partitions it is given, from offsets that it is given. It joins no group.
///
/// One thread reads; others may ask for offsets meanwhile.
final class KafkaConsumer: Sendable {
    /// What a call to `read` brought.
    enum Event {
        /// The end of a partition was reached, for now.
        case end(KafkaPartition, Int64)
        /// A partition, or the client as a whole, has a problem.
        case problem(KafkaPartition?, CInt)
    }

    private static let batch = 10_000

    let client: KafkaClient
    private var library: LibRDKafka { client.library }
    private let queue: UncheckedSendable<LibRDKafka.Queue>
    private let messages: UncheckedSendable<UnsafeMutablePointer<LibRDKafka.Message?>>

    /// Creates a consumer. Does not connect.
    ///
    /// - Parameter bufferBytes: what it may hold beyond what was read.
    init(_ address: KafkaAddress, bufferBytes: Int) throws {
        client = try KafkaClient(
            LibRDKafka.consumer, address,
            [
                // Needed by the library; only offsets are ever kept under it.
                ("group.id", address.group ?? "swiftwater"), ("enable.auto.commit", "false"),
                ("enable.auto.offset.store", "false"), ("auto.offset.reset", "error"),
                ("enable.partition.eof", "true"), ("queued.max.messages.kbytes", "\(max(1024, bufferBytes >> 10))"),
                // Above this number, brokers are not asked for up to a second: an answer of small messages passes the
                // default of 100,000.
                ("queued.min.messages", "1000000"), ("fetch.wait.max.ms", "100"),
                ("topic.metadata.refresh.interval.ms", "10000"),
                ("reconnect.backoff.max.ms", "2000"),
            ])
        let handle = client.handle.value
        _ = client.library.redirectToConsumer(handle)
        guard let queue = client.library.consumerQueue(handle) else {
            throw SwiftwaterError(.io, "no memory for a consumer of \(address.label)")
        }
        self.queue = UncheckedSendable(queue)
        messages = UncheckedSendable(.allocate(capacity: KafkaConsumer.batch))
    }

    deinit {
        messages.value.deallocate()
        library.destroyQueue(queue.value)
    }

    // MARK: Reading

    /// Reads these partitions from these offsets, and no others.
    func assign(_ offsets: [(KafkaPartition, Int64)]) throws {
        let code = list(offsets) { library.assign(client.handle.value, $0) }
        guard code == KafkaCode.none else { throw client.error(code) }
    }

    /// Waits for messages, and passes them on in their order; a message is valid in the call that receives it.
    func read(
        atMost wait: Duration, message: (UnsafePointer<sw_kafka_message>) throws -> Void,
        event: (Event) throws -> Void
    ) rethrows {
        let milliseconds = CInt(
            clamping: wait.components.seconds * 1000 + wait.components.attoseconds / 1_000_000_000_000_000)
        let count = library.consumeBatch(queue.value, milliseconds, messages.value, KafkaConsumer.batch)
        var done = 0
        defer { for place in done..<max(done, count) { library.destroyMessage(messages.value[place]!) } }
        while done < count {
            let one = messages.value[done]!
            if one.pointee.error == KafkaCode.none {
                try message(one)
            } else {
                let topic: UnsafeMutableRawPointer? = one.pointee.topic
                let partition = topic.map { self.partition(OpaquePointer($0), one.pointee.partition) }
                if one.pointee.error == KafkaCode.endOfPartition, let partition {
                    try event(.end(partition, one.pointee.offset))
                } else {
                    try event(.problem(partition, one.pointee.error))
                }
            }
            library.destroyMessage(one)
            done += 1
        }
    }

    /// Returns the partition of a topic's handle.
    func partition(_ topic: OpaquePointer, _ number: Int32) -> KafkaPartition {
        KafkaPartition(topic: library.topicName(topic).map { String(cString: $0) } ?? "", number: number)
    }

    // MARK: Offsets

    /// Returns the first offset of a partition that is there, and the one after the last.
    func bounds(_ partition: KafkaPartition, timeout: Duration) throws -> Range<Int64> {
        var (low, high): (Int64, Int64) = (0, 0)
        let code = library.bounds(
            client.handle.value, partition.topic, partition.number, &low, &high, CInt(timeout.components.seconds * 1000)
        )
        guard code == KafkaCode.none else { throw client.error(code) }
        return low..<max(low, high)
    }

    /// Returns the offset after the last message that brokers told of; nil if they did not.
    func knownEnd(_ partition: KafkaPartition) -> Int64? {
        var (low, high): (Int64, Int64) = (0, 0)
        let code = library.knownBounds(client.handle.value, partition.topic, partition.number, &low, &high)
        return code == KafkaCode.none && high >= 0 ? high : nil
    }

    /// Returns the offset of the first message at or after a time; nil if there is none.
    func offset(_ partition: KafkaPartition, at milliseconds: Int64, timeout: Duration) throws -> Int64? {
        var found: Int64 = -1
        let code = list([(partition, milliseconds)]) { partitions in
            let code = library.offsetsForTimes(
                client.handle.value, partitions!, CInt(timeout.components.seconds * 1000))
            let element = partitions!.pointee.elements[0]
            found = element.offset
            return code == KafkaCode.none ? element.error : code
        }
        guard code == KafkaCode.none else { throw client.error(code) }
        return found >= 0 ? found : nil
    }

    /// Tells the brokers how far the group is, for those who watch it. Does not wait.
    func commit(_ offsets: [(KafkaPartition, Int64)]) {
        _ = list(offsets) { library.commit(client.handle.value, $0!, 1) }
    }

    /// Calls `body` with a list of partitions; nil for none.
    private func list(
        _ offsets: [(KafkaPartition, Int64)], _ body: (LibRDKafka.Partitions?) -> CInt
    ) -> CInt {
        guard !offsets.isEmpty else { return body(nil) }
        guard let all = library.newPartitions(CInt(offsets.count)) else { return -196 }
        defer { library.destroyPartitions(all) }
        for (partition, offset) in offsets {
            library.addPartition(all, partition.topic, partition.number)?.pointee.offset = offset
        }
        return body(all)
    }

    // MARK: Topics

    /// Returns the partitions of the topics of the address that are there, and the topics that are not.
    func partitions(timeout: Duration) throws -> (found: [KafkaPartition], missing: [String]) {
        if client.address.isPattern { return (try partitions(of: nil, timeout).found, []) }
        var (found, missing): ([KafkaPartition], [String]) = ([], [])
        for topic in client.address.topics {
            let one = try partitions(of: topic, timeout)
            found += one.found
            if one.isMissing { missing.append(topic) }
        }
        return (found, missing)
    }

    private func partitions(
        of topic: String?, _ timeout: Duration
    ) throws -> (found: [KafkaPartition], isMissing: Bool) {
        let handle = client.handle.value
        var answer: LibRDKafka.Metadata?
        let reference = topic.flatMap { library.newTopic(handle, $0, nil) }
        defer { if let reference { library.destroyTopic(reference) } }
        let code = library.metadata(
            handle, topic == nil ? 1 : 0, reference, &answer, CInt(timeout.components.seconds * 1000))
        guard code == KafkaCode.none, let answer else { throw client.error(code) }
        defer { library.destroyMetadata(answer) }
        client.events.state.update { $0.trouble = nil }
        var (found, isMissing) = ([KafkaPartition](), false)
        for place in 0..<Int(answer.pointee.topic_count) {
            let one = answer.pointee.topics[place]
            let name = String(cString: one.name)
            guard client.address.matches(name) else { continue }
            switch one.error {
            case KafkaCode.none:
                found += (0..<Int(one.partition_count)).map {
                    KafkaPartition(topic: name, number: one.partitions[$0].id)
                }
            case KafkaCode.unknownTopicOrPartition, KafkaCode.unknownTopic: isMissing = true
            // Also one whose leader is being chosen: it is not missing, and is asked for again.
            default: throw client.error(one.error)
            }
        }
        return (found.sorted(), isMissing)
    }
}
