#if Services
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import NIOWebSocket
    import SwiftwaterCore

    /// A server that answers each connection as a test says: with a WebSocket, a stream or a refusal.
    public final class LiveServer: Sendable {
        /// What a client asks.
        public struct Request: Sendable {
            /// The number of the connection, from 0.
            public let number: Int
            /// The method.
            public let method: String
            /// The path with the query.
            public let target: String
            /// The headers by their names in small letters.
            public let headers: [String: String]
            /// The body.
            public let body: String

            /// Returns a parameter of the query, as it is written.
            public func parameter(_ name: String) -> String? {
                target.split(separator: "?").last?.split(separator: "&").first { $0.hasPrefix(name + "=") }
                    .map { String($0.dropFirst(name.count + 1)) }
            }
        }

        /// How a connection is answered.
        public enum Answer: Sendable {
            /// Accepts a WebSocket, and does these things.
            case webSocket([Act])
            /// Answers 200 with a body that does not end by itself.
            case stream([Act])
            case refusal(status: Int, headers: [(String, String)] = [], body: String = "")
        }

        /// What a server does on a connection.
        public enum Act: Sendable {
            /// Sends a message, or a piece of a stream.
            case text(String)
            /// Sends a message in frames, or pieces of a stream.
            case pieces([String])
            case ping
            /// Does nothing for a while.
            case pause(Duration)
            /// Sends bytes that need not be a frame.
            case bytes([UInt8])
            /// Ends the WebSocket with a code, or the stream.
            case close(Int)
            /// Cuts the connection off, once what stands before has left; a WebSocket's client has answered a ping then.
            case cut
        }

        private struct State {
            var connections = 0
            var requests: [Request] = []
            var pongs = 0
        }

        private let answer: @Sendable (Request) -> Answer
        private let group: MultiThreadedEventLoopGroup
        private let state = Monitor(State())
        private let channel = Monitor<(any Channel)?>(nil)

        /// Starts a server on a free port of the loopback.
        public init(
            _ certificate: TestAuthority.Certificate? = nil, answer: @escaping @Sendable (Request) -> Answer
        ) throws {
            self.answer = answer
            group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let context = try certificate.map { certificate in
                try NIOSSLContext(
                    configuration: .makeServerConfiguration(
                        certificateChain: NIOSSLCertificate.fromPEMFile(certificate.path).map { .certificate($0) },
                        privateKey: .privateKey(NIOSSLPrivateKey(file: certificate.key, format: .pem))))
            }
            let new = try ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let sync = channel.pipeline.syncOperations
                        if let context { try sync.addHandler(NIOSSLServerHandler(context: context)) }
                        try sync.addHandler(LiveServerRawHandler())
                    }.flatMap { self.configure(channel) }
                }
                .bind(host: "127.0.0.1", port: 0).wait()
            channel.update { $0 = new }
        }

        /// The port.
        public var port: Int { channel.read { $0!.localAddress!.port! } }
        /// What was asked so far.
        public var requests: [Request] { state.read { $0.requests } }
        /// The number of pongs that came.
        public var pongs: Int { state.read { $0.pongs } }

        /// Waits until `condition` holds, for at most a minute.
        public func waitFor(_ condition: @escaping @Sendable ([Request], Int) -> Bool) -> Bool {
            state.wait(atMost: .seconds(60)) { condition($0.requests, $0.pongs) ? () : nil } != nil
        }

        /// Ends the server and its connections.
        public func stop() { try? group.syncShutdownGracefully() }

        // MARK: Connections

        private func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
            let number = state.update { state in
                state.connections += 1
                return state.connections - 1
            }
            let chosen = NIOLoopBoundBox<[Act]>([], eventLoop: channel.eventLoop)
            let plain = LiveServerPlainHandler { [self] head, body in decide(head, body, number, nil) }
            let upgrader = NIOWebSocketServerUpgrader(
                shouldUpgrade: { channel, head in
                    guard case .webSocket(let acts) = self.decide(head, "", number, plain) else {
                        return channel.eventLoop.makeSucceededFuture(nil)
                    }
                    chosen.value = acts
                    return channel.eventLoop.makeSucceededFuture(HTTPHeaders())
                },
                upgradePipelineHandler: { channel, _ in
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            LiveServerFrameHandler(acts: chosen.value) { self.state.update { $0.pongs += 1 } })
                    }
                })
            return channel.pipeline.configureHTTPServerPipeline(
                withServerUpgrade: (
                    upgraders: [upgrader],
                    completionHandler: { context in _ = context.pipeline.syncOperations.removeHandler(plain) }
                )
            ).flatMap { channel.pipeline.addHandler(plain) }
        }

        /// Returns the answer to a request; what was decided for an upgrade is kept for the plain handler.
        private func decide(
            _ head: HTTPRequestHead, _ body: String, _ number: Int, _ plain: LiveServerPlainHandler?
        ) -> Answer {
            let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
            let request = Request(
                number: number, method: head.method.rawValue, target: head.uri, headers: headers, body: body)
            let answer = answer(request)
            state.update { $0.requests.append(request) }
            plain?.decided = answer
            return answer
        }
    }
#endif
