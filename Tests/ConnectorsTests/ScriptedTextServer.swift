import NIOCore
import NIOPosix
import SwiftwaterCore

/// A TCP server that sends scripted text, each time to the next new connection.
final class ScriptedTextServer: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener: any Channel
    private let connections = Monitor<[any Channel]>([])

    init() throws {
        let connections = connections
        listener = try ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                connections.update { $0.append(channel) }
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    var port: Int { listener.localAddress!.port! }

    func sendToNext(_ text: String, ends: Bool) throws {
        // Skip connections whose client has stopped in the meantime.
        while true {
            let channel = connections.wait { $0.isEmpty ? nil : $0.removeFirst() }
            guard (try? channel.writeAndFlush(ByteBuffer(string: text)).wait()) != nil else { continue }
            if ends { try channel.close().wait() }
            return
        }
    }

    func stop() {
        for channel in connections.read({ $0 }) { try? channel.close().wait() }
        try? listener.close().wait()
        try? group.syncShutdownGracefully()
    }
}
