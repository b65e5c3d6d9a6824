import SwiftwaterCore
import SwiftwaterStreaming
import StreamingTestSupport
import TestSupport
import Testing

/// Lines of live services, which are known by their keys.
@Suite struct KeyedLinesTests {
    /// A receiver that stores keyed lines when the test tells it to.
    private final class Keyed: TextReceiver {
        private let store = Monitor<ReceiverStore?>(nil)
        func start(into store: ReceiverStore) { self.store.update { $0 = store } }
        func stop() {}
        var position: UInt64 { store.read { $0!.lastPosition(of: "live") } }

        /// Stores lines whose keys are their numbers, and returns how many were known.
        func deliver(_ numbers: [Int], position: UInt64, keeping span: UInt64 = 1000) -> Int {
            var lines = KeyedLines()
            for number in numbers {
                Array("line \(number)".utf8).withUnsafeBytes { lines.append($0, key: UInt64(number)) }
            }
            lines.position = position
            return store.read { $0!.store(lines, from: "live", keeping: span) }
        }

        func fail() { store.read { $0!.fail(SwiftwaterError(.denied, "no token")) } }
    }

    /// Runs a stream with a checkpoint for a number of batches, and returns its lines.
    private func run(
        _ folder: TemporaryDirectory?, at clock: ManualClock, _ body: (Keyed, () -> Void) throws -> Void
    ) async throws -> [String] {
        let bench = Bench(clock: clock)
        if let folder {
            var settings = CheckpointSettings(directory: folder.file("state"))
            settings.interval = .seconds(2)
            bench.context.checkpoint(settings)
        }
        let receiver = Keyed()
        let lines = Collected<String>()
        bench.context.receiverStream(receiver, name: "live").named("live").forEachBatch(name: "lines") { rdd, _ in
            for line in try rdd.collect() { lines.append(String(line)) }
        }
        try await bench.context.start()
        try body(receiver) {
            clock.advance(by: .seconds(1))
            bench.context.waitUntilCompleted(clock.now())
        }
        try await bench.context.stop()
        return lines.all
    }

    @Test func aKnownLineIsLeftOut() async throws {
        let clock = ManualClock(at: BatchTime(milliseconds: 10_000))
        let lines = try await run(nil, at: clock) { receiver, batch in
            #expect(receiver.deliver([1, 2, 1, 3], position: 100) == 1)
            #expect(receiver.deliver([3, 4], position: 90) == 1)
            #expect(receiver.position == 100)
            batch()
            #expect(receiver.deliver([2, 3, 4], position: 110) == 3)
            #expect(receiver.deliver([5], position: 120) == 0)
            // After the span, a key is forgotten.
            #expect(receiver.deliver([6], position: 1_500) == 0)
            #expect(receiver.deliver([1], position: 1_500) == 0)
            batch()
        }
        let numbers = [1, 2, 3, 4, 5, 6, 1]
        #expect(lines == numbers.map { "line \($0)" })
    }

    /// Keys and the position are there after a restart: those of the checkpoint, and those of the log since then.
    @Test func keysSurviveARestart() async throws {
        let folder = try TemporaryDirectory()
        let clock = ManualClock(at: BatchTime(milliseconds: 10_000))
        var lines = try await run(folder, at: clock) { receiver, batch in
            for number in 0..<7 {
                #expect(receiver.deliver([number, 100 + number], position: UInt64(100 + number)) == 0)
                batch()
            }
            #expect(receiver.deliver([50], position: 120) == 0)
        }
        lines += try await run(folder, at: clock) { receiver, batch in
            #expect(receiver.position == 120)
            #expect(receiver.deliver(Array(0..<7) + Array(100..<107) + [50, 51], position: 121) == 15)
            batch()
        }
        let numbers = (0..<7).flatMap { [$0, 100 + $0] } + [50, 51]
        #expect(lines == numbers.map { "line \($0)" })
    }

    @Test func aFailedSourceEndsTheStream() async throws {
        let clock = ManualClock(at: BatchTime(milliseconds: 10_000))
        let bench = Bench(clock: clock)
        let receiver = Keyed()
        bench.context.receiverStream(receiver, name: "live").print()
        try await bench.context.start()
        receiver.fail()
        clock.advance(by: .seconds(1))
        let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.awaitTermination() }
        #expect(error?.message.contains("no token") == true, "\(error!)")
    }
}
