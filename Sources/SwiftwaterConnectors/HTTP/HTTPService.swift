#if Services
    import AsyncHTTPClient
    import Foundation
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import SwiftwaterCore

    /// Sends requests over HTTP and HTTPS, and waits for the answers on the calling thread. Connections are kept and
    /// used again. Redirects are answers.
    package final class HTTPService: Sendable {
        /// How long a service may take.
        package struct Limits: Sendable, Hashable {
            /// The time to connect in.
            package var connect: Duration
            /// The time after which an answer without a new byte counts as broken.
            package var silence: Duration

            /// Creates limits.
            package init(connect: Duration = .seconds(10), silence: Duration = .seconds(30)) {
                (self.connect, self.silence) = (connect, silence)
            }
        }

        private struct Kind: Hashable {
            let limits: Limits
            let certificates: String?
            let proxies: [String: String]
        }

        private static let services = Monitor<[Kind: HTTPService]>([:])
        private let kind: Kind
        /// One for each proxy, and one without.
        private let clients = Monitor<[HTTPProxy?: HTTPClients]>([:])

        /// Returns the service with these limits, one for the whole process.
        ///
        /// - Parameters:
        ///   - certificates: a file of the certificates to trust, in PEM; nil for the system's.
        ///   - environment: names proxies; empty for none.
        package static func shared(
            _ limits: Limits = Limits(), certificates: String? = nil,
            environment: [String: String] = ProcessInfo.processInfo.environment
        ) -> HTTPService {
            let kind = Kind(
                limits: limits, certificates: certificates, proxies: HTTPProxy.settings(environment))
            return services.update { services in
                if let known = services[kind] { return known }
                let new = HTTPService(kind)
                services[kind] = new
                return new
            }
        }

        private init(_ kind: Kind) { self.kind = kind }

        /// Returns the clients for a host, which is reached through a proxy if the environment names one.
        private func clients(for request: HTTPClient.Request) throws -> HTTPClients {
            let isSecure = request.scheme == "https"
            let proxy =
                kind.proxies.isEmpty
                ? nil
                : try HTTPProxy.find(
                    for: request.host, port: request.port, isSecure: isSecure, environment: kind.proxies)
            return clients.update { clients in
                if let known = clients[proxy] { return known }
                let new = makeClients(proxy)
                clients[proxy] = new
                return new
            }
        }

        private func makeClients(_ proxy: HTTPProxy?) -> HTTPClients {
            var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
            settings.timeout = .init(
                connect: .init(kind.limits.connect), read: .init(kind.limits.silence),
                write: .init(kind.limits.silence))
            settings.httpVersion = .http1Only
            settings.decompression = .disabled
            settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
            // Those who send try again, and say so.
            settings.connectionPool.retryConnectionEstablishment = false
            if let file = kind.certificates {
                var security = TLSConfiguration.makeClientConfiguration()
                security.trustRoots = .file(file)
                settings.tlsConfiguration = security
            }
            settings.use(proxy)
            return HTTPClients(settings)
        }

        /// Sends a request and returns the answer, whatever its status.
        ///
        /// - Parameters:
        ///   - memory: receives the body of an answer with status 200 or 206; what does not fit is an error. Other
        ///     bodies are part of the answer.
        ///   - receivedCount: the number of bytes in `memory`, also if the connection broke.
        ///   - version: the entity tag of the answer, also if the connection broke.
        /// - Throws: `network`, which may be tried again.
        package func send(
            _ request: HTTPRequest, into memory: UnsafeMutableRawBufferPointer? = nil,
            receivedCount: inout Int, version: inout String?
        ) throws -> HTTPAnswer {
            var outgoing: HTTPClient.Request
            do {
                outgoing = try HTTPClient.Request(url: request.url, method: .init(rawValue: request.method))
            } catch {
                // Without what comes after the host, which may have a secret.
                throw SwiftwaterError(
                    .invalidArgument,
                    "'\(request.url.split(separator: "/").prefix(2).joined(separator: "//"))' is not the address of a "
                        + "service", remedy: "check the address")
            }
            for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
            if let body = request.body { outgoing.body = .byteBuffer(ByteBuffer(bytes: body)) }
            let receiver = HTTPReceiver(memory)
            let clients = try clients(for: outgoing)
            defer { (receivedCount, version) = receiver.finish() }
            do {
                return try clients.withClient { try $0.execute(request: outgoing, delegate: receiver).wait() }
            } catch {
                let host = outgoing.host + (outgoing.port == 80 || outgoing.port == 443 ? "" : ":\(outgoing.port)")
                throw HTTPService.problem(error, host)
            }
        }

        /// Sends a request and returns the answer with its body, whatever its status.
        ///
        /// - Throws: `network`, which may be tried again.
        package func send(_ request: HTTPRequest) throws -> HTTPAnswer {
            var (count, version) = (0, String?.none)
            return try send(request, receivedCount: &count, version: &version)
        }

        private static func problem(_ error: any Error, _ host: String) -> SwiftwaterError {
            var what = "\(error)"
            if let known = error as? HTTPClientError {
                switch known {
                case .connectTimeout: what = "the connection was not made in time"
                case .readTimeout: what = "the service sent nothing for too long"
                case .writeTimeout: what = "the service received nothing for too long"
                case .remoteConnectionClosed: what = "the service closed the connection"
                default: break
                }
            } else if let failed = error as? NIOConnectionError {
                what = failed.connectionErrors.first.map { "\($0.error)" } ?? "\(failed.dnsAError ?? failed)"
            }
            return SwiftwaterError(
                .network, "\(host): \(what)", remedy: "check that the service runs there", isRetryable: true)
        }
    }

    /// Receives an answer, its body into memory of the caller if it has some.
    private final class HTTPReceiver: HTTPClientResponseDelegate {
        typealias Response = HTTPAnswer
        /// The size of a body that is not expected to be long, such as an error's or a page of a list.
        private static let bodyMaxBytes = 64 << 20

        private struct State: @unchecked Sendable {
            var memory: UnsafeMutableRawBufferPointer?
            var received = 0
            var answer = HTTPAnswer(status: 0, headers: [], body: [])
            var isFinished = false
        }
        private let state: Monitor<State>

        init(_ memory: UnsafeMutableRawBufferPointer?) { state = Monitor(State(memory: memory)) }

        /// Ends receiving: the memory is not touched after that. Returns the number of bytes in it, and the entity tag.
        func finish() -> (count: Int, version: String?) {
            state.update {
                $0.isFinished = true
                return ($0.received, $0.answer["etag"])
            }
        }

        func didReceiveHead(task: HTTPClient.Task<HTTPAnswer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
            state.update {
                $0.answer.status = Int(head.status.code)
                $0.answer.headers = head.headers.map { (name: $0.name, value: $0.value) }
            }
            return task.eventLoop.makeSucceededVoidFuture()
        }

        func didReceiveBodyPart(task: HTTPClient.Task<HTTPAnswer>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
            let fits = state.update { state in
                guard !state.isFinished else { return true }
                let count = buffer.readableBytes
                if let memory = state.memory, state.answer.status == 200 || state.answer.status == 206 {
                    guard state.received + count <= memory.count else { return false }
                    buffer.withUnsafeReadableBytes {
                        UnsafeMutableRawBufferPointer(rebasing: memory[state.received..<state.received + count])
                            .copyMemory(from: $0)
                    }
                    state.received += count
                    return true
                }
                guard state.answer.body.count + count <= HTTPReceiver.bodyMaxBytes else { return false }
                state.answer.body.append(contentsOf: buffer.readableBytesView)
                return true
            }
            return fits
                ? task.eventLoop.makeSucceededVoidFuture()
                : task.eventLoop.makeFailedFuture(
                    SwiftwaterError(.network, "the service sent more bytes than it was asked for"))
        }

        func didFinishRequest(task: HTTPClient.Task<HTTPAnswer>) throws -> HTTPAnswer { state.read { $0.answer } }
    }

    extension HTTPClient.Configuration {
        /// Sends requests through a proxy, if there is one.
        mutating func use(_ proxy: HTTPProxy?) {
            guard let proxy else { return }
            self.proxy = .server(
                host: proxy.host, port: proxy.port,
                authorization: proxy.basicCredentials.map { .basic(credentials: $0.text) })
        }
    }

    extension TimeAmount {
        fileprivate init(_ duration: Duration) { self = .milliseconds(duration.wholeMilliseconds) }
    }
#endif
