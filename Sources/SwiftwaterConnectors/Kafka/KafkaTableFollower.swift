import CSwiftwaterClients
import SwiftwaterCore

/// Reads a topic from its beginning on a thread of its own, and keeps what it leaves behind.
final class KafkaTableFollower: Sendable {
    private struct State {
        var rows: KafkaTableRows
        /// Partitions that were not read yet to where they ended at first.
        var unread: Set<KafkaPartition> = []
        var isLoaded = false
        /// The number of messages so far, which says whether loading goes on.
        var messages = 0
        var trouble: SwiftwaterError?
        var failure: SwiftwaterError?
        var isRunning = false
        var isStopping = false
    }

    /// Where the thread is.
    private struct Place {
        var next: [KafkaPartition: Int64] = [:]
        var ends: [KafkaPartition: Int64] = [:]
        /// When to look for new partitions; nil for now.
        var lookAt: Duration?
    }

    private static let lookInterval = Duration.seconds(10)

    private let address: KafkaAddress
    private let consumer: KafkaConsumer
    private let clock: any StreamClock
    private let report: @Sendable (String) -> Void
    private let faults = RepeatedMessages()
    private let state: Monitor<State>

    init(
        _ address: KafkaAddress, columns: [String], clock: any StreamClock = SystemClock(),
        report: @escaping @Sendable (String) -> Void
    ) throws {
        (self.address, self.clock, self.report) = (address, clock, report)
        consumer = try KafkaConsumer(address, bufferBytes: 16 << 20)
        state = Monitor(State(rows: KafkaTableRows(columns: columns)))
    }

    func stop() { state.update { $0.isStopping = true } }

    /// Returns the rows of keys, when the topic was read.
    ///
    /// - Throws: `network` if it was not read to its end, and no message has come for five seconds; what else is wrong.
    func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])] {
        start()
        var (known, begin) = (-1, clock.elapsed())
        while true {
            // Not one wait: a clock of a test does not move while this thread waits.
            let found = try state.wait(atMost: .milliseconds(200)) { state -> [(key: Text, values: [Text?])]? in
                if let failure = state.failure { throw failure }
                guard state.isLoaded else { return nil }
                return keys.compactMap { key in state.rows[key].map { (key, $0) } }
            }
            if let found { return found }
            let (messages, trouble) = state.read { ($0.messages, $0.trouble) }
            if messages != known { (known, begin) = (messages, clock.elapsed()) }
            guard clock.elapsed() - begin < .seconds(5) else {
                throw trouble
                    ?? SwiftwaterError(
                        .network, "\(address.label): the topic cannot be read",
                        remedy: "check that the brokers run and can be reached", isRetryable: true)
            }
        }
    }

    private func start() {
        let isNew = state.update { state in
            guard !state.isRunning, state.failure == nil else { return false }
            state.isRunning = true
            return true
        }
        guard isNew else { return }
        SystemThread.start(named: "swiftwater-kafka-table") { [self] in
            var place = Place()
            do {
                while !state.read({ $0.isStopping }) {
                    try look(&place)
                    try read(&place)
                }
            } catch {
                let error = error as? SwiftwaterError ?? SwiftwaterError(.io, "\(address.label): \(error)")
                state.update { ($0.failure, $0.isRunning) = ($0.isLoaded ? nil : error, false) }
                report("\(error.message); the table stays as it is")
            }
        }
    }

    // MARK: Partitions

    /// Looks for partitions now and then, and begins with new ones.
    private func look(_ place: inout Place) throws {
        let now = clock.elapsed()
        guard place.lookAt.map({ $0 <= now }) ?? true else { return }
        do {
            let (found, missing) = try consumer.partitions(timeout: .seconds(5))
            guard missing.isEmpty else {
                throw KafkaCode.error(KafkaCode.unknownTopic, "there is no topic \(address.topics[0])", at: address)
            }
            let new = found.filter { place.next[$0] == nil }
            for partition in new {
                let bounds = try consumer.bounds(partition, timeout: .seconds(5))
                place.next[partition] = bounds.lowerBound
                place.ends[partition] = bounds.upperBound
                if bounds.isEmpty { continue }
                _ = state.update { $0.unread.insert(partition) }
            }
            if !new.isEmpty { try assign(place) }
            state.update { ($0.trouble, $0.isLoaded) = (nil, $0.isLoaded || $0.unread.isEmpty) }
            place.lookAt = now + Self.lookInterval
        } catch let error as SwiftwaterError where error.isRetryable {
            meet(error)
            place.lookAt = now + .seconds(1)
        }
    }

    private func assign(_ place: Place) throws {
        try consumer.assign(place.next.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    private func meet(_ error: SwiftwaterError) {
        let isNew = state.update { state in
            defer { state.trouble = error }
            return state.trouble == nil
        }
        if isNew { report("\(error.message); trying again") }
    }

    // MARK: Messages

    private func read(_ place: inout Place) throws {
        var (isAgain, problems) = (false, [SwiftwaterError]())
        try consumer.read(atMost: .milliseconds(100)) { message in
            take(message, &place, &problems)
        } event: { event in
            switch event {
            case .end(let partition, let offset): end(partition, offset, place)
            case .problem(_, let code) where KafkaCode.mayPass(code): meet(consumer.client.error(code))
            case .problem(let partition?, KafkaCode.offsetReset), .problem(let partition?, KafkaCode.offsetOutOfRange):
                // What is gone was compacted, or is too old. The rest is there.
                place.next[partition] = nil
                isAgain = true
            case .problem(_, KafkaCode.unknownTopicOrPartition), .problem(_, KafkaCode.unknownTopic),
                .problem(_, KafkaCode.unknownPartition):
                isAgain = true
            case .problem(_, let code): throw consumer.client.error(code)
            }
        }
        if isAgain { place.lookAt = nil }
        if let problem = problems.last, let held = faults.letsThrough("malformed") {
            report("\(address.label): \(problems.count + held) values could not be read: \(problem.message)")
        }
    }

    private func take(
        _ message: UnsafePointer<sw_kafka_message>, _ place: inout Place, _ problems: inout [SwiftwaterError]
    ) {
        let one = message.pointee
        let partition = consumer.partition(OpaquePointer(one.topic!), one.partition)
        guard let next = place.next[partition], one.offset >= next else { return }
        place.next[partition] = one.offset + 1
        let value = one.payload.map { UnsafeRawBufferPointer(start: $0, count: one.payload_size) }
        do {
            guard let key = one.key else { throw SwiftwaterError(.malformedInput, "a message has no key") }
            try state.update { state in
                state.messages += 1
                try state.rows.take(UnsafeRawBufferPointer(start: key, count: one.key_size), value)
            }
        } catch {
            let what = (error as? SwiftwaterError)?.message ?? "\(error)"
            problems.append(SwiftwaterError(.malformedInput, "\(partition), offset \(one.offset): \(what)"))
        }
        end(partition, one.offset + 1, place)
    }

    /// Notes how far a partition was read.
    private func end(_ partition: KafkaPartition, _ offset: Int64, _ place: Place) {
        guard let end = place.ends[partition], offset >= end else { return }
        state.update { state in
            guard state.unread.remove(partition) != nil, state.unread.isEmpty else { return }
            state.isLoaded = true
        }
    }
}
