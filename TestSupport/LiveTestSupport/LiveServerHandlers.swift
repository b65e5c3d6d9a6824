#if Services
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOWebSocket
    import SwiftwaterCore

    /// Does what a test says on a WebSocket.
    enum LiveServerActs {
        /// The messages that are written before the last ones have left.
        private static let ahead = 1000

        static func run(_ acts: [LiveServer.Act], on channel: any Channel) {
            channel.eventLoop.execute { run(acts[...], on: channel) }
        }

        private static func run(_ acts: ArraySlice<LiveServer.Act>, on channel: any Channel) {
            guard channel.isActive else { return }
            var rest = acts
            for _ in 0..<ahead {
                guard let act = rest.popFirst() else { break }
                if case .pause(let length) = act {
                    channel.flush()
                    channel.eventLoop.scheduleTask(in: .milliseconds(length.wholeMilliseconds)) { [rest] in
                        run(rest, on: channel)
                    }
                    return
                }
                perform(act, on: channel)
            }
            let written = channel.eventLoop.makePromise(of: Void.self)
            channel.writeAndFlush(frame(.pong, ""), promise: written)
            if !rest.isEmpty { written.futureResult.whenSuccess { [rest] in run(rest, on: channel) } }
        }

        private static func perform(_ act: LiveServer.Act, on channel: any Channel) {
            switch act {
            case .text(let text): channel.write(frame(.text, text), promise: nil)
            case .pieces(let pieces):
                for (index, piece) in pieces.enumerated() {
                    channel.write(
                        frame(index == 0 ? .text : .continuation, piece, fin: index == pieces.count - 1), promise: nil)
                }
            case .ping: channel.write(frame(.ping, "are you there"), promise: nil)
            case .bytes(let bytes):
                channel.flush()
                // Past the encoder of frames.
                let context = try? channel.pipeline.syncOperations.context(handlerType: LiveServerRawHandler.self)
                context?.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
            case .pause: break
            case .close(let code):
                var reason = ByteBuffer()
                reason.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: code))
                channel.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: reason), promise: nil)
            case .cut:
                // Once the client has what stands before the cut. One that is cut off while it still changes the
                // protocol drops what came with the answer.
                let handler = try? channel.pipeline.syncOperations.handler(type: LiveServerFrameHandler.self)
                handler?.endsWithPong = true
                channel.write(frame(.ping, "the last"), promise: nil)
            }
        }

        private static func frame(_ opcode: WebSocketOpcode, _ text: String, fin: Bool = true) -> WebSocketFrame {
            WebSocketFrame(fin: fin, opcode: opcode, data: ByteBuffer(string: text))
        }
    }

    /// Where bytes are written that are not frames.
    final class LiveServerRawHandler: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
    }

    /// Begins what a test says, and counts pongs.
    final class LiveServerFrameHandler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        typealias OutboundOut = WebSocketFrame

        private let acts: [LiveServer.Act]
        private let onPong: () -> Void
        /// Whether the next pong ends the connection.
        var endsWithPong = false

        init(acts: [LiveServer.Act], onPong: @escaping () -> Void) { (self.acts, self.onPong) = (acts, onPong) }

        func handlerAdded(context: ChannelHandlerContext) {
            LiveServerActs.run(acts, on: context.channel)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            switch frame.opcode {
            case .pong:
                onPong()
                if endsWithPong { context.close(promise: nil) }
            case .connectionClose: context.close(promise: nil)
            default: break
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Answers what is not a WebSocket.
    final class LiveServerPlainHandler: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let decide: @Sendable (HTTPRequestHead, String) -> LiveServer.Answer
        private var head: HTTPRequestHead?
        private var body = ""
        /// What was decided when an upgrade was asked for. Used on the connection's thread only.
        var decided: LiveServer.Answer?

        init(decide: @escaping @Sendable (HTTPRequestHead, String) -> LiveServer.Answer) { self.decide = decide }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let new): (head, body) = (new, "")
            case .body(let bytes): body += String(buffer: bytes)
            case .end: if let head { answer(decided ?? decide(head, body), context) }
            }
        }

        private func answer(_ answer: LiveServer.Answer, _ context: ChannelHandlerContext) {
            switch answer {
            case .webSocket: context.close(promise: nil)
            case .refusal(let status, let headers, let body):
                var fields = HTTPHeaders(headers)
                fields.add(name: "Content-Length", value: "\(body.utf8.count)")
                let head = HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .stream(let acts):
                let head = HTTPResponseHead(
                    version: .http1_1, status: .ok,
                    headers: ["Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"])
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
                for act in acts { perform(act, context) }
            }
        }

        private func perform(_ act: LiveServer.Act, _ context: ChannelHandlerContext) {
            func write(_ bytes: ByteBuffer) {
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
            }
            switch act {
            case .text(let text): write(ByteBuffer(string: text))
            case .pieces(let pieces): for piece in pieces { write(ByteBuffer(string: piece)) }
            case .bytes(let bytes): write(ByteBuffer(bytes: bytes))
            case .ping: write(ByteBuffer(string: ":\n"))
            case .pause: break
            case .close: context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            case .cut:
                let channel = context.channel
                let part = wrapOutboundOut(.body(.byteBuffer(ByteBuffer())))
                context.writeAndFlush(part).whenComplete { _ in channel.close(promise: nil) }
            }
        }
    }
#endif
