#if Services
    import Foundation
    import NIOCore
    import NIOPosix
    import SwiftwaterCore

    /// A proxy for HTTP that connects its clients with others, as `CONNECT` asks.
    public final class ConnectProxy: Sendable {
        private struct State {
            var asked: [String] = []
            var channel: (any Channel)?
        }

        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        private let state = Monitor(State())

        /// Starts a proxy on a free port of the loopback.
        ///
        /// - Parameter login: the name and the password that clients must show, as `NAME:PASSWORD`.
        public init(login: String? = nil) throws {
            let state = state
            let channel = try ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            ConnectHandler(login: login) { place in state.update { $0.asked.append(place) } })
                    }
                }
                .bind(host: "127.0.0.1", port: 0).wait()
            state.update { $0.channel = channel }
        }

        /// The port.
        public var port: Int { state.read { $0.channel!.localAddress!.port! } }
        /// The hosts and ports that clients were connected with.
        public var asked: [String] { state.read { $0.asked } }

        /// Ends the proxy and its connections.
        public func stop() { try? group.syncShutdownGracefully() }
    }

    /// Reads what a client asks, and then passes bytes on.
    private final class ConnectHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let login: String?
        private let onConnect: (String) -> Void
        private var head = ByteBuffer()
        private var other: (any Channel)?

        init(login: String?, onConnect: @escaping (String) -> Void) {
            (self.login, self.onConnect) = (login, onConnect)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            if let other { return other.writeAndFlush(bytes, promise: nil) }
            head.writeBuffer(&bytes)
            let text = String(buffer: head)
            guard text.hasSuffix("\r\n\r\n") else { return }
            let lines = text.components(separatedBy: "\r\n")
            let words = lines[0].split(separator: " ")
            guard words.count == 3, words[0] == "CONNECT" else {
                return answer("400 Bad Request", context, thenCloses: true)
            }
            if let login {
                let shown = "Proxy-Authorization: Basic " + Data(login.utf8).base64EncodedString()
                guard lines.contains(where: { $0.lowercased() == shown.lowercased() }) else {
                    return answer("407 Proxy Authentication Required", context, thenCloses: true)
                }
            }
            connect(String(words[1]), context)
        }

        private func connect(_ place: String, _ context: ChannelHandlerContext) {
            let port = Int(place.split(separator: ":").last ?? "") ?? 0
            let client = context.channel
            let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            ClientBootstrap(group: context.eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(PassHandler(to: client))
                    }
                }
                .connect(host: String(place.dropLast(String(port).count + 1)), port: port)
                .hop(to: context.eventLoop)
                .whenComplete { result in
                    switch result {
                    case .success(let channel):
                        handler.value.other = channel
                        handler.value.onConnect(place)
                        handler.value.answer("200 Connection established", bound.value)
                    case .failure: handler.value.answer("502 Bad Gateway", bound.value, thenCloses: true)
                    }
                }
        }

        private func answer(_ status: String, _ context: ChannelHandlerContext, thenCloses: Bool = false) {
            let length = thenCloses ? "Content-Length: 0\r\n" : ""
            let bytes = ByteBuffer(string: "HTTP/1.1 \(status)\r\n\(length)\r\n")
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            if thenCloses { context.close(promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { other?.close(promise: nil) }
    }

    /// Passes bytes on to another connection.
    private final class PassHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let other: any Channel
        init(to other: any Channel) { self.other = other }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }
        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }
#endif
