import NIOCore
import NIOPosix
import SwiftwaterConnectors
import SwiftwaterCore
import TestSupport
import Testing

@Suite struct TextServerTests {
    /// A client that collects what it reads.
    final class Client: ChannelInboundHandler, @unchecked Sendable {
        typealias InboundIn = ByteBuffer
        let received = Monitor((bytes: [UInt8](), isClosed: false))
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            received.update { $0.bytes.append(contentsOf: buffer.readableBytesView) }
        }
        func channelInactive(context: ChannelHandlerContext) { received.update { $0.isClosed = true } }
    }

    private func connect(_ group: any EventLoopGroup, port: Int, reads: Bool = true) throws -> (any Channel, Client) {
        let client = Client()
        let channel = try ClientBootstrap(group: group).channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(client) }
            }.connect(host: "127.0.0.1", port: port).wait()
        return (channel, client)
    }

    private func settings(_ change: (inout TextServer.Settings) -> Void = { _ in }) -> TextServer.Settings {
        var settings = TextServer.Settings()
        settings.port = 0
        change(&settings)
        return settings
    }

    @Test func everyClientGetsEverythingAndAConnectionThatEndsClosesIt() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let server = try TextServer(settings())
        let clients = try (0..<3).map { _ in try connect(group, port: server.port).1 }
        server.waitForClients(3)
        var sent: [UInt8] = []
        for number in 0..<2000 {
            let line = Array("post number \(number)\n".utf8)
            sent += line
            server.send(line)
        }
        server.close()
        for client in clients {
            let bytes = client.received.wait(atMost: .seconds(30)) { $0.isClosed ? $0.bytes : nil }
            #expect(bytes == sent)
        }
        #expect(server.missedSends == 0)
    }

    /// A client that reads nothing misses text; the other receives everything, and sending continues.
    @Test func aSlowClientNeverBlocksTheOthers() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let server = try TextServer(settings())
        let (slow, _) = try connect(group, port: server.port, reads: false)
        let fast = try connect(group, port: server.port).1
        server.waitForClients(2)
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 65535) + [0x0A]
        for _ in 0..<800 { server.send(chunk) }
        let total = fast.received.wait(atMost: .seconds(60)) { $0.bytes.count == 800 * 65536 ? $0.bytes.count : nil }
        #expect(total == 800 * 65536)
        #expect(server.missedSends > 0)
        try slow.close().wait()
        server.close(patience: .seconds(1))
    }

    @Test func aPortInUseIsSaid() throws {
        let server = try TextServer(settings())
        let error = #expect(throws: SwiftwaterError.self) { try TextServer(settings { $0.port = server.port }) }
        #expect(error?.code == .network)
        #expect(error?.description.contains("the port is in use") == true)
        #expect(error?.setting == .port)
        server.close()
    }

    @Test func closingTwiceIsClosingOnce() async throws {
        let server = try TextServer(settings())
        async let other: Void = server.close()
        server.close()
        await other
        server.close()
        #expect(server.clientCount == 0)
    }

    @Test func withoutClientsSendingDoesNotWait() throws {
        let server = try TextServer(settings())
        server.send(Array("nobody\n".utf8))
        #expect(server.clientCount == 0)
        server.close()
    }
}
