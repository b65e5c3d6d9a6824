import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// A sink of tables in a Kafka topic: a message for each row, with a JSON object as its value and the row's first text
/// as its key.
///
/// The headers `swiftwater-output`, `swiftwater-batch` (the batch time in milliseconds), `swiftwater-row` (from 0) and
/// `swiftwater-rows` (of the batch) say what a message is; a batch without rows is one message without a value. After a
/// restart the end of the topic is read back, and only rows that are not there are written. With `?transaction=NAME`
/// each batch is a transaction. `docs/KAFKA.md` says what each guarantees.
public final class KafkaSink: TableSink {
    private struct State {
        var producer: KafkaProducer?
        var tails: [String: KafkaTail] = [:]
        /// The outputs whose end of the topic must be read before more is written.
        var unknown: Set<String> = []
    }

    private let address: KafkaAddress
    private let clock: any StreamClock
    private let logger: Logger
    private let state = Monitor(State())

    /// Creates a sink.
    ///
    /// - Parameter address: `kafka://[USER@]BROKER[:PORT][,BROKER...]/TOPIC`.
    /// - Parameter logger: receives messages; the context's logger by default.
    /// - Throws: `invalidArgument` for another address.
    public convenience init(_ address: String, logger: Logger = Logger(label: "swiftwater")) throws {
        try self.init(KafkaAddress(address), clock: SystemClock(), logger: logger)
    }

    init(_ address: KafkaAddress, clock: any StreamClock, logger: Logger) throws {
        guard !address.isPattern, address.topics.count == 1 else {
            throw KafkaAddress.problem("names several topics", "write to one topic")
        }
        (self.address, self.clock, self.logger) = (address, clock, logger)
    }

    /// Reads the end of the topic for what it has of the output.
    ///
    /// - Throws: `notFound` if there is no topic; `network`, `denied`, or `unsupported` without librdkafka.
    public func open(output: String, columns: [String]) throws {
        try state.update { state in
            _ = try producer(&state)
            state.tails[output] = try KafkaTail.read(output, address, clock: clock)
        }
    }

    /// Writes the rows of a batch that are not there, and waits until all are.
    public func commit(output: String, _ batch: SinkBatch) throws {
        let time = batch.time.milliseconds
        try state.update { state in
            let tail = try tail(of: output, &state)
            if tail.isThere(time) { return }
            let there = tail.rows(of: time)
            // If this fails, nobody knows what arrived.
            state.unknown.insert(output)
            do {
                let producer = try producer(&state)
                if address.transaction != nil { try producer.begin() }
                try send(output, batch, except: there, producer)
                if address.transaction != nil { try producer.commit() } else { try producer.flush() }
            } catch {
                state.producer = nil
                throw error
            }
            state.unknown.remove(output)
            state.tails[output, default: KafkaTail()].note(time, rows: batch.rows.count)
        }
    }

    private func send(
        _ output: String, _ batch: SinkBatch, except there: Set<Int>, _ producer: KafkaProducer
    ) throws {
        func mark(_ row: Int) -> [(name: String, value: String)] {
            KafkaTail.Mark(
                output: output, batch: batch.time.milliseconds, row: row, rows: batch.rows.count
            ).headers
        }
        if batch.rows.isEmpty {
            try producer.send(KafkaProducer.Record(key: output, headers: mark(0)), to: address.topics[0])
        }
        for (number, row) in batch.rows.enumerated() where !there.contains(number) {
            let value = JSONWriter.object { json in
                for (column, value) in zip(batch.columns, row) { json.member(column, value) }
            }
            try producer.send(
                KafkaProducer.Record(key: Self.key(of: row), value: value, headers: mark(number)),
                to: address.topics[0])
        }
    }

    private static func key(of row: [SinkValue]) -> String? {
        for value in row { if case .text(let text) = value { return String(text) } }
        return nil
    }

    /// Returns whether a batch of an output is there with all its rows.
    public func isCommitted(output: String, _ time: BatchTime) throws -> Bool {
        try state.update { state in
            try tail(of: output, &state).isThere(time.milliseconds)
        }
    }

    /// Returns the time of the last batch of an output that is there with all its rows, or nil if there is none.
    public func lastCommitted(output: String) throws -> BatchTime? {
        try state.update { state in
            try tail(of: output, &state).lastWhole.map { BatchTime(milliseconds: $0) }
        }
    }

    private func tail(of output: String, _ state: inout State) throws -> KafkaTail {
        if let known = state.tails[output], !state.unknown.contains(output) { return known }
        // With transactions, a new producer first ends what an earlier one began.
        _ = try producer(&state)
        let tail = try KafkaTail.read(output, address, clock: clock)
        state.tails[output] = tail
        state.unknown.remove(output)
        return tail
    }

    private func producer(_ state: inout State) throws -> KafkaProducer {
        if let known = state.producer { return known }
        let new = try KafkaProducer(address, clock: clock)
        state.producer = new
        return new
    }
}
