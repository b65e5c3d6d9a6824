#if Services
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import SwiftwaterCore

    /// An HTTP server whose answers a test writes.
    public final class ScriptedHTTPServer: Sendable {
        /// A request.
        public struct Request: Sendable {
            /// Its method.
            public var method: String
            /// Its path and parameters, as they were sent.
            public var uri: String
            /// Its headers.
            public var headers: HTTPHeaders
            /// Its body.
            public var body: String
        }
        /// An answer.
        public struct Answer: Sendable {
            /// Its status.
            public var status = 200
            /// Its headers.
            public var headers: [(String, String)] = []
            /// Its body.
            public var body = ""
            /// Whether the connection is closed instead.
            public var isCut = false
            /// Whether the connection is closed after it, without a word in its headers.
            public var isLast = false

            /// Creates an answer.
            public init(
                status: Int = 200, headers: [(String, String)] = [], body: String = "", isCut: Bool = false,
                isLast: Bool = false
            ) {
                (self.status, self.headers, self.body) = (status, headers, body)
                (self.isCut, self.isLast) = (isCut, isLast)
            }
        }

        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        private let listener: any Channel
        private let seen: Monitor<[Request]>

        /// Listens on a port of its own.
        ///
        /// - Parameter answer: is called for each request with its number, from 0.
        public init(_ answer: @escaping @Sendable (Request, Int) -> Answer) throws {
            let seen = Monitor<[Request]>([])
            self.seen = seen
            listener = try ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                        try channel.pipeline.syncOperations.addHandler(
                            Answering { request in
                                let number = seen.update {
                                    $0.append(request)
                                    return $0.count - 1
                                }
                                return answer(request, number)
                            })
                    }
                }
                .bind(host: "127.0.0.1", port: 0).wait()
        }

        /// Its address.
        public var url: String { "http://127.0.0.1:\(listener.localAddress!.port!)" }
        /// The requests so far.
        public var requests: [Request] { seen.read { $0 } }

        /// Ends it.
        public func stop() {
            try? listener.close().wait()
            try? group.syncShutdownGracefully()
        }

        private final class Answering: ChannelInboundHandler {
            typealias InboundIn = HTTPServerRequestPart
            typealias OutboundOut = HTTPServerResponsePart
            private let answer: @Sendable (Request) -> Answer
            private var request = Request(method: "", uri: "", headers: [:], body: "")

            init(_ answer: @escaping @Sendable (Request) -> Answer) { self.answer = answer }

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                switch unwrapInboundIn(data) {
                case .head(let head):
                    request = Request(method: head.method.rawValue, uri: head.uri, headers: head.headers, body: "")
                case .body(let bytes): request.body += String(buffer: bytes)
                case .end:
                    let answer = answer(request)
                    if answer.isCut {
                        context.close(promise: nil)
                        return
                    }
                    var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
                    for (name, value) in answer.headers { head.headers.add(name: name, value: value) }
                    if request.method != "HEAD" || !head.headers.contains(name: "content-length") {
                        head.headers.replaceOrAdd(name: "content-length", value: String(answer.body.utf8.count))
                    }
                    context.write(wrapOutboundOut(.head(head)), promise: nil)
                    if request.method != "HEAD" {
                        context.write(
                            wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
                    }
                    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
                    if answer.isLast { context.close(promise: nil) }
                }
            }
        }
    }
#endif
