import CSwiftwaterClients
import SwiftwaterCore

/// A producer that delivers each message once and in order, as long as it lives: the brokers know messages that are
/// sent again (idempotence). For use by one thread at a time.
final class KafkaProducer: Sendable {
    /// A message to send.
    struct Record {
        var key: String?
        var value: String?
        var headers: [(name: String, value: String)] = []
    }

    /// Values of `rd_kafka_vtype_t`, and `RD_KAFKA_MSG_F_COPY`.
    private enum Argument {
        static let topic: CInt = 1
        static let value: CInt = 4
        static let key: CInt = 5
        static let flags: CInt = 7
        static let header: CInt = 9
        static let copies: CInt = 2
    }

    private let client: KafkaClient
    private let clock: any StreamClock
    private var library: LibRDKafka { client.library }
    private var handle: LibRDKafka.Client { client.handle.value }

    /// Creates a producer; with transactions, ends those of an earlier one of the same name.
    ///
    /// - Throws: `network`, or `denied`.
    init(_ address: KafkaAddress, clock: any StreamClock) throws {
        var settings = [
            ("enable.idempotence", "true"), ("linger.ms", "5"), ("reconnect.backoff.max.ms", "2000"),
            // As Java's client does it, so that a key is in one partition for both.
            ("partitioner", "murmur2_random"),
            ("message.timeout.ms", "\(max(1000, address.patience.wholeMilliseconds))"),
        ]
        if let transaction = address.transaction { settings.append(("transactional.id", transaction)) }
        client = try KafkaClient(LibRDKafka.producer, address, settings)
        self.clock = clock
        guard address.transaction != nil else { return }
        try check(library.beginTransactions(handle, KafkaProducer.milliseconds(address.patience)))
    }

    private static func milliseconds(_ patience: Duration) -> CInt {
        CInt(clamping: max(1000, patience.wholeMilliseconds))
    }

    /// Hands a message over to be sent. Waits while too many are on their way.
    func send(_ record: Record, to topic: String) throws {
        while true {
            client.events.state.update { $0.pending += 1 }
            let failure = produce(record, topic)
            guard let failure else { break }
            client.events.state.update { $0.pending -= 1 }
            let code = library.failureCode(failure)
            let words = library.failureText(failure).map { String(cString: $0) } ?? ""
            library.destroyFailure(failure)
            guard code == KafkaCode.queueFull else { throw KafkaCode.error(code, words, at: client.address) }
            _ = library.poll(handle, 100)
            try checkDelivery()
        }
        _ = library.poll(handle, 0)
    }

    private func produce(_ record: Record, _ topic: String) -> LibRDKafka.Failure? {
        var texts: [[CChar]] = [Array(topic.utf8CString)]
        var sizes = [topic.utf8.count]
        for text in [record.key, record.value] {
            texts.append(text.map { Array($0.utf8CString) } ?? [])
            sizes.append(text?.utf8.count ?? 0)
        }
        for header in record.headers {
            texts += [Array(header.name.utf8CString), Array(header.value.utf8CString)]
            sizes += [header.name.utf8.count, header.value.utf8.count]
        }
        var starts: [Int] = []
        var all: [CChar] = []
        for text in texts {
            starts.append(all.count)
            all += text
        }
        return all.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            var arguments = [sw_kafka_argument](repeating: sw_kafka_argument(), count: 4 + record.headers.count)
            (arguments[0].kind, arguments[0].value.text) = (Argument.topic, UnsafePointer(base))
            (arguments[1].kind, arguments[1].value.number) = (Argument.flags, Argument.copies)
            arguments[2].kind = Argument.key
            if record.key != nil { arguments[2].value.bytes = .init(start: base + starts[1], size: sizes[1]) }
            arguments[3].kind = Argument.value
            if record.value != nil { arguments[3].value.bytes = .init(start: base + starts[2], size: sizes[2]) }
            for place in record.headers.indices {
                let (name, value) = (3 + 2 * place, 4 + 2 * place)
                arguments[4 + place].kind = Argument.header
                arguments[4 + place].value.header = .init(
                    name: UnsafePointer(base + starts[name]), start: UnsafeRawPointer(base + starts[value]),
                    size: sizes[value])
            }
            return library.produce(handle, arguments, arguments.count)
        }
    }

    /// Waits until all messages are there.
    ///
    /// - Throws: `network` if one could not be delivered within the address's patience.
    func flush() throws {
        while client.events.state.read({ $0.pending }) > 0 {
            _ = library.flush(handle, 100)
            try checkDelivery()
        }
        try checkDelivery()
    }

    private func checkDelivery() throws {
        let code = client.events.state.read { $0.undelivered }
        guard code != KafkaCode.none else { return }
        throw client.error(code)
    }

    // MARK: Transactions

    func begin() throws { try check(library.beginTransaction(handle)) }

    func commit() throws {
        try check(library.commitTransaction(handle, KafkaProducer.milliseconds(client.address.patience)))
    }

    private func check(_ failure: LibRDKafka.Failure?) throws {
        guard let failure else { return }
        let code = library.failureCode(failure)
        let words = library.failureText(failure).map { String(cString: $0) } ?? ""
        library.destroyFailure(failure)
        if KafkaCode.mayPass(code) { throw client.error(code) }
        throw KafkaCode.error(code, words, at: client.address)
    }
}
