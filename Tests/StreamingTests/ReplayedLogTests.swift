import Logging
import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterStreaming
import SwiftwaterTesting
import TestSupport
import Testing

/// A program that is killed while it makes batches of an earlier run again, and has written checkpoints meanwhile.
@Suite struct ReplayedLogTests {
    /// Numbers that can be read again, one for each batch, up to an end.
    private final class Numbers: ReplayableSource {
        let end: Int
        private let next = Monitor(0)
        init(end: Int) { self.end = end }
        func start(at position: Int?) { next.update { $0 = position ?? 0 } }
        func stop() {}
        func next(maxBytes: Int) -> Int? {
            next.update { next in
                guard next < end else { return nil }
                defer { next += 1 }
                return next
            }
        }
        func skip(_ range: Int) { next.update { $0 = max($0, range + 1) } }
        var position: Int { next.read { $0 } }
        func size(of range: Int) -> BatchSize { BatchSize(records: 1, bytes: 8) }
        func partitions(of range: Int) -> [BlockPartition] {
            [
                { push in
                    try push(TextBlock(Array("number \(range)\n".utf8)))
                }
            ]
        }
    }

    /// Runs a part of the job, and abandons it as a kill does.
    private func run(_ disk: SimulatedDisk, numbers: Int, from second: Int64, steps: Int, every interval: Duration)
        throws
    {
        let clock = ManualClock(at: BatchTime(milliseconds: second * 1000))
        var settings = StreamSettings()
        (settings.isStepped, settings.files) = (true, disk)
        let logger = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        let context = StreamingContext(
            Context(master: .local(threads: 1), appName: "replays", logger: logger), batchInterval: .seconds(1),
            settings: settings, clock: clock)
        var checkpoint = CheckpointSettings(directory: "state")
        checkpoint.interval = interval
        context.checkpoint(checkpoint)
        let sink = FileSink(directory: "out", format: .text, files: disk)
        let lines = context.replayableStream(Numbers(end: numbers), name: "numbers").named("numbers")
        lines.map { _ in ("all", 1) }.updateStateByKey { (new: [Int], sum: Int?) -> Int? in new.reduce(sum ?? 0, +) }
            .named("totals").save(to: sink, name: "totals", columns: ["key", "count"]) {
                [.text(Text($0.0)), .integer($0.1)]
            }
        try context.startBlocking()
        for _ in 0..<steps {
            clock.advance(by: .seconds(1))
            try context.step()
        }
    }

    /// The checkpoints of the second run know what comes in the log after them, and keep it.
    @Test(arguments: 1...6) func whatWasNotMadeAgainStaysInTheLog(steps: Int) throws {
        let disk = SimulatedDisk(seed: 1)
        try run(disk, numbers: 6, from: 10, steps: 6, every: .seconds(1000))
        try run(disk, numbers: 6, from: 20, steps: steps, every: .seconds(1))
        try run(disk, numbers: 6, from: 30, steps: 40, every: .seconds(1))
        let names = try disk.entries("out").map(\.name).filter { $0.hasPrefix("totals-") }.sorted()
        let counts = try names.map { String(decoding: try disk.read("out/\($0)"), as: UTF8.self) }
        #expect(counts.prefix(6) == (1...6).map { "all\t\($0)\n" }[...], "\(counts)")
        #expect(counts.allSatisfy { $0 == "all\t6\n" || counts.firstIndex(of: $0)! < 6 }, "\(counts)")
        #expect(counts.count >= 40, "\(names)")
    }
}
