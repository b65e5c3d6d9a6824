import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming

extension StreamingContext {
    /// Returns a stream of the values of topics' messages.
    ///
    /// The offsets that each batch read are in the checkpoint, so that after a restart, however the program was
    /// stopped, each message counts once. `docs/KAFKA.md` has the address's parameters, and what a line is.
    ///
    /// - Parameter address: `kafka://[USER@]BROKER[:PORT][,BROKER...]/TOPIC[,TOPIC...]`.
    /// - Throws: `invalidArgument` for another address; `unsupported` without librdkafka.
    public func kafkaTextStream(_ address: String) throws -> DStream<Text> {
        let address = try KafkaAddress(address)
        _ = try LibRDKafka.shared()
        let logger = engine.logger
        return replayableStream(
            KafkaSource(
                address, limits: settings.lineLimits, limitBytes: settings.receiverBufferMaxBytes,
                report: { logger.warning("\($0)") }), name: "kafka \(address.topics.joined(separator: ","))")
    }
}

/// A source of the messages of topics. A range is a run of offsets of each partition.
package final class KafkaSource: ReplayableSource {
    private struct State {
        var isStarted = false
        var position = KafkaPosition()
        /// Whether there was a position or a range of an earlier run.
        var isResumed = false
        var feed: KafkaFeed?
    }

    /// The bytes of a part: pieces of one partition are read by several threads.
    private static let partBytes = 8 << 20

    private let address: KafkaAddress
    private let limits: LineLimits
    private let limitBytes: Int
    private let clock: any StreamClock
    private let report: @Sendable (String) -> Void
    private let reader: KafkaReader
    private let state = Monitor(State())

    /// Creates a source.
    ///
    /// - Parameters:
    ///   - limitBytes: the memory for messages that wait, and again for those of batches that are not done.
    ///   - report: receives what a user should know.
    package init(
        _ address: KafkaAddress, limits: LineLimits = LineLimits(), limitBytes: Int = 384 << 20,
        clock: any StreamClock = SystemClock(), report: @escaping @Sendable (String) -> Void
    ) {
        (self.address, self.limits, self.limitBytes) = (address, limits, limitBytes)
        (self.clock, self.report) = (clock, report)
        reader = KafkaReader(address, limits: limits, clock: clock)
    }

    package func start(at position: KafkaPosition?) throws {
        // So that what cannot work is an error now.
        _ = try KafkaClient(LibRDKafka.consumer, address, [])
        state.update { state in
            state.position = position ?? KafkaPosition()
            state.isResumed = position != nil
            state.isStarted = true
            state.feed = nil
        }
    }

    package func stop() {
        let feed = state.update { state in
            state.isStarted = false
            return state.feed
        }
        feed?.stop()
    }

    package func next(maxBytes: Int) throws -> KafkaRange? {
        guard let feed = try runningFeed() else { return nil }
        let pieces = try feed.take(maxBytes).map(\.piece)
        guard !pieces.isEmpty else { return nil }
        state.update { state in for piece in pieces { state.position.pass(piece) } }
        return KafkaRange(pieces: pieces)
    }

    /// Returns the feed, which begins with the first batch: by then it is known which ranges were handed out before.
    private func runningFeed() throws -> KafkaFeed? {
        try state.update { state in
            guard state.isStarted else { return nil }
            if let feed = state.feed { return feed }
            let feed = try KafkaFeed(
                address, limits: limits, limitBytes: limitBytes, clock: clock, report: report)
            feed.start(at: state.isResumed ? state.position : nil)
            state.feed = feed
            return feed
        }
    }

    package func skip(_ range: KafkaRange) throws {
        state.update { state in
            state.isResumed = true
            for piece in range.pieces { state.position.pass(piece) }
        }
    }

    package var position: KafkaPosition {
        state.read { state in
            var position = state.position
            for (partition, place) in state.feed?.begun ?? [:] where position.places[partition] == nil {
                position.places[partition] = place
            }
            return position
        }
    }

    package func size(of range: KafkaRange) -> BatchSize {
        BatchSize(
            records: range.pieces.reduce(0) { $0 + $1.records }, bytes: range.pieces.reduce(0) { $0 + $1.bytes })
    }

    package func release(_ range: KafkaRange) { state.read { $0.feed }?.release(range) }

    package var status: SourceStatus? { state.read { $0.feed }?.status }

    // MARK: Reading

    package func partitions(of range: KafkaRange) throws -> [BlockPartition] {
        parts(of: range).map { part in
            { [self] push in
                let feed = state.read { $0.feed }
                // Runs of pieces that must be read again.
                var absent: [KafkaRange.Piece] = []
                for piece in part {
                    guard let chunk = feed?.chunk(of: piece) else {
                        absent.append(piece)
                        continue
                    }
                    if !absent.isEmpty { try reader.read(absent, push) }
                    absent = []
                    for block in chunk.blocks { try push(block) }
                }
                if !absent.isEmpty { try reader.read(absent, push) }
            }
        }
    }

    /// Returns the pieces with messages, by partition, in parts of some megabytes.
    private func parts(of range: KafkaRange) -> [[KafkaRange.Piece]] {
        struct Run: Hashable {
            let partition: KafkaPartition
            let epoch: Int
        }
        var places: [Run: Int] = [:]
        var (parts, sizes) = ([[KafkaRange.Piece]](), [Int]())
        for piece in range.pieces where piece.records > 0 {
            let run = Run(partition: piece.partition, epoch: piece.epoch)
            if let place = places[run], sizes[place] < KafkaSource.partBytes {
                parts[place].append(piece)
                sizes[place] += piece.bytes
            } else {
                places[run] = parts.count
                parts.append([piece])
                sizes.append(piece.bytes)
            }
        }
        return parts
    }
}
