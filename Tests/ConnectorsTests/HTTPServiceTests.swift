#if Services
    import Dispatch
    import NIOCore
    import NIOPosix
    import SwiftwaterConnectors
    import SwiftwaterCore
    import Testing

    @Suite struct HTTPServiceTests {
        /// A service may answer as soon as it has the body, and close the connection without a word. At worst a request
        /// that was sent on that connection fails; the process goes on.
        @Test func aConnectionClosedAtTheAnswerIsHarmless() throws {
            let server = try ClosingServer()
            defer { server.stop() }
            let service = HTTPService.shared(environment: [:])
            let body = [UInt8](repeating: 7, count: 1000)
            let statuses = Monitor<[Int: Int]>([:])
            let url = "http://127.0.0.1:\(server.port)/"
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                for _ in 0..<500 {
                    let status = (try? service.send(HTTPRequest("PUT", url, body: body)))?.status ?? 0
                    statuses.update { $0[status, default: 0] += 1 }
                }
            }
            let (answered, failed) = statuses.read { ($0[200] ?? 0, $0[0] ?? 0) }
            #expect(answered + failed == 4000 && answered > 2000, "\(answered) answers, \(failed) failures")
        }
    }

    /// An HTTP server that answers as soon as it has a request with its body, and closes the connection.
    private final class ClosingServer: Sendable {
        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        private let listener: any Channel

        init() throws {
            listener = try ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 256)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Answering())
                    }
                }
                .bind(host: "127.0.0.1", port: 0).wait()
        }

        var port: Int { listener.localAddress!.port! }

        func stop() {
            try? listener.close().wait()
            try? group.syncShutdownGracefully()
        }

        private final class Answering: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            typealias OutboundOut = ByteBuffer
            private var request: [UInt8] = []

            func channelRead(context: ChannelHandlerContext, data: NIOAny) {
                request += unwrapInboundIn(data).readableBytesView
                guard request.suffix(1000).count == 1000, request.suffix(1000).allSatisfy({ $0 == 7 }) else { return }
                context.writeAndFlush(
                    wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")), promise: nil)
                context.close(promise: nil)
            }
        }
    }
#endif
