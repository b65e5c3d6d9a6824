#if Services
    import NIOCore
    import NIOExtras
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import NIOWebSocket
    import SwiftwaterCore

    /// A connection over a WebSocket (RFC 6455), with TLS and through a proxy if need be.
    final class WebSocketConnection: LiveConnection {
        /// The longest message, in bytes.
        static let messageMaxBytes = 64 << 20

        private struct State {
            var channel: (any Channel)?
            var isClosed = false
            var hasEnded = false
        }

        private let request: LiveRequest
        private let proxy: HTTPProxy?
        private let context: NIOSSLContext?
        private let on: @Sendable (LiveEvent) -> Bool
        private let state = Monitor(State())

        init(
            _ request: LiveRequest, proxy: HTTPProxy?, context: NIOSSLContext?,
            on: @escaping @Sendable (LiveEvent) -> Bool
        ) {
            (self.request, self.proxy, self.context, self.on) = (request, proxy, context, on)
        }

        // MARK: LiveConnection

        func read() { state.read { $0.channel }?.read() }

        func close() {
            let channel: (any Channel)? = state.update { state in
                state.isClosed = true
                return state.channel
            }
            guard let channel else { return }
            channel.eventLoop.execute {
                // A server is told, if the handshake is done.
                let sync = channel.pipeline.syncOperations
                if (try? sync.context(handlerType: WebSocketMessageHandler.self)) != nil {
                    var reason = ByteBuffer()
                    reason.write(webSocketErrorCode: .goingAway)
                    channel.writeAndFlush(WebSocketMessageHandler.frame(.connectionClose, reason), promise: nil)
                }
                channel.close(promise: nil)
            }
        }

        // MARK: Connecting

        func connect(on loop: any EventLoop, within timeout: Duration) {
            ClientBootstrap(group: loop).connectTimeout(.milliseconds(timeout.wholeMilliseconds))
                .connect(host: proxy?.host ?? request.host, port: proxy?.port ?? request.port)
                .flatMap { channel in
                    KeepAlive.set(on: channel)
                    let isClosed = self.state.update { state in
                        state.channel = channel
                        return state.isClosed
                    }
                    guard !isClosed else { return channel.close() }
                    return self.passProxy(channel).flatMap { self.upgrade(channel) }
                }
                .whenFailure { error in
                    self.end(with: "cannot connect: " + ConnectionFailure.words(error))
                    self.state.read { $0.channel }?.close(promise: nil)
                }
        }

        /// Asks the proxy to connect, if there is one.
        private func passProxy(_ channel: any Channel) -> EventLoopFuture<Void> {
            guard let proxy else { return channel.eventLoop.makeSucceededVoidFuture() }
            var headers = HTTPHeaders()
            if let credentials = proxy.basicCredentials {
                headers.add(name: "Proxy-Authorization", value: "Basic " + credentials.text)
            }
            let connected = channel.eventLoop.makePromise(of: Void.self)
            let encoder = HTTPRequestEncoder()
            let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
            let handler = NIOHTTP1ProxyConnectHandler(
                targetHost: request.host, targetPort: request.port, headers: headers,
                deadline: .now() + .seconds(20), promise: connected)
            let sync = channel.pipeline.syncOperations
            do { try sync.addHandlers([encoder, decoder, handler]) } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
            // The handler of the proxy removes itself.
            let handlers = NIOLoopBound(
                [decoder, encoder] as [any RemovableChannelHandler], eventLoop: channel.eventLoop)
            return connected.futureResult.flatMap {
                EventLoopFuture.andAllSucceed(
                    handlers.value.map { channel.pipeline.syncOperations.removeHandler($0) }, on: channel.eventLoop)
            }.flatMapErrorThrowing { error in
                let wantsCredentials = "\(error)".hasPrefix("Proxy Authentication Required")
                throw SwiftwaterError(
                    .network,
                    wantsCredentials
                        ? HTTPProxy.wantsCredentials
                        : "the proxy \(proxy.host):\(proxy.port) did not connect: \(error)")
            }
        }

        /// Adds what encrypts, and asks for the WebSocket.
        private func upgrade(_ channel: any Channel) -> EventLoopFuture<Void> {
            let sync = channel.pipeline.syncOperations
            let request = request
            let upgrader = NIOWebSocketClientUpgrader(
                maxFrameSize: WebSocketConnection.messageMaxBytes, automaticErrorHandling: true
            ) { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1 << 16,
                            maxAccumulatedFrameSize: WebSocketConnection.messageMaxBytes),
                        WebSocketMessageHandler(on: self.on, end: { self.end(with: $0) }),
                    ])
                }
            }
            do {
                if let context {
                    let isAddress = (try? SocketAddress(ipAddress: request.host, port: 0)) != nil
                    try sync.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : request.host))
                }
                try sync.addHandler(WebSocketFailureHandler(host: request.host) { self.end(with: $0) })
            } catch { return channel.eventLoop.makeFailedFuture(error) }
            return channel.pipeline.addHTTPClientHandlers(
                leftOverBytesStrategy: .forwardBytes,
                withClientUpgrade: (
                    upgraders: [upgrader],
                    completionHandler: { context in
                        let sync = context.pipeline.syncOperations
                        guard let asked = try? sync.handler(type: WebSocketRequestHandler.self) else { return }
                        _ = sync.removeHandler(asked)
                    }
                )
            ).flatMapThrowing {
                try channel.pipeline.syncOperations.addHandler(
                    WebSocketRequestHandler(request) { self.end(with: $0) })
            }
        }

        // MARK: The end

        /// Why a connection ended.
        enum End {
            case closed(String)
            case answered(status: Int, words: String, retryAfter: Duration?)
            case failed(SwiftwaterError)
        }

        private func end(with reason: String) { end(with: .closed(reason)) }

        private func end(with end: End) {
            let isFirst = state.update { state in
                defer { state.hasEnded = true }
                return !state.hasEnded
            }
            guard isFirst else { return }
            switch end {
            case .closed(let reason): _ = on(.closed(reason))
            case .answered(let status, let words, let retryAfter):
                _ = on(.answered(status: status, words: words, retryAfter: retryAfter))
            case .failed(let error): _ = on(.failed(error))
            }
        }
    }
#endif
