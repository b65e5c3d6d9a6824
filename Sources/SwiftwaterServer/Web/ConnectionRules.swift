#if Server
    import NIOCore
    import NIOHTTP1
    import SwiftwaterCore

    /// The time limits of a connection, and what HTTP/1 requires of a server beside requests and responses.
    ///
    /// - A client has at most its share of the connections.
    /// - A connection is closed if it has no request, if a request's body does not arrive in time, or if its client
    ///   does not read the response. The time without a request begins when the system has taken the last response, not
    ///   when the response was made, so that a slow client has its time.
    /// - A client that asks before it sends a body (`Expect: 100-continue`) is told to continue, unless the body is too
    ///   large.
    /// - The connection is closed after the response to a request that says it is the last, or to one of HTTP/1.0. For
    ///   HTTP/1.0, that marks the end of a response of unknown length.
    final class ConnectionRules: ChannelDuplexHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias InboundOut = HTTPServerRequestPart
        typealias OutboundIn = HTTPServerResponsePart
        typealias OutboundOut = HTTPServerResponsePart

        /// The field in which the number of Host fields is passed on, if there are several.
        static let hostsField = "swiftwater-hosts"

        private let idleTime: TimeAmount
        private let bodyTime: TimeAmount
        private let stuckTime: TimeAmount
        private let bodyMaxBytes: Int
        /// When the last response was written or the connection was made; nil while there is a request.
        private var idleSince: NIODeadline?
        private var idleTimer: Scheduled<Void>?
        private var bodyTimer: Scheduled<Void>?
        private var stuckTimer: Scheduled<Void>?
        /// The unsent bytes when the timer began.
        private var stuckBytes = 0
        private var (requests, answers) = (0, 0)
        private var last: (request: Int, isOld: Bool)?
        private let connections: ClientConnections
        private var connection: ClientConnections.Connection?

        init(_ settings: ServeSettings, _ connections: ClientConnections) {
            self.connections = connections
            idleTime = .milliseconds(settings.idleTimeout.wholeMilliseconds)
            bodyTime = .milliseconds(settings.bodyTimeMax.wholeMilliseconds)
            stuckTime = .milliseconds(settings.stuckTimeMax.wholeMilliseconds)
            bodyMaxBytes = settings.bodyMaxBytes
        }

        func handlerAdded(context: ChannelHandlerContext) {
            #if os(Linux)
                // TCP_NOTSENT_LOWAT, tcp(7): the socket becomes writable when most of its data has been sent, not a
                // third of some megabytes. This shows how fast a slow client reads.
                let option = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 25))
                context.channel.setOption(option, value: 32 << 10).whenFailure { _ in }
            #endif
        }

        func channelActive(context: ChannelHandlerContext) {
            guard let connection = connections.admit(context.channel) else {
                context.close(promise: nil)
                return
            }
            self.connection = connection
            idleSince = .now()
            watchIdle(context)
            context.fireChannelActive()
        }

        /// Schedules the idle check: one timer for all requests, which looks at when the last response was.
        private func watchIdle(_ context: ChannelHandlerContext) {
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            idleTimer = context.eventLoop.scheduleTask(deadline: (idleSince ?? .now()) + idleTime) {
                let (rules, context) = bound.value
                if let since = rules.idleSince, since + rules.idleTime <= .now() {
                    context.channel.close(promise: nil)
                } else {
                    rules.watchIdle(context)
                }
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(var head):
                idleSince = nil
                connection?.set(isIdle: false)
                requests += 1
                let isOld = head.version == .http1_0
                if last == nil, isOld || !head.isKeepAlive { last = (requests, isOld) }
                // Most requests have no body and need no timer.
                if head.headers.contains(name: "content-length") || head.headers.contains(name: "transfer-encoding") {
                    bodyTimer = closing(context, at: .now() + bodyTime)
                }
                if requests == answers + 1, isAsking(head) {
                    let answer = HTTPResponseHead(version: .http1_1, status: .continue)
                    context.writeAndFlush(wrapOutboundOut(.head(answer)), promise: nil)
                }
                // Later, only the first one is known. Which of them a proxy looked at is not.
                head.headers.remove(name: Self.hostsField)
                let hosts = head.headers[canonicalForm: "host"].count
                if hosts > 1 { head.headers.add(name: Self.hostsField, value: "\(hosts)") }
                context.fireChannelRead(wrapInboundOut(.head(head)))
                return
            case .body: break
            case .end:
                bodyTimer?.cancel()
                bodyTimer = nil
            }
            context.fireChannelRead(data)
        }

        private func isAsking(_ head: HTTPRequestHead) -> Bool {
            guard head.version == .http1_1,
                head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" })
            else {
                return false
            }
            return head.headers.first(name: "content-length").flatMap { Int($0) }.map { $0 <= bodyMaxBytes } ?? true
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            stuckTimer?.cancel()
            stuckTimer = nil
            if !context.channel.isWritable { watch(context, waiting: bufferedBytes(context)) }
            context.fireChannelWritabilityChanged()
        }

        /// Closes the connection after `stuckTime` unless its client has read a kilobyte per second. Such a client is
        /// slow, and is watched again.
        private func watch(_ context: ChannelHandlerContext, waiting bytes: Int) {
            stuckBytes = bytes
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            stuckTimer = context.eventLoop.scheduleTask(in: stuckTime) {
                let (rules, context) = bound.value
                let now = rules.bufferedBytes(context)
                if rules.stuckBytes - now >= Int(rules.stuckTime.nanoseconds / 1_000_000) {
                    rules.watch(context, waiting: now)
                } else {
                    context.channel.close(promise: nil)
                }
            }
        }

        /// Returns the number of bytes written that the system has not taken yet.
        private func bufferedBytes(_ context: ChannelHandlerContext) -> Int {
            (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let part = unwrapOutboundIn(data)
            let isLast = answers + 1 == last?.request
            switch part {
            case .head(var head) where isLast:
                head.headers.replaceOrAdd(name: "connection", value: "close")
                // Responses of HTTP/1.0 are not chunked.
                if last?.isOld == true { head.version = .http1_0 }
                context.write(wrapOutboundOut(.head(head)), promise: promise)
            case .end:
                answers += 1
                let isWritten = promise ?? context.eventLoop.makePromise()
                let bound = NIOLoopBound((self, context.channel), eventLoop: context.eventLoop)
                isWritten.futureResult.whenComplete { _ in
                    let (rules, channel) = bound.value
                    if isLast {
                        channel.close(promise: nil)
                    } else if rules.requests == rules.answers {
                        rules.idleSince = .now()
                        rules.connection?.set(isIdle: true)
                    }
                }
                if isLast {
                    context.writeAndFlush(data, promise: isWritten)
                } else {
                    context.write(data, promise: isWritten)
                }
            default: context.write(data, promise: promise)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            stopTimers()
            if let connection { connections.remove(connection) }
            context.fireChannelInactive()
        }

        func handlerRemoved(context: ChannelHandlerContext) { stopTimers() }

        private func stopTimers() {
            for timer in [idleTimer, bodyTimer, stuckTimer] { timer?.cancel() }
            (idleTimer, bodyTimer, stuckTimer) = (nil, nil, nil)
        }

        private func closing(_ context: ChannelHandlerContext, at time: NIODeadline) -> Scheduled<Void> {
            let channel = context.channel
            return context.eventLoop.scheduleTask(deadline: time) { channel.close(promise: nil) }
        }
    }

    /// Installs `ConnectionRules` where HTTP versions are still known, before the parts become Swift HTTP types. It
    /// handles nothing itself.
    final class ConnectionRulesInstaller: ChannelInboundHandler, RemovableChannelHandler, Sendable {
        typealias InboundIn = NIOAny

        private let settings: ServeSettings
        private let connections: ClientConnections

        init(_ settings: ServeSettings, _ connections: ClientConnections) {
            (self.settings, self.connections) = (settings, connections)
        }

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            do {
                let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
                try pipeline.addHandler(ConnectionRules(settings, connections), position: .after(decoder))
            } catch { preconditionFailure("the pipeline of a server must have a request decoder: \(error)") }
        }
    }
#endif
