#if Services
    import NIOCore
    import NIOWebSocket

    /// Hands over the messages of a WebSocket, answers pings, and reads on only when it is told to.
    final class WebSocketMessageHandler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        typealias OutboundOut = WebSocketFrame

        private let on: @Sendable (LiveEvent) -> Bool
        private let end: (WebSocketConnection.End) -> Void

        init(on: @escaping @Sendable (LiveEvent) -> Bool, end: @escaping (WebSocketConnection.End) -> Void) {
            (self.on, self.end) = (on, end)
        }

        /// Returns a frame as clients send it, masked.
        static func frame(_ opcode: WebSocketOpcode, _ data: ByteBuffer) -> WebSocketFrame {
            WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        }

        func handlerAdded(context: ChannelHandlerContext) {
            try? context.channel.syncOptions?.setOption(.autoRead, value: false)
            try? context.channel.syncOptions?.setOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65536, maximum: 1 << 20))
            _ = on(.opened)
            context.read()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
                end(.closed("the server broke the rules of WebSockets: it set bits that are reserved"))
                return context.close(promise: nil)
            }
            switch frame.opcode {
            case .text, .binary: frame.unmaskedData.withUnsafeReadableBytes { _ = on(.bytes($0)) }
            case .ping:
                _ = on(.heard)
                context.writeAndFlush(
                    wrapOutboundOut(WebSocketMessageHandler.frame(.pong, frame.unmaskedData)), promise: nil)
            case .connectionClose:
                var reason = frame.unmaskedData
                let code = reason.readWebSocketErrorCode()
                let words = reason.readString(length: reason.readableBytes) ?? ""
                end(.closed("the server closed the connection" + WebSocketMessageHandler.words(code, words)))
                context.writeAndFlush(
                    wrapOutboundOut(WebSocketMessageHandler.frame(.connectionClose, frame.unmaskedData)), promise: nil)
                context.close(promise: nil)
            default: _ = on(.heard)
            }
        }

        private static func words(_ code: WebSocketErrorCode?, _ words: String) -> String {
            guard let code else { return "" }
            return " (\(UInt16(webSocketErrorCode: code))\(words.isEmpty ? "" : ": " + words.prefix(200)))"
        }

        func channelReadComplete(context: ChannelHandlerContext) { if on(.paused) { context.read() } }

        func channelInactive(context: ChannelHandlerContext) { end(.closed("the connection was closed")) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            let words =
                switch error {
                case NIOWebSocketError.invalidFrameLength,
                    NIOWebSocketFrameAggregator.Error.accumulatedFrameSizeIsTooLarge:
                    "the server sent a message of more than \(WebSocketConnection.messageMaxBytes) bytes"
                case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error:
                    "the server broke the rules of WebSockets: \(error)"
                default: ConnectionFailure.words(error)
                }
            end(.closed(words))
            context.close(promise: nil)
        }
    }
#endif
