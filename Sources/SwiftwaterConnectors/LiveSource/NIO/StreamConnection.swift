#if Services
    import AsyncHTTPClient
    import NIOCore
    import NIOHTTP1
    import SwiftwaterCore

    /// A connection over which the answer to a request comes for as long as it lasts.
    final class StreamConnection: LiveConnection, HTTPClientResponseDelegate {
        typealias Response = Void

        private struct State {
            var task: HTTPClient.Task<Void>?
            var isClosed = false
            var hasEnded = false
            var status = 0
            var headers = HTTPHeaders()
            var words: [UInt8] = []
            /// Completed when the connection is to read on.
            var waiting: EventLoopPromise<Void>?
        }

        private let request: LiveRequest
        private let on: @Sendable (LiveEvent) -> Bool
        private let state = Monitor(State())

        init(_ request: LiveRequest, on: @escaping @Sendable (LiveEvent) -> Bool) {
            (self.request, self.on) = (request, on)
        }

        func connect(with client: HTTPClient, on loop: any EventLoop) {
            let host = request.host.contains(":") ? "[\(request.host)]" : request.host
            let url = "\(request.isSecure ? "https" : "http")://\(host):\(request.port)\(request.target)"
            do {
                var outgoing = try HTTPClient.Request(url: url)
                outgoing.headers.add(name: "User-Agent", value: HTTPAgent.name)
                for header in request.headers { outgoing.headers.add(name: header.name, value: header.value.text) }
                let task = client.execute(
                    request: outgoing, delegate: self, eventLoop: .delegateAndChannel(on: loop), deadline: nil)
                let isClosed = state.update { state in
                    state.task = task
                    return state.isClosed
                }
                if isClosed { task.cancel() }
            } catch {
                let problem = SwiftwaterError(
                    .invalidArgument, "\(host):\(request.port) is not the address of a service",
                    remedy: "check the address of the source")
                loop.execute { self.end(.failed(problem)) }
            }
        }

        // MARK: LiveConnection

        func read() {
            let promise: EventLoopPromise<Void>? = state.update { state in
                defer { state.waiting = nil }
                return state.waiting
            }
            promise?.succeed()
        }

        func close() {
            let task = state.update { state in
                state.isClosed = true
                return state.task
            }
            read()
            task?.cancel()
        }

        // MARK: The answer

        func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
            state.update { ($0.status, $0.headers) = (Int(head.status.code), head.headers) }
            if head.status == .ok { _ = on(.opened) }
            return task.eventLoop.makeSucceededVoidFuture()
        }

        func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
            let isStream = state.update { state in
                guard state.status != 200 else { return true }
                state.words += buffer.readableBytesView.prefix(HTTPAgent.wordsMaxBytes - state.words.count)
                return false
            }
            guard isStream else {
                // The rest of a long refusal is of no interest.
                if state.read({ $0.words.count >= HTTPAgent.wordsMaxBytes }) {
                    answered()
                    task.cancel()
                }
                return task.eventLoop.makeSucceededVoidFuture()
            }
            buffer.withUnsafeReadableBytes { _ = on(.bytes($0)) }
            let promise = task.eventLoop.makePromise(of: Void.self)
            // Before the question: the answer comes on another thread at times.
            state.update { $0.waiting = promise }
            if on(.paused) || state.read({ $0.isClosed }) { read() }
            return promise.futureResult
        }

        func didFinishRequest(task: HTTPClient.Task<Void>) throws {
            state.read { $0.status } == 200 ? end(.closed("the service ended the stream")) : answered()
        }

        func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) {
            if state.read({ $0.status != 0 && $0.status != 200 }) { return answered() }
            let now = SystemClock().instant().components.seconds
            if let problem = LiveSecurity.problem(error, host: request.host, certificate: nil, now: now) {
                return end(.failed(problem))
            }
            end(.closed(StreamConnection.words(error, hasBegun: state.read { $0.status == 200 })))
        }

        private static func words(_ error: any Error, hasBegun: Bool) -> String {
            switch error as? HTTPClientError {
            case .proxyAuthenticationRequired: return HTTPProxy.wantsCredentials
            case .invalidProxyResponse: return "the proxy did not connect; check HTTPS_PROXY"
            case .connectTimeout: return "cannot connect: the connection was not made in time"
            case .remoteConnectionClosed:
                return hasBegun
                    ? "the service closed the connection" : "the service closed the connection before it answered"
            case nil: return (hasBegun ? "" : "cannot connect: ") + ConnectionFailure.words(error)
            case let known?: return "\(known)"
            }
        }

        private func answered() {
            let (status, headers, words) = state.read { ($0.status, $0.headers, $0.words) }
            end(
                .answered(
                    status: status, words: HTTPAgent.words(words), retryAfter: HTTPAgent.retryAfter(headers)))
        }

        private func end(_ event: LiveEvent) {
            let isFirst = state.update { state in
                defer { state.hasEnded = true }
                return !state.hasEnded
            }
            if isFirst { _ = on(event) }
        }
    }
#endif
