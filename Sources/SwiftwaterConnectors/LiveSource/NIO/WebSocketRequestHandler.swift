#if Services
    import NIOCore
    import NIOHTTP1
    import NIOSSL
    import SwiftwaterCore

    /// Asks for the WebSocket, and reads what the service answers if it does not give one.
    final class WebSocketRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let request: LiveRequest
        private let end: (WebSocketConnection.End) -> Void
        private var head: HTTPResponseHead?
        private var words: [UInt8] = []

        init(_ request: LiveRequest, end: @escaping (WebSocketConnection.End) -> Void) {
            (self.request, self.end) = (request, end)
        }

        func handlerAdded(context: ChannelHandlerContext) {
            var headers = HTTPHeaders()
            let isUsual = request.port == (request.isSecure ? 443 : 80)
            let host = request.host.contains(":") ? "[\(request.host)]" : request.host
            headers.add(name: "Host", value: isUsual ? host : "\(host):\(request.port)")
            headers.add(name: "User-Agent", value: HTTPAgent.name)
            for header in request.headers { headers.add(name: header.name, value: header.value.text) }
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: request.target, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(let bytes):
                words += bytes.readableBytesView.prefix(HTTPAgent.wordsMaxBytes - words.count)
                if words.count >= HTTPAgent.wordsMaxBytes { answered(context) }
            case .end: answered(context)
            }
        }

        private func answered(_ context: ChannelHandlerContext) {
            guard let head else { return }
            end(
                .answered(
                    status: Int(head.status.code), words: HTTPAgent.words(words),
                    retryAfter: HTTPAgent.retryAfter(head.headers)))
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            if head != nil { answered(context) }
            end(.closed("the service closed the connection before it answered"))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            end(.closed("the answer is not HTTP, or not a WebSocket: \(error)"))
            context.close(promise: nil)
        }
    }

    /// Sees errors of the encryption, whose words depend on the certificate.
    final class WebSocketFailureHandler: ChannelInboundHandler {
        typealias InboundIn = NIOAny

        private let host: String
        private let end: (WebSocketConnection.End) -> Void

        init(host: String, end: @escaping (WebSocketConnection.End) -> Void) { (self.host, self.end) = (host, end) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
            let now = SystemClock().instant().components.seconds
            guard let problem = LiveSecurity.problem(error, host: host, certificate: certificate, now: now) else {
                return context.fireErrorCaught(error)
            }
            end(.failed(problem))
            context.close(promise: nil)
        }
    }
#endif
