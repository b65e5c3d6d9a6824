import NIOCore
import NIOPosix
import SwiftwaterCore

/// A proxy in front of a service that cuts its first connections after some bytes of answers.
final class CuttingProxy: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener: any Channel

    /// Listens on a port of its own.
    ///
    /// - Parameters:
    ///   - port: the port of the service.
    ///   - cuts: after how many bytes of answers a connection is cut, for the first ones of all.
    init(to port: Int, cuts: [Int]) throws {
        let left = Monitor(cuts)
        let group = group
        listener = try ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: port).flatMapThrowing {
                    service in
                    let cut = left.update { $0.isEmpty ? nil : $0.removeFirst() }
                    try client.pipeline.syncOperations.addHandler(Passing(to: service, cut: nil))
                    try service.pipeline.syncOperations.addHandler(Passing(to: client, cut: cut))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    var port: Int { listener.localAddress!.port! }

    func stop() {
        try? listener.close().wait()
        try? group.syncShutdownGracefully()
    }

    /// Passes on what it reads, and closes both ends after some bytes.
    private final class Passing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private var left: Int?

        init(to other: any Channel, cut: Int?) { (self.other, left) = (other, cut) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            guard let left else {
                other.writeAndFlush(bytes, promise: nil)
                return
            }
            let count = min(left, bytes.readableBytes)
            self.left = left - count
            let end = count < bytes.readableBytes || left == count
            other.writeAndFlush(bytes.readSlice(length: count)!).whenComplete { [other] _ in
                if end { other.close(promise: nil) }
            }
            if end { context.close(promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }
}
