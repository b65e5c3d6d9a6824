#if Server
    import NIOCore
    import NIOHTTP1
    import SwiftwaterCore

    /// What a connection may not do for long, and what HTTP/1 asks of a server beside requests and answers:
    ///
    /// - a body that has not come whole in time, and an answer that its client does not take, end the connection;
    /// - a client that asks before it sends a body (`Expect: 100-continue`) is told to, where the body is not too large;
    /// - a client of HTTP/1.0 that does not ask for more has its connection closed behind the answer.
    final class ConnectionRules: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        typealias OutboundIn = HTTPServerResponsePart
        typealias OutboundOut = HTTPServerResponsePart

        private let bodyTime: TimeAmount
        private let stuckTime: TimeAmount
        private let bodyMaxBytes: Int
        /// When the request began that is not here whole.
        private var requestBegin: NIODeadline?
        private var bodyTimer: Scheduled<Void>?
        private var stuckTimer: Scheduled<Void>?
        private var isLastAnswer = false

        init(_ settings: ServeSettings) {
            bodyTime = .milliseconds(settings.bodyTimeMax.wholeMilliseconds)
            stuckTime = .milliseconds(settings.stuckTimeMax.wholeMilliseconds)
            bodyMaxBytes = settings.bodyMaxBytes
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                requestBegin = .now()
                if head.version == .http1_0, !head.isKeepAlive { isLastAnswer = true }
                if isAsking(head) {
                    let answer = HTTPResponseHead(version: .http1_1, status: .continue)
                    context.writeAndFlush(wrapOutboundOut(.head(answer)), promise: nil)
                }
            case .body:
                // Most requests have none, and no timer.
                if bodyTimer == nil, let requestBegin {
                    bodyTimer = closing(context, at: requestBegin + bodyTime)
                }
            case .end:
                requestBegin = nil
                bodyTimer?.cancel()
                bodyTimer = nil
            }
            context.fireChannelRead(data)
        }

        private func isAsking(_ head: HTTPRequestHead) -> Bool {
            guard head.version == .http1_1, head.headers[canonicalForm: "expect"].contains("100-continue") else {
                return false
            }
            return head.headers.first(name: "content-length").flatMap { Int($0) }.map { $0 <= bodyMaxBytes } ?? true
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            stuckTimer?.cancel()
            stuckTimer = context.channel.isWritable ? nil : closing(context, at: .now() + stuckTime)
            context.fireChannelWritabilityChanged()
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            guard isLastAnswer, case .end = unwrapOutboundIn(data) else {
                return context.write(data, promise: promise)
            }
            let isWritten = promise ?? context.eventLoop.makePromise()
            let channel = context.channel
            isWritten.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.writeAndFlush(data, promise: isWritten)
        }

        func channelInactive(context: ChannelHandlerContext) {
            stopTimers()
            context.fireChannelInactive()
        }

        func handlerRemoved(context: ChannelHandlerContext) { stopTimers() }

        private func stopTimers() {
            bodyTimer?.cancel()
            stuckTimer?.cancel()
            (bodyTimer, stuckTimer) = (nil, nil)
        }

        private func closing(_ context: ChannelHandlerContext, at time: NIODeadline) -> Scheduled<Void> {
            let channel = context.channel
            return context.eventLoop.scheduleTask(deadline: time) { channel.close(promise: nil) }
        }
    }

    /// Puts the rules where HTTP's versions are still known, before the parts become Swift HTTP types. Itself it takes no part.
    final class ConnectionRulesInstaller: ChannelInboundHandler, RemovableChannelHandler, Sendable {
        typealias InboundIn = NIOAny

        private let settings: ServeSettings

        init(_ settings: ServeSettings) { self.settings = settings }

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            do {
                let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
                try pipeline.addHandler(ConnectionRules(settings), position: .after(decoder))
            } catch { preconditionFailure("a server's pipeline has a decoder of requests: \(error)") }
        }
    }
#endif
