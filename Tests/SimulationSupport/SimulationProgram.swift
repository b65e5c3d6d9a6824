import Logging
import Swiftwater
import SwiftwaterTesting

extension Simulation {
    static let window = 4
    static let slide = 2

    func build() {
        var settings = StreamSettings()
        settings.isStepped = true
        settings.files = disk
        settings.lineLimits.blockTargetBytes = 64
        var logger = Logger(label: "simulation", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let context = StreamingContext(
            Context(master: .local(threads: 1), appName: "simulation", logger: logger), batchInterval: .seconds(1),
            settings: settings, clock: clock)
        var checkpoint = CheckpointSettings(directory: "state")
        checkpoint.interval = .seconds([1, 3, 6][Int(seed % 3)])
        checkpoint.keptCheckpoints = 3
        checkpoint.journal.segmentMaxBytes = 400
        context.checkpoint(checkpoint)
        let failures = failures
        let lines = context.receiverStream(receiver).named("lines").map { line -> Text in
            try failures.update { left in
                if left > 0 {
                    left -= 1
                    throw SwiftwaterError(.io, "a task that throws (simulated)")
                }
            }
            return line
        }
        let pairs = lines.map { ($0.split(separator: " ")[0], 1) }
        let sink = FileSink(directory: "out", format: .text, files: disk)
        lines.save(to: sink, name: "lines", columns: ["line"]) { [.text($0)] }
        let row: @Sendable ((Text, Int)) -> [SinkValue] = { [.text($0.0), .integer($0.1)] }
        pairs.reduceByKeyAndWindow(
            +, inverse: -, window: .seconds(Self.window), slide: .seconds(Self.slide)
        ).named("counts").save(to: sink, name: "counts", columns: ["key", "count"], row: row)
        // The same through the closures' way, without an inverse.
        pairs.window(.seconds(Self.window)).reduceByKey(+).named("stacks")
            .save(to: sink, name: "stacks", columns: ["key", "count"], row: row)
        // And as a window that keeps no state and reads the log again.
        lines.window(.seconds(3)).map { ($0.split(separator: " ")[0], 1) }.transform { $0.reduceByKey(+) }
            .save(to: sink, name: "raw", columns: ["key", "count"], row: row)
        pairs.updateStateByKey { (values: [Int], sum: Int?) -> Int? in values.reduce(sum ?? 0, +) }.named("totals")
            .save(to: sink, name: "totals", columns: ["key", "count"], row: row)
        self.context = context
    }

    /// What came out against what went in.
    func compare() {
        let files = SimulationFiles(disk)
        let times = files.times("lines")
        let batches = times.map { (time: $0, lines: files.rows("lines", $0)) }
        checkLines(batches.flatMap(\.lines))
        note("\(batches)")
        // A disk that lies may have emptied any file.
        guard disk.lostSynchronizations == 0 else { return }
        // Where the program began anew because a crash left nothing, another zero time holds.
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
            let parts = line.split(separator: " ")
            // A disk that lies may have cut a line.
            guard parts.count == 2 else { continue }
            seen[String(parts[1]), default: 0] += 1
        }
        for (id, count) in seen.sorted(by: { $0.key < $1.key }) where count > 1 {
            problems.append("line \(id) was counted \(count) times")
        }
        guard disk.lostSynchronizations == 0 else { return }  // a disk that lies loses what it confirmed
        let lost = (1..<nextID).filter { seen["\($0)"] == nil }
        if !lost.isEmpty { problems.append("lines \(lost) were lost") }
        for life in plainSent.keys.sorted() {
            let sent = plainSent[life]!
            let arrived = (0..<sent).filter { seen["c\(life)-\($0)"] != nil }
            if arrived != Array(0..<arrived.count) {
                problems.append("of connection \(life) came \(arrived), which is no prefix")
            }
        }
    }
}

/// The outputs of the simulated program.
struct SimulationFiles {
    private let disk: SimulatedDisk
    init(_ disk: SimulatedDisk) { self.disk = disk }

    /// Batch times of an output, in seconds.
    func times(_ output: String) -> [Int] {
        disk.paths.compactMap { path in
            guard path.hasPrefix("out/\(output)-"), path.hasSuffix(".txt") else { return nil }
            return Int(path.dropFirst("out/\(output)-".count).dropLast(4)).map { $0 / 1000 }
        }.sorted()
    }

    func rows(_ output: String, _ time: Int) -> [String] {
        guard let bytes = try? disk.read("out/\(output)-\(time * 1000).txt") else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
