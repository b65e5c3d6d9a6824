import CSwiftwaterClients
import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

/// Reads the partitions of topics on a thread of its own, as long as there is room.
final class KafkaFeed: Sendable {
    private struct State {
        var buffer: KafkaBuffer
        /// Where the partitions began in this run.
        var begun: [KafkaPartition: KafkaPosition.Place] = [:]
        var failure: SwiftwaterError?
        var isStopping = false
        var isRunning = false
        var status: SourceStatus
        var rate: LineRate
    }

    private let address: KafkaAddress
    private let consumer: KafkaConsumer
    private let limits: LineLimits
    private let clock: any StreamClock
    private let report: @Sendable (String) -> Void
    private let state: Monitor<State>

    /// Creates a feed.
    ///
    /// - Parameters:
    ///   - limitBytes: what it may hold for batches to come, and again for batches that are not done.
    ///   - report: receives what a user should know.
    init(
        _ address: KafkaAddress, limits: LineLimits, limitBytes: Int, clock: any StreamClock,
        report: @escaping @Sendable (String) -> Void
    ) throws {
        (self.address, self.limits, self.clock, self.report) = (address, limits, clock, report)
        consumer = try KafkaConsumer(address, bufferBytes: min(limitBytes / 4, 64 << 20))
        state = Monitor(
            State(
                buffer: KafkaBuffer(limitBytes: limitBytes, limits: limits),
                status: SourceStatus(.connecting, since: clock.instant(), place: address.brokers),
                rate: LineRate(at: clock.elapsed())))
    }

    /// Begins at a position; without one, where the address says.
    func start(at position: KafkaPosition?) {
        state.update { $0.isRunning = true }
        SystemThread.start(named: "swiftwater-kafka") { [self] in
            var topics = KafkaTopics(position)
            do {
                while !state.read({ $0.isStopping }) {
                    try look(&topics)
                    try read(&topics)
                }
            } catch {
                let error = error as? SwiftwaterError ?? SwiftwaterError(.io, "\(address.label): \(error)")
                set(.ended, error.message)
                state.update { $0.failure = error }
            }
            state.update { $0.isRunning = false }
        }
    }

    /// Stops reading, and waits until that is so.
    func stop() {
        state.update { $0.isStopping = true }
        state.wait { $0.isRunning ? nil : () }
    }

    // MARK: Batches

    /// Returns the next chunks, about `maxBytes` at most.
    ///
    /// - Throws: why there will be no more.
    func take(_ maxBytes: Int) throws -> [KafkaChunk] {
        try state.update { state in
            let chunks = state.buffer.take(maxBytes)
            if chunks.isEmpty, let failure = state.failure { throw failure }
            return chunks
        }
    }

    /// Where the partitions began in this run.
    var begun: [KafkaPartition: KafkaPosition.Place] { state.read { $0.begun } }

    /// Returns the chunk of a piece, if it is still here.
    func chunk(of piece: KafkaRange.Piece) -> KafkaChunk? { state.read { $0.buffer.chunk(of: piece) } }

    /// Forgets a batch that is done, and tells the brokers about it if there is a group.
    func release(_ range: KafkaRange) {
        state.update { $0.buffer.release(range) }
        guard address.group != nil else { return }
        let ends = Dictionary(range.pieces.map { ($0.partition, $0.end) }) { $1 }
        consumer.commit(ends.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    // MARK: Status

    var status: SourceStatus {
        let (status, places) = state.update { state in
            state.status.linesPerSecond = state.rate.perSecond(at: clock.elapsed())
            return (state.status, state.buffer.places)
        }
        var result = status
        let behind = places.compactMap { partition, place in
            consumer.knownEnd(partition).map { max(0, $0 - place.offset) }
        }
        result.behind = behind.isEmpty ? nil : Int(behind.reduce(0, +))
        return result
    }

    private func set(_ link: SourceStatus.Link, _ reason: String?) {
        let isNew = state.update { state in
            guard state.status.link != link else { return false }
            (state.status.link, state.status.since, state.status.reason) = (link, clock.instant(), reason)
            return true
        }
        if isNew, link == .waiting, let reason { report("\(reason); trying again") }
    }

    // MARK: Topics

    /// Looks for partitions, as often as the topics want that, and reads those that are found.
    private func look(_ topics: inout KafkaTopics) throws {
        guard topics.wantsLook(at: clock.elapsed()) else { return }
        do {
            let (found, missing) = try consumer.partitions(timeout: .seconds(5))
            let changes = try topics.take(found, missing: missing, address)
            for message in changes.messages { report(message) }
            for partition in changes.gone { state.update { $0.buffer.end(partition) } }
            for partition in changes.new { try begin(partition, &topics) }
            topics.know()
            if !changes.new.isEmpty || !changes.gone.isEmpty { try assign() }
            topics.isWaiting = !missing.isEmpty
            if missing.isEmpty {
                set(.connected, nil)
            } else {
                set(.waiting, "\(address.label): there is no topic \(missing.joined(separator: ", "))")
            }
        } catch let error as SwiftwaterError where error.isRetryable || error.code == .denied && topics.isKnown {
            topics.isWaiting = true
            set(.waiting, error.message)
        }
    }

    private func assign() throws {
        let places = state.read { $0.buffer.places }
        try consumer.assign(places.sorted { $0.key < $1.key }.map { ($0.key, $0.value.offset) })
    }

    /// Begins with a partition where it was read to, or where the address says.
    private func begin(_ partition: KafkaPartition, _ topics: inout KafkaTopics) throws {
        let bounds = try consumer.bounds(partition, timeout: .seconds(5))
        let first: Int64? =
            switch address.start {
            case .time(let milliseconds) where topics.begins(partition):
                try consumer.offset(partition, at: milliseconds, timeout: .seconds(5))
            default: nil
            }
        let start = try topics.start(of: partition, bounds, atTime: first, address)
        if let loss = start.loss { lose(loss) }
        state.update { state in
            state.buffer.begin(partition, at: start.place, isNew: start.isNew)
            state.begun[partition] = state.begun[partition] ?? start.place
        }
    }

    private func lose(_ loss: String) {
        report(loss)
        state.update { $0.status.gaps += 1 }
    }

    // MARK: Messages

    /// Reads what is there, or waits a little.
    private func read(_ topics: inout KafkaTopics) throws {
        let isFull = state.wait(atMost: .milliseconds(100)) { $0.buffer.hasRoom || $0.isStopping ? () : nil } == nil
        guard !isFull else { return }
        var intake = Intake(consumer, hasColumns: address.hasColumns)
        try consumer.read(atMost: .milliseconds(100)) { message in
            if intake.isOther(message) {
                flush(&intake)
                intake.turn(to: message) { partition in state.read { $0.buffer.next(partition) } }
            }
            intake.append(message)
        } event: { event in
            flush(&intake)
            switch event {
            case .end(let partition, let offset): state.update { $0.buffer.move(partition, to: offset) }
            case .problem(let partition, let code): try meet(code, of: partition, &topics)
            }
        }
        flush(&intake)
        if let trouble = consumer.client.events.state.read({ $0.trouble }), trouble.code == KafkaCode.allBrokersDown {
            topics.isWaiting = true
            set(.waiting, consumer.client.error(KafkaCode.allBrokersDown).message)
        }
    }

    private func flush(_ intake: inout Intake) {
        guard let partition = intake.partition, intake.lines.records > 0 else { return }
        let now = clock.elapsed()
        state.update { state in
            state.buffer.append(intake.lines, to: partition)
            state.status.lines += intake.lines.records
            state.rate.add(intake.lines.records, at: now)
            state.status.delay = clock.instant() - .milliseconds(intake.lines.newest)
            state.status.malformed = state.buffer.faults.overlongLines
        }
        intake.clear()
    }

    /// Answers a problem of a partition.
    private func meet(_ code: CInt, of partition: KafkaPartition?, _ topics: inout KafkaTopics) throws {
        switch code {
        case KafkaCode.offsetReset, KafkaCode.offsetOutOfRange:
            guard let partition, let place = state.read({ $0.buffer.places[partition] }) else { return }
            topics.remember(partition, place)
            do { try begin(partition, &topics) } catch let error as SwiftwaterError where error.isRetryable {
                // It is looked for again.
                topics.forget(partition)
                state.update { $0.buffer.end(partition) }
            }
            try assign()
        case KafkaCode.unknownTopicOrPartition, KafkaCode.unknownTopic, KafkaCode.unknownPartition:
            topics.lookSoon()
        case _ where KafkaCode.mayPass(code): topics.isWaiting = true
        default: throw consumer.client.error(code)
        }
    }
}

/// The messages of one partition after the other, as a consumer brings them.
private struct Intake {
    private(set) var partition: KafkaPartition?
    private(set) var lines: KafkaLines
    private let consumer: KafkaConsumer
    private var topic: UnsafeMutableRawPointer?
    private var number: Int32 = -1
    private var next: Int64 = 0

    init(_ consumer: KafkaConsumer, hasColumns: Bool) {
        self.consumer = consumer
        lines = KafkaLines(consumer.client.library, hasColumns: hasColumns)
    }

    func isOther(_ message: UnsafePointer<sw_kafka_message>) -> Bool {
        message.pointee.topic != topic || message.pointee.partition != number
    }

    /// Goes on with the partition of a message.
    mutating func turn(
        to message: UnsafePointer<sw_kafka_message>, next: (KafkaPartition) -> Int64?
    ) {
        (topic, number) = (message.pointee.topic, message.pointee.partition)
        let partition = consumer.partition(OpaquePointer(topic!), number)
        // A partition that is not read anymore may have messages under way.
        let start = next(partition)
        (self.partition, self.next) = (start == nil ? nil : partition, start ?? .max)
    }

    mutating func append(_ message: UnsafePointer<sw_kafka_message>) {
        guard let partition, message.pointee.offset >= next else { return }
        lines.append(message, partition)
        next = message.pointee.offset + 1
    }

    mutating func clear() { lines.clear() }
}
