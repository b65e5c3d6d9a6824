import Logging
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage
import SwiftwaterStreaming
import SwiftwaterTesting

extension Simulation {
    static let window = 4
    static let slide = 2

    func build(on place: SimulatedPlace) {
        var settings = StreamSettings()
        settings.isStepped = true
        settings.files = place.files
        settings.lineLimits.blockTargetBytes = 64
        if hasSmallBatches { settings.firstBatchMaxBytes = 200 }
        var logger = Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let context = StreamingContext(
            Context(master: .local(threads: 1), appName: "simulation", logger: logger), batchInterval: .seconds(1),
            settings: settings, clock: clock)
        var checkpoint = CheckpointSettings(directory: place.root + "state")
        checkpoint.interval = .seconds([1, 3, 6][Int(seed % 3)])
        checkpoint.keptCheckpoints = 3
        checkpoint.journal.segmentMaxBytes = 400
        context.checkpoint(checkpoint)
        let failures = failures
        let evictions = evictions
        let lines = context.receiverStream(receiver).named("lines").map { line -> Text in
            try failures.update { left in
                if left > 0 {
                    left -= 1
                    throw SwiftwaterError(.io, "a task that throws (simulated)")
                }
            }
            return line
        }.transform { lines in
            let kept = lines.persist()
            evictions.update { $0.kept = kept }
            return kept
        }.map { line -> Text in
            // Partitions may be lost while the batch is read; they are then recomputed.
            evictions.update { $0.evict() }
            return line
        }
        let pairs = lines.map { ($0.split(separator: " ")[0], 1) }
        let sink = SlowSink(
            FileSink(directory: place.root + "out", format: .text, files: place.files), clock: clock, delays: delays)
        lines.save(to: sink, name: "lines", columns: ["line"]) { [.text($0)] }
        let row: @Sendable ((Text, Int)) -> [SinkValue] = { [.text($0.0), .integer($0.1)] }
        pairs.reduceByKeyAndWindow(
            +, inverse: -, window: .seconds(Self.window), slide: .seconds(Self.slide)
        ).named("counts").save(to: sink, name: "counts", columns: ["key", "count"], row: row)
        // The same counts without an inverse.
        pairs.window(.seconds(Self.window)).reduceByKey(+).named("stacks")
            .save(to: sink, name: "stacks", columns: ["key", "count"], row: row)
        // A window that keeps no state and reads the log again.
        lines.window(.seconds(3)).map { ($0.split(separator: " ")[0], 1) }.transform { $0.reduceByKey(+) }
            .save(to: sink, name: "raw", columns: ["key", "count"], row: row)
        pairs.updateStateByKey { (values: [Int], sum: Int?) -> Int? in values.reduce(sum ?? 0, +) }.named("totals")
            .save(to: sink, name: "totals", columns: ["key", "count"], row: row)
        self.context = context
    }

    /// Compares the output with the input.
    func compare() {
        let files = SimulationFiles(place)
        let times = files.times("lines")
        let batches = times.map { (time: $0, lines: files.rows("lines", $0)) }
        // After a lost synchronization, the last line of a file may be truncated.
        checkLines(batches.flatMap { disk.lostSynchronizations == 0 ? $0.lines : $0.lines.dropLast() })
        note("\(batches)")
        // After a lost synchronization, any file may be empty.
        guard disk.lostSynchronizations == 0 else { return }
        // If a crash left nothing, the program started again with another zero time.
        let zero = (files.times("counts").first ?? Self.slide) - Self.slide
        func counts(after: Int, upTo: Int) -> [String] {
            var sums: [String: Int] = [:]
            for batch in batches where batch.time > after && batch.time <= upTo {
                for line in batch.lines { sums[String(line.split(separator: " ")[0]), default: 0] += 1 }
            }
            return sums.map { "\($0)\t\($1)" }.sorted()
        }
        func expect(_ output: String, _ times: [Int], _ expected: (Int) -> [String]) {
            if files.times(output) != times {
                problems.append("\(output) has the batches \(files.times(output)), expected \(times)")
            }
            for time in files.times(output) where files.rows(output, time).sorted() != expected(time) {
                problems.append(
                    "\(output) at \(time): \(files.rows(output, time).sorted()), expected \(expected(time))")
            }
        }
        let slides = times.filter { ($0 - zero) % Self.slide == 0 }
        expect("counts", slides) { counts(after: $0 - Self.window, upTo: $0) }
        expect("stacks", times) { counts(after: $0 - Self.window, upTo: $0) }
        expect("raw", times) { counts(after: $0 - 3, upTo: $0) }
        expect("totals", times) { counts(after: .min / 2, upTo: $0) }
    }

    private func checkLines(_ lines: [String]) {
        var seen: [String: Int] = [:]
        for line in lines {
            seen[String(line.split(separator: " ")[1]), default: 0] += 1
        }
        for (id, count) in seen.sorted(by: { $0.key < $1.key }) where count > 1 {
            problems.append("line \(id) was counted \(count) times")
        }
        guard disk.lostSynchronizations == 0 else { return }  // confirmed lines may be lost as well
        let lost = (1..<nextID).filter { seen["\($0)"] == nil }
        if !lost.isEmpty { problems.append("lines \(lost) were lost") }
        for life in plainSent.keys.sorted() {
            let sent = plainSent[life]!
            let arrived = (0..<sent).filter { seen["c\(life)-\($0)"] != nil }
            if arrived != Array(0..<arrived.count) {
                problems.append("lines \(arrived) of connection \(life) arrived, which are not a prefix")
            }
        }
    }
}

/// Evicts a partition of the last batch for each line read, `left` times.
struct Evictions: Sendable {
    var kept: RDD<Text>?
    var left = 0

    mutating func evict() {
        guard left > 0, let kept else { return }
        left -= 1
        kept.evict(partition: left % max(1, kept.partitionCount))
    }
}

/// A sink that delays commits, by the simulation's clock, before or after the batch is written.
struct SlowSink: TableSink {
    private let sink: FileSink
    private let clock: ManualClock
    /// The delays of the next commits in milliseconds: before the batch is written if positive, after it if negative.
    private let delays: Monitor<[Int]>

    init(_ sink: FileSink, clock: ManualClock, delays: Monitor<[Int]>) {
        (self.sink, self.clock, self.delays) = (sink, clock, delays)
    }

    func open(output: String, columns: [String]) throws { try sink.open(output: output, columns: columns) }
    func isCommitted(output: String, _ time: BatchTime) throws -> Bool {
        try sink.isCommitted(output: output, time)
    }
    func lastCommitted(output: String) throws -> BatchTime? { try sink.lastCommitted(output: output) }

    func commit(output: String, _ batch: SinkBatch) throws {
        let delay = delays.update { $0.popLast() ?? 0 }
        if delay > 0 { clock.advance(by: .milliseconds(delay)) }
        try sink.commit(output: output, batch)
        if delay < 0 { clock.advance(by: .milliseconds(-delay)) }
    }
}

/// The outputs of the simulated program.
struct SimulationFiles {
    private let place: SimulatedPlace
    init(_ place: SimulatedPlace) { self.place = place }

    /// Returns the batch times of an output in seconds.
    func times(_ output: String) -> [Int] {
        place.paths.compactMap { path in
            guard path.hasPrefix("out/\(output)-"), path.hasSuffix(".txt") else { return nil }
            return Int(path.dropFirst("out/\(output)-".count).dropLast(4)).map { $0 / 1000 }
        }.sorted()
    }

    /// Returns the lines of an output's batch.
    func rows(_ output: String, _ time: Int) -> [String] {
        guard let bytes = try? place.read("out/\(output)-\(time * 1000).txt") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
