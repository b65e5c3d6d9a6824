#if Services
    import AsyncHTTPClient
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import SwiftwaterCore

    /// Makes connections on a thread of its own: WebSockets on NIO, streams with async-http-client.
    package final class NIOLiveTransport: LiveTransport {
        private struct State {
            var client: HTTPClient?
            var isDown = false
        }

        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        private let environment: [String: String]
        private let connecting: Duration
        private let state = Monitor(State())

        /// Creates a transport.
        ///
        /// - Parameters:
        ///   - connecting: the time to connect in.
        ///   - environment: names proxies (`HTTPS_PROXY`) and certificates (`SSL_CERT_FILE`).
        package init(connecting: Duration, environment: [String: String] = ProcessInfo.processInfo.environment) {
            (self.connecting, self.environment) = (connecting, environment)
        }

        package func connect(
            _ request: LiveRequest, on: @escaping @Sendable (LiveEvent) -> Bool
        ) -> any LiveConnection {
            do {
                let proxy = try HTTPProxy.find(
                    for: request.host, port: request.port, isSecure: request.isSecure, environment: environment)
                let security = LiveSecurity(
                    certificates: environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 })
                switch request.kind {
                case .webSocket:
                    let context = request.isSecure ? try NIOSSLContext(configuration: security.configuration()) : nil
                    let connection = WebSocketConnection(request, proxy: proxy, context: context, on: on)
                    connection.connect(on: group.next(), within: connecting)
                    return connection
                case .stream:
                    let connection = StreamConnection(request, on: on)
                    connection.connect(with: try client(proxy, security), on: group.next())
                    return connection
                }
            } catch {
                let known = error as? SwiftwaterError ?? SwiftwaterError(.invalidArgument, "\(error)")
                group.next().execute { _ = on(.failed(known)) }
                return NoConnection()
            }
        }

        package func schedule(in delay: Duration, _ body: @escaping @Sendable () -> Void) {
            // Under the lock: `shutDown` ends the thread.
            state.update { state in
                guard !state.isDown else { return }
                _ = group.next().scheduleTask(in: .milliseconds(max(0, delay.wholeMilliseconds)), body)
            }
        }

        package func shutDown() {
            let client: HTTPClient? = state.update { state in
                state.isDown = true
                defer { state.client = nil }
                return state.client
            }
            try? client?.syncShutdown()
            try? group.syncShutdownGracefully()
        }

        /// Returns the client for streams. The proxy depends on the request's kind and host, and one link asks one kind
        /// of a few hosts.
        private func client(_ proxy: HTTPProxy?, _ security: LiveSecurity) throws -> HTTPClient {
            var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
            settings.timeout = .init(connect: .milliseconds(connecting.wholeMilliseconds))
            settings.httpVersion = .http1Only
            settings.decompression = .disabled
            settings.connectionPool.retryConnectionEstablishment = false
            settings.tlsConfiguration = try security.configuration()
            settings.use(proxy)
            let new = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
            let old: HTTPClient? = state.update { state in
                defer { state.client = new }
                return state.client
            }
            // Its stream has ended: there is one connection at a time.
            old?.shutdown { _ in }
            return new
        }
    }

    /// A connection that was not made.
    private final class NoConnection: LiveConnection {
        func read() {}
        func close() {}
    }
#endif
