import Foundation
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming
import StreamingTestSupport
import TestSupport
import Testing

@Suite struct DirectorySourceTests {
    @Test func filesAreReadOnceInOrderOfTheirNames() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("old.txt", "old\n")
        let bench = Bench()
        let (batches, sizes) = (Collected<[String]>(), Collected<BatchSize>())
        bench.context.onBatchCompleted { sizes.append($0.size) }
        bench.context.textFileStream(directory: folder.path).forEachBatch { rdd, _ in
            batches.append(try rdd.collect().map { String($0) })
            // Lines that are read twice count once.
            _ = try rdd.count()
        }
        try await bench.context.start()
        func batch() {
            bench.clock.advance(by: .seconds(1))
            bench.context.waitUntilCompleted(bench.clock.now())
        }
        batch()
        try folder.write("b.txt", "b1\nb2")
        try folder.write("a.txt", "a1\n")
        try folder.write("_hidden", "no\n")
        try folder.write("half.tmp", "no\n")
        batch()
        batch()
        #expect(batches.all == [[], ["a1", "b1", "b2"], []])
        #expect(sizes.all == [BatchSize(), BatchSize(records: 3, bytes: 8), BatchSize()])
        try await bench.context.stop()
    }

    @Test func aMissingDirectoryIsAnErrorAtStart() async throws {
        let bench = Bench()
        bench.context.textFileStream(directory: "/no/such/directory").print()
        let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.start() }
        #expect(error?.code == .notFound)
    }
}

/// A receiver that delivers text when the test tells it to.
final class ScriptedReceiver: TextReceiver {
    private let store = Monitor<ReceiverStore?>(nil)
    func start(into store: ReceiverStore) { self.store.update { $0 = store } }
    func stop() {}
    func deliver(_ text: String) { Array(text.utf8).withUnsafeBytes { _ = store.read { $0! }.store($0) } }
}

@Suite struct ReceiverWindowTests {
    /// Each batch holds what arrived in its interval, whenever a window asks for it: with slides longer than the batch
    /// interval, through operators, and with windows over windows.
    @Test(arguments: [(2, 3), (4, 2), (1, 2), (5, 4), (3, 1)])
    func windowsOverAReceiverEqualThoseOverAQueue(length: Int, slide: Int) async throws {
        func windows(of stream: DStream<Text>) -> Collected<[String]> {
            let found = Collected<[String]>()
            stream.map { $0 }.window(.seconds(length), slide: .seconds(slide))
                .window(.seconds(2 * slide), slide: .seconds(slide)).filter { _ in true }
                .forEachBatch { rdd, _ in found.append(try rdd.collect().map { String($0) }) }
            return found
        }
        let texts = (0..<12).map { "batch \($0) with more than fifteen bytes" }
        let queue = Bench()
        let expected = windows(of: queue.context.queueStream(texts.map { [Text($0)] }))
        try await queue.run(batches: 12)

        let bench = Bench()
        let receiver = ScriptedReceiver()
        let found = windows(of: bench.context.receiverStream(receiver))
        try await bench.context.start()
        for text in texts {
            receiver.deliver(text + "\n")
            bench.clock.advance(by: .seconds(1))
            bench.context.waitUntilCompleted(bench.clock.now())
        }
        try await bench.context.stop()
        #expect(found.all == expected.all)
        #expect(found.all.count == 12 / slide)
    }
}

@Suite struct StoppingTests {
    /// A stop is never lost between the generator's check of the phase and its wait.
    @Test func stoppingAlwaysWakesTheGenerator() async throws {
        for _ in 0..<300 {
            let bench = Bench()
            bench.context.queueStream([[1]]).print()
            try await bench.context.start()
            try await bench.context.stop()
        }
    }

    /// An output that holds its own context, to stop it or to read its zero time, keeps it alive only until it has
    /// stopped.
    @Test(arguments: [false, true]) func outputsMayHoldTheirContext(isStepped: Bool) async throws {
        final class WeakBox: @unchecked Sendable { weak var context: StreamingContext? }
        let box = WeakBox()
        func run() async throws {
            let bench = Bench { $0.isStepped = isStepped }
            let context = bench.context
            box.context = context
            context.queueStream([[1, 2]]).window(.seconds(2)).forEachBatch { rdd, _ in
                _ = try rdd.count()
                context.requestStop(gracefully: true)
            }
            try await context.start()
            bench.clock.advance(by: .seconds(1))
            if isStepped { try context.step() } else { try await context.awaitTermination() }
            let again = await #expect(throws: SwiftwaterError.self) { try await context.start() }
            #expect(again?.message.contains("was already started") == true)
        }
        try await run()
        // The thread of the last batch may be about to end.
        let begin = SystemClock().elapsed()
        while box.context != nil, SystemClock().elapsed() - begin < .seconds(30) { await Task.yield() }
        #expect(box.context == nil)
    }

    @Test func whoAwaitsAContextThatNeverStartsIsTold() async throws {
        let bench = Bench()
        bench.context.textFileStream(directory: "/no/such/directory").print()
        let end = Task { try await bench.context.awaitTermination() }
        await #expect(throws: SwiftwaterError.self) { try await bench.context.start() }
        await #expect(throws: SwiftwaterError.self) { try await end.value }
    }
}

@Suite struct ReconnectPolicyTests {
    @Test func backOffDoublesToItsLimit() {
        let policy = ReconnectPolicy()
        #expect(
            (0..<9).map { policy.delay(afterFailures: $0).wholeMilliseconds } == [
                0, 250, 500, 1000, 2000, 4000, 8000, 16000, 16000,
            ])
        #expect(policy.delay(afterFailures: 1_000_000) == .seconds(16))
    }
}

@Suite struct StopTests {
    /// A graceful stop that would take too long leaves what waits to the log, and loses nothing.
    @Test func aStopHasALimit() async throws {
        let folder = try TemporaryDirectory()
        let gate = Monitor(false)
        let seen = Collected<String>()
        func make(_ settings: StreamSettings, waits: Bool) -> (Bench, ScriptedReceiver) {
            let bench = Bench { $0 = settings }
            bench.context.checkpoint(folder.path)
            let receiver = ScriptedReceiver()
            bench.context.receiverStream(receiver).named("lines").forEachBatch(name: "out") { rdd, _ in
                if waits { gate.wait { $0 ? () : nil } }
                for line in try rdd.collect() { seen.append(String(line)) }
            }
            return (bench, receiver)
        }
        let (bench, receiver) = make(StreamSettings(stopMax: .milliseconds(30)), waits: true)
        try await bench.context.start()
        for number in 0..<5 {
            receiver.deliver("line \(number)\n")
            bench.clock.advance(by: .seconds(1))
        }
        // The first batch does not end. It is waited for a little longer than for the others.
        let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.stop(gracefully: true) }
        #expect(error?.code == .limitExceeded)
        gate.update { $0 = true }
        // Its directory is free when it has ended.
        var again = make(StreamSettings(), waits: false).0
        for _ in 0..<500 {
            again.clock.set(to: bench.clock.now())
            do {
                try await again.context.start()
                break
            } catch {
                try await Task.sleep(for: .milliseconds(10))
                again = make(StreamSettings(), waits: false).0
            }
        }
        again.clock.advance(by: .seconds(1))
        again.context.waitUntilCompleted(again.clock.now())
        try await again.context.stop(gracefully: true)
        #expect(Set(seen.all) == Set((0..<5).map { "line \($0)" }))
    }
}
