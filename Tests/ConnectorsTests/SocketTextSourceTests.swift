import NIOCore
import NIOPosix
import StreamingTestSupport
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

/// A TCP server that sends scripted bytes to its connections.
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

    /// Moves the clock until `count` lines are there; each batch takes what has arrived.
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
        // The source reconnects and continues.
        try server.say(Array("again\n".utf8), to: 1)
        advance(bench, until: lines, count: 5)
        #expect(lines.all.last == "again")
        try await bench.context.stop()
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
        // Invalid UTF-8 becomes U+FFFD. NUL is kept. A line of 10 MB exceeds the limit: it is dropped, and the next
        // line is read.
        #expect(lines.all == ["a\u{FFFD}\u{FFFD}\u{FFFD}", "n\u{0}u", "after"])
        try await bench.context.stop()
        server.stop()
    }

    @Test func aGracefulStopFinishesWhatWasReceived() async throws {
        let server = try ScriptedServer()
        let bench = Bench()
        let lines = collectLines(bench, port: server.port)
        try await bench.context.start()
        let text = (0..<50_000).map { "line \($0)" }.joined(separator: "\n")
        try server.say(Array(text.utf8), to: 0)
        // One batch proves that the first bytes have arrived; the stop delivers the rest of what the connection holds.
        advance(bench, until: lines, count: 1)
        try await bench.context.stop(gracefully: true)
        #expect(lines.all == (0..<lines.all.count).map { "line \($0)" }.prefix(lines.all.count - 1) + [lines.all.last!])
        #expect("line \(lines.all.count - 1)".hasPrefix(lines.all.last!))
        server.stop()
    }

    /// A server that accepts connections and closes them at once is retried with growing delays, not in a tight loop.
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
        try await bench.context.stop()
        server.stop()
    }

    /// An address that can never work is an error at the start, and not tried for ever.
    @Test(arguments: [("127.0.0.1", 99999), ("127.0.0.1", 0), ("127.0.0.1", -1), ("", 7773)])
    func anAddressThatCannotBeIsRefused(host: String, port: Int) async throws {
        let context = StreamingContext(master: "local", appName: "test", batchInterval: .seconds(1))
        context.socketTextStream(host: host, port: port).print()
        let error = await #expect(throws: SwiftwaterError.self) { try await context.start() }
        #expect(error?.code == .invalidArgument && error?.message.contains("\(host):\(port)") == true, "\(error!)")
        let acknowledged = StreamingContext(master: "local", appName: "test", batchInterval: .seconds(1))
        acknowledged.acknowledgedTextStream(host: host, port: port).print()
        await #expect(throws: SwiftwaterError.self) { try await acknowledged.start() }
    }
}
