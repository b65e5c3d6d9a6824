import CSwiftwaterClients
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// Reads messages again that a batch had.
final class KafkaReader: Sendable {
    private static let bufferBytes = 16 << 20

    private let address: KafkaAddress
    private let limits: LineLimits
    private let clock: any StreamClock
    /// One thread reads at a time.
    private let consumer = Monitor<KafkaConsumer?>(nil)

    init(_ address: KafkaAddress, limits: LineLimits, clock: any StreamClock) {
        (self.address, self.limits, self.clock) = (address, limits, clock)
    }

    /// Pushes the blocks of pieces of one partition, in the order of their offsets.
    ///
    /// - Throws: `invalidState` if messages are gone or changed; `network` if the brokers stay away.
    func read(_ pieces: [KafkaRange.Piece], _ push: (TextBlock) throws -> Void) throws {
        try consumer.update { known in
            let consumer = try known ?? KafkaConsumer(address, bufferBytes: KafkaReader.bufferBytes)
            known = consumer
            try consumer.assign([(pieces[0].partition, pieces[0].start)])
            defer { try? consumer.assign([]) }
            var reading = Reading(
                address, pieces, KafkaLines(consumer.client.library, hasColumns: address.hasColumns))
            var heard = clock.elapsed()
            while !reading.isDone {
                var isQuiet = true
                try consumer.read(atMost: .milliseconds(100)) { message in
                    isQuiet = false
                    try reading.take(message, limits, push)
                } event: { event in
                    switch event {
                    case .end(_, let offset): try reading.end(at: offset, limits, push)
                    case .problem(_, let code) where KafkaCode.mayPass(code): break
                    case .problem(_, KafkaCode.offsetReset), .problem(_, KafkaCode.offsetOutOfRange),
                        .problem(_, KafkaCode.unknownTopicOrPartition):
                        throw KafkaReader.gone(reading.piece, at: address)
                    case .problem(_, let code): throw consumer.client.error(code)
                    }
                }
                let now = clock.elapsed()
                if !isQuiet { heard = now }
                guard now - heard <= address.patience else { throw consumer.client.error(KafkaCode.timedOut) }
            }
        }
    }

    fileprivate static func gone(_ piece: KafkaRange.Piece, at address: KafkaAddress) -> SwiftwaterError {
        SwiftwaterError(
            .invalidState,
            "\(address.label): messages \(piece.start) to \(piece.end - 1) of \(piece.partition), which a batch had, are "
                + "gone or were changed",
            remedy:
                "keep messages longer than the time between checkpoints, and do not read compacted topics as streams")
    }

    /// The pieces that are read, one after the other.
    private struct Reading {
        private let address: KafkaAddress
        private let pieces: [KafkaRange.Piece]
        private var place = 0
        private var lines: KafkaLines

        init(_ address: KafkaAddress, _ pieces: [KafkaRange.Piece], _ lines: KafkaLines) {
            (self.address, self.pieces, self.lines) = (address, pieces, lines)
        }

        var isDone: Bool { place == pieces.count }
        var piece: KafkaRange.Piece { pieces[min(place, pieces.count - 1)] }

        mutating func take(
            _ message: UnsafePointer<sw_kafka_message>, _ limits: LineLimits, _ push: (TextBlock) throws -> Void
        ) throws {
            let offset = message.pointee.offset
            while !isDone, offset >= piece.end { try finish(limits, push) }
            guard !isDone, offset >= piece.start else { return }
            lines.append(message, piece.partition)
            if offset == piece.end - 1 { try finish(limits, push) }
        }

        /// The partition ends at an offset, or has only what is not a message before it.
        mutating func end(at offset: Int64, _ limits: LineLimits, _ push: (TextBlock) throws -> Void) throws {
            while !isDone, offset >= piece.end { try finish(limits, push) }
        }

        private mutating func finish(_ limits: LineLimits, _ push: (TextBlock) throws -> Void) throws {
            guard lines.records == piece.records, Checksum(lines.bytes).value == piece.checksum else {
                throw KafkaReader.gone(piece, at: address)
            }
            let builder = BlockBuilder(limits: limits)
            var blocks: [TextBlock] = []
            lines.bytes.withUnsafeBytes { builder.append($0) { blocks.append($0) } }
            if let last = builder.finish() { blocks.append(last) }
            for block in blocks { try push(block) }
            lines.clear()
            place += 1
        }
    }
}
