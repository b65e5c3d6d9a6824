import Foundation
import NIOCore
import NIOPosix
import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStreaming
import TestSupport
import Testing

/// A TCP server that says what it is told to the connections it gets.
final class ScriptedServer: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener: any Channel
    let connections = Collected<any Channel>()

    init(port: Int = 0) throws {
        let connections = connections
        listener = try ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                connections.append(channel)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: port).wait()
    }

    var port: Int { listener.localAddress!.port! }

    func say(_ bytes: [UInt8], to connection: Int, close: Bool = false) throws {
        let channel = connections.wait(for: connection + 1)[connection]
        try channel.writeAndFlush(ByteBuffer(bytes: bytes)).wait()
        if close { try channel.close().wait() }
    }

    func stop() {
        for channel in connections.all { try? channel.close().wait() }
        try? listener.close().wait()
        try? group.syncShutdownGracefully()
    }
}

@Suite struct SocketSourceTests {
    private func collectLines(_ bench: Bench, port: Int) -> Collected<String> {
        let lines = Collected<String>()
        bench.context.socketTextStream(host: "127.0.0.1", port: port).forEachBatch { rdd, _ in
            for line in try rdd.collect() { lines.append(String(line)) }
        }
        return lines
    }

    /// Moves the clock until the lines are there: each batch takes what has arrived.
    private func advance(_ bench: Bench, until lines: Collected<String>, count: Int) {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while lines.all.count < count && clock.now < deadline {
            bench.clock.advance(by: .seconds(1))
            bench.context.waitUntilCompleted(bench.clock.now())
        }
    }

    @Test func linesArriveAndAClosedPeersLastLineIsDelivered() async throws {
        let server = try ScriptedServer()
        let bench = Bench()
        let lines = collectLines(bench, port: server.port)
        try await bench.context.start()
        try server.say(Array("first\r\n\nsecond line\nnot ended".utf8), to: 0, close: true)
        advance(bench, until: lines, count: 4)
        #expect(lines.all == ["first", "", "second line", "not ended"])
        // The source connects again and goes on.
        try server.say(Array("again\n".utf8), to: 1)
        advance(bench, until: lines, count: 5)
        #expect(lines.all.last == "again")
        await bench.context.stop()
        server.stop()
    }

    @Test func hostileBytesGoThrough() async throws {
        let server = try ScriptedServer()
        let bench = Bench()
        let lines = collectLines(bench, port: server.port)
        try await bench.context.start()
        let huge = [UInt8](repeating: UInt8(ascii: "x"), count: 10 << 20)
        try server.say(
            [0x61, 0xFF, 0xFE, 0xC3, 0x0A, 0x6E, 0x00, 0x75, 0x0A] + huge + [0x0A] + Array("after\n".utf8), to: 0)
        advance(bench, until: lines, count: 3)
        // Invalid UTF-8 becomes U+FFFD, NUL is kept, a line of 10 MB is above the limit: dropped, counted, and the next comes.
        #expect(lines.all == ["a\u{FFFD}\u{FFFD}\u{FFFD}", "n\u{0}u", "after"])
        await bench.context.stop()
        server.stop()
    }

    @Test func aGracefulStopFinishesWhatWasReceived() async throws {
        let server = try ScriptedServer()
        let bench = Bench()
        let lines = collectLines(bench, port: server.port)
        try await bench.context.start()
        let text = (0..<50_000).map { "line \($0)" }.joined(separator: "\n")
        try server.say(Array(text.utf8), to: 0)
        // One batch proves that the first bytes are there; the rest of what the connection holds comes with the stop.
        advance(bench, until: lines, count: 1)
        await bench.context.stop(gracefully: true)
        #expect(lines.all == (0..<lines.all.count).map { "line \($0)" }.prefix(lines.all.count - 1) + [lines.all.last!])
        #expect("line \(lines.all.count - 1)".hasPrefix(lines.all.last!))
        server.stop()
    }

    @Test func backOffDoublesToItsLimit() {
        let policy = ReconnectPolicy()
        #expect(
            (0..<9).map { policy.delay(afterFailures: $0).wholeMilliseconds } == [
                0, 250, 500, 1000, 2000, 4000, 8000, 16000, 16000,
            ])
        #expect(policy.delay(afterFailures: 1_000_000) == .seconds(16))
    }
}

@Suite struct DirectorySourceTests {
    @Test func filesAreReadOnceInOrderOfTheirNames() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("old.txt", "old\n")
        let bench = Bench()
        let batches = Collected<[String]>()
        bench.context.textFileStream(directory: folder.path).forEachBatch { rdd, _ in
            batches.append(try rdd.collect().map { String($0) })
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
        await bench.context.stop()
    }

    @Test func aMissingDirectoryIsAnErrorAtStart() async throws {
        let bench = Bench()
        bench.context.textFileStream(directory: "/no/such/directory").print()
        let error = await #expect(throws: SwiftwaterError.self) { try await bench.context.start() }
        #expect(error?.code == .notFound)
    }
}

/// A receiver that delivers what the test says, when it says so.
final class ScriptedReceiver: TextReceiver {
    private let store = Monitor<ReceiverStore?>(nil)
    func start(into store: ReceiverStore) { self.store.update { $0 = store } }
    func stop() {}
    func deliver(_ text: String) { Array(text.utf8).withUnsafeBytes { _ = store.read { $0! }.store($0) } }
}

@Suite struct ReceiverWindowTests {
    /// Windows over what arrives, with slides above the batch interval, through operators and over other windows: each batch
    /// holds what arrived in its interval, whenever a window asks for it.
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
        await bench.context.stop()
        #expect(found.all == expected.all)
        #expect(found.all.count == 12 / slide)
    }
}

@Suite struct StoppingTests {
    /// A stop never falls between the generator's look at the phase and its wait.
    @Test func stoppingAlwaysWakesTheGenerator() async throws {
        for _ in 0..<300 {
            let bench = Bench()
            bench.context.queueStream([[1]]).print()
            try await bench.context.start()
            await bench.context.stop()
        }
    }

    /// An output that holds its own context, to stop it or to ask for its zero time, keeps it alive only until it has stopped.
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
            #expect(again?.message.contains("was started before") == true)
        }
        try await run()
        #expect(box.context == nil)
    }

    @Test func whoAwaitsAContextThatNeverStartsIsTold() async throws {
        let bench = Bench()
        bench.context.textFileStream(directory: "/no/such/directory").print()
        let end = Task { try await bench.context.awaitTermination() }
        await #expect(throws: SwiftwaterError.self) { try await bench.context.start() }
        await #expect(throws: SwiftwaterError.self) { try await end.value }
    }

    /// A server that accepts and closes at once is tried with growing delays, not in a loop.
    @Test func aServerThatOnlyAcceptsIsNotHammered() async throws {
        let server = try ScriptedServer()
        let bench = Bench()
        bench.context.socketTextStream(host: "127.0.0.1", port: server.port).print()
        let clock = ContinuousClock()
        let start = clock.now
        try await bench.context.start()
        for connection in 0..<4 { try await server.connections.wait(for: connection + 1)[connection].close().get() }
        // The fourth connection comes after delays of 0, 250 and 500 ms.
        #expect(clock.now - start >= .milliseconds(740))
        await bench.context.stop()
        server.stop()
    }
}
