import NIOCore
import NIOPosix
import Swiftwater

/// A proxy in front of a service, which a test takes away and gives back.
final class OutageProxy: Sendable {
    enum Mode { case passes, refuses, hangs, isUnavailable }

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener: any Channel
    private let mode = Monitor(Mode.passes)
    private let open = Monitor<[any Channel]>([])

    init(to port: Int) throws {
        let (mode, open) = (mode, open)
        listener = try ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { client in
                open.update { $0 = $0.filter { $0.isActive } + [client] }
                switch mode.read({ $0 }) {
                case .refuses: return client.close()
                case .hangs: return client.eventLoop.makeSucceededVoidFuture()
                case .isUnavailable:
                    return client.eventLoop.makeCompletedFuture {
                        try client.pipeline.syncOperations.addHandler(Unavailable())
                    }
                case .passes: break
                }
                return ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: port).flatMapThrowing {
                    service in
                    open.update { $0.append(service) }
                    try client.pipeline.syncOperations.addHandler(Passing(to: service))
                    try service.pipeline.syncOperations.addHandler(Passing(to: client))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    var port: Int { listener.localAddress!.port! }

    /// Changes what becomes of connections, and closes those that are open.
    func set(_ new: Mode) {
        mode.update { $0 = new }
        for channel in open.update({ channels in
            defer { channels = [] }
            return channels
        }) {
            channel.close(promise: nil)
        }
    }

    func stop() {
        try? listener.close().wait()
        try? group.syncShutdownGracefully()
    }

    private final class Passing: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        init(to other: any Channel) { self.other = other }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }
        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }

    private final class Unavailable: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let answer = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
    }
}
