import CSwiftwaterClients
import SwiftwaterCore

/// What the end of a topic has of an output: its last batches, and which of their rows.
struct KafkaTail: Equatable {
    /// A record of a batch, as its headers say.
    struct Mark: Equatable {
        static let output = "swiftwater-output"
        static let batch = "swiftwater-batch"
        static let row = "swiftwater-row"
        static let rows = "swiftwater-rows"

        let output: String
        let batch: Int64
        /// The number of the row in its batch, from 0.
        let row: Int
        /// The number of rows of the batch; 0 for the record of a batch without rows.
        let rows: Int

        init(output: String, batch: Int64, row: Int, rows: Int) {
            (self.output, self.batch, self.row, self.rows) = (output, batch, row, rows)
        }

        /// Reads headers; nil if they are of another program.
        init?(_ headers: [(name: String, value: String?)]) {
            let values = Dictionary(headers.map { ($0.name, $0.value ?? "") }) { $1 }
            guard let output = values[Mark.output], let batch = values[Mark.batch].flatMap({ Int64($0) }),
                let row = values[Mark.row].flatMap({ Int($0) }), let rows = values[Mark.rows].flatMap({ Int($0) })
            else { return nil }
            self.init(output: output, batch: batch, row: row, rows: rows)
        }

        var headers: [(name: String, value: String)] {
            [(Mark.output, output), (Mark.batch, "\(batch)"), (Mark.row, "\(row)"), (Mark.rows, "\(rows)")]
        }
    }

    /// How many messages of each partition are read back at first, and at most.
    static let step: Int64 = 2000
    static let stepMax: Int64 = 1_000_000

    /// The batches that are remembered.
    static let batchesMax = 100

    /// The rows of a batch that are there.
    struct Batch: Equatable {
        var rows: Set<Int> = []
        /// How many it has.
        let count: Int

        /// Whether all of them are there.
        var isWhole: Bool { rows.count >= max(1, count) }
    }

    private var batches: [Int64: Batch] = [:]
    /// Batches before this one were not looked for, and are taken as there; nil if all were looked for.
    private var first: Int64?

    /// Takes a record, in any order.
    mutating func take(_ mark: Mark) {
        batches[mark.batch, default: Batch(count: mark.rows)].rows.insert(mark.row)
    }

    /// Notes a batch that was written.
    mutating func note(_ batch: Int64, rows count: Int) {
        batches[batch] = Batch(rows: Set(0..<max(1, count)), count: count)
        forget()
    }

    /// Forgets all but the last batches.
    private mutating func forget() {
        guard batches.count > KafkaTail.batchesMax else { return }
        let kept = batches.keys.sorted().suffix(KafkaTail.batchesMax)
        batches = batches.filter { $0.key >= kept.first! }
        first = kept.first
    }

    /// Notes that the beginning of the topic was not read.
    fileprivate mutating func end(hasAll: Bool) {
        if !hasAll { first = batches.keys.min() }
        forget()
    }

    /// The last batch, whole or not; nil if there is none.
    var last: Int64? { batches.keys.max() }

    /// The last batch that is there with all its rows.
    var lastWhole: Int64? { batches.filter(\.value.isWhole).keys.max() }

    /// Whether a batch is there with all its rows.
    func isThere(_ batch: Int64) -> Bool {
        if let first, batch < first { return true }
        return batches[batch]?.isWhole ?? false
    }

    /// The rows of a batch that are there.
    func rows(of batch: Int64) -> Set<Int> { batches[batch]?.rows ?? [] }

    // MARK: Reading

    /// Reads the end of a topic back until the whole last batch of an output was seen.
    ///
    /// - Throws: `network`; `notFound` if there is no topic.
    static func read(
        _ output: String, _ address: KafkaAddress, clock: any StreamClock
    ) throws -> KafkaTail {
        let consumer = try KafkaConsumer(address, bufferBytes: 16 << 20)
        let (partitions, missing) = try consumer.partitions(timeout: .seconds(10))
        guard missing.isEmpty, !partitions.isEmpty else {
            throw KafkaCode.error(KafkaCode.unknownTopic, "there is no topic \(address.topics[0])", at: address)
        }
        var bounds: [KafkaPartition: Range<Int64>] = [:]
        for partition in partitions { bounds[partition] = try consumer.bounds(partition, timeout: .seconds(10)) }
        var seen: [KafkaPartition: [Mark]] = [:]
        var begins: [KafkaPartition: Int64] = [:]
        var step = KafkaTail.step
        var open = partitions
        while true {
            let starts = open.map { ($0, max(bounds[$0]!.lowerBound, bounds[$0]!.upperBound - step)) }
            for (partition, start) in starts {
                begins[partition] = start
                seen[partition] = try marks(
                    of: output, in: partition, start..<bounds[partition]!.upperBound, consumer, clock)
            }
            var tail = KafkaTail()
            for partition in partitions { for mark in seen[partition]! { tail.take(mark) } }
            // A partition may have rows of the last batch as long as nothing older was seen in it.
            open = starts.filter { partition, start in
                start > bounds[partition]!.lowerBound
                    && !seen[partition]!.contains { mark in tail.last.map { mark.batch < $0 } ?? false }
            }.map(\.0)
            guard !open.isEmpty, step < KafkaTail.stepMax else {
                tail.end(hasAll: begins.values.allSatisfy { $0 == 0 })
                return tail
            }
            step = min(step * 8, KafkaTail.stepMax)
        }
    }

    private static func marks(
        of output: String, in partition: KafkaPartition, _ range: Range<Int64>, _ consumer: KafkaConsumer,
        _ clock: any StreamClock
    ) throws -> [Mark] {
        guard !range.isEmpty else { return [] }
        var (marks, isDone) = ([Mark](), false)
        try consumer.assign([(partition, range.lowerBound)])
        defer { try? consumer.assign([]) }
        var heard = clock.elapsed()
        while !isDone {
            try consumer.read(atMost: .milliseconds(100)) { message in
                heard = clock.elapsed()
                let headers = KafkaLines.headers(of: message, consumer.client.library)
                if let mark = Mark(headers), mark.output == output { marks.append(mark) }
                if message.pointee.offset >= range.upperBound - 1 { isDone = true }
            } event: { event in
                switch event {
                case .end: isDone = true
                case .problem(_, let code) where KafkaCode.mayPass(code): break
                // Messages that were removed meanwhile are of older batches.
                case .problem(_, KafkaCode.offsetReset), .problem(_, KafkaCode.offsetOutOfRange): isDone = true
                case .problem(_, let code): throw consumer.client.error(code)
                }
            }
            guard clock.elapsed() - heard <= consumer.client.address.patience + .seconds(1) else {
                throw consumer.client.error(KafkaCode.timedOut)
            }
        }
        return marks
    }
}
