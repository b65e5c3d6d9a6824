#if SparkConnect
    import CZlib
    import Foundation
    import GRPCCore
    import GRPCNIOTransportHTTP2Posix
    import SwiftwaterCore
    import SwiftwaterSparkProtocol
    import Synchronization

    /// The calls of a session: each is tried again where that can help.
    final class SparkConnection: Sendable {
        typealias Transport = HTTP2ClientTransport.Posix

        let address: SparkAddress
        let sessionID: String
        let user: SCUserContext
        let client: SCSparkConnectService.Client<Transport>
        let retries: SparkRetries
        let clock: any StreamClock
        private let channel: GRPCClient<Transport>
        private let running: Task<Void, any Error>
        /// The server's name for the session: if it changes, the server has lost what the session held.
        private let serverSession = Mutex<String?>(nil)
        /// The hashes of the data that the session has.
        let uploads = Mutex<Set<String>>([])
        static let clientType = "swiftwater"
        static let messageMaxBytes = 128 << 20
        /// How long the first answer may take.
        private static let firstAnswer = Duration.seconds(20)
        /// How long the answer to the last call may take.
        private static let lastAnswer = Duration.seconds(5)

        init(_ address: SparkAddress, retries: SparkRetries = SparkRetries(), clock: any StreamClock = SystemClock())
            throws
        {
            (self.address, self.retries, self.clock) = (address, retries, clock)
            sessionID = address.session ?? UUID().uuidString.lowercased()
            var user = SCUserContext()
            user.userID = address.user ?? ProcessInfo.processInfo.userName
            user.userName = user.userID
            self.user = user
            let security: Transport.TransportSecurity =
                address.usesTLS
                ? .tls { tls in
                    // OpenSSL's name for the file of authorities.
                    if let path = ProcessInfo.processInfo.environment["SSL_CERT_FILE"] {
                        tls.trustRoots = .certificates([.file(path: path, format: .pem)])
                    }
                } : .plaintext
            let target = Self.target(address)
            let transport = try Transport(target: target, transportSecurity: security)
            channel = GRPCClient(
                transport: transport, interceptors: [SparkHeaders(address.headers, token: address.token)])
            client = SCSparkConnectService.Client(wrapping: channel)
            running = Task { [channel] in try await channel.runConnections() }
        }

        /// Addresses are not looked up, and name no host in TLS.
        private static func target(_ address: SparkAddress) -> any ResolvableTarget {
            if address.host.contains(":") { return .ipv6(address: address.host, port: address.port) }
            let isIPv4 =
                address.host.split(separator: ".", omittingEmptySubsequences: false).count == 4
                && address.host.allSatisfy { $0.isNumber || $0 == "." }
            return isIPv4
                ? .ipv4(address: address.host, port: address.port) : .dns(host: address.host, port: address.port)
        }

        /// Closes the connection. The session and its queries go on.
        func close() async {
            channel.beginGracefulShutdown()
            // A connection that is still looking for its host does not end by itself.
            let patience = Task { [running] in
                try await Task.sleep(for: .seconds(5))
                running.cancel()
            }
            _ = await running.result
            patience.cancel()
        }

        var options: CallOptions {
            var options = CallOptions.defaults
            options.maxRequestMessageBytes = Self.messageMaxBytes
            options.maxResponseMessageBytes = Self.messageMaxBytes
            options.waitForReady = false
            return options
        }

        /// Makes a call with retries, and describes its error.
        func call<Result: Sendable>(
            _ retries: SparkRetries? = nil,
            _ body: @Sendable (SCSparkConnectService.Client<Transport>, CallOptions) async throws -> Result
        ) async throws -> Result {
            do {
                return try await (retries ?? self.retries).run(clock) { _ in try await body(client, options) }
            } catch let error as RPCError { throw error.described(address) }
        }

        /// Makes a call that ends something. If the server is gone there is nothing to end, so it is not waited for.
        private func callBriefly<Result: Sendable>(
            _ body: @Sendable (SCSparkConnectService.Client<Transport>, CallOptions) async throws -> Result
        ) async throws -> Result {
            var few = retries
            few.retriesMax = min(few.retriesMax, 3)
            return try await call(few) { client, options in
                var options = options
                options.timeout = Self.lastAnswer
                return try await body(client, options)
            }
        }

        /// Checks that the server is still the one that holds this session.
        func check(serverSession found: String) throws {
            guard !found.isEmpty else { return }
            let known = serverSession.withLock { known in
                if known == nil { known = found }
                return known
            }
            if known != found { throw SwiftwaterError.restarted(address) }
        }

        // MARK: Single calls

        /// Returns the server's version, such as `4.3.0`.
        func version() async throws -> String {
            var request = SCAnalyzePlanRequest()
            (request.sessionID, request.userContext, request.clientType) = (sessionID, user, Self.clientType)
            request.sparkVersion = .init()
            let message = request
            var first = retries
            // A wrong host is an error at once, not after minutes.
            first.retriesMax = min(first.retriesMax, 4)
            // A name that is not known, or a host that drops what it gets, would never answer.
            let answer = try await call(first) { client, options in
                var options = options
                options.timeout = Self.firstAnswer
                return try await client.analyzePlan(message, options: options)
            }
            try check(serverSession: answer.serverSideSessionID)
            return answer.sparkVersion.version
        }

        func schema(of plan: SCPlan) async throws -> SCDataType {
            var request = SCAnalyzePlanRequest()
            (request.sessionID, request.userContext, request.clientType) = (sessionID, user, Self.clientType)
            request.schema.plan = plan
            let message = request
            let answer = try await call { try await $0.analyzePlan(message, options: $1) }
            try check(serverSession: answer.serverSideSessionID)
            return answer.schema.schema
        }

        /// Returns the files that a plan reads, as far as Spark knows.
        func files(of plan: SCPlan) async throws -> [String] {
            var request = SCAnalyzePlanRequest()
            (request.sessionID, request.userContext, request.clientType) = (sessionID, user, Self.clientType)
            request.inputFiles.plan = plan
            let message = request
            let answer = try await call { try await $0.analyzePlan(message, options: $1) }
            try check(serverSession: answer.serverSideSessionID)
            return answer.inputFiles.files
        }

        func explanation(of plan: SCPlan) async throws -> String {
            var request = SCAnalyzePlanRequest()
            (request.sessionID, request.userContext, request.clientType) = (sessionID, user, Self.clientType)
            request.explain.plan = plan
            request.explain.explainMode = .formatted
            let message = request
            let answer = try await call { try await $0.analyzePlan(message, options: $1) }
            try check(serverSession: answer.serverSideSessionID)
            return answer.explain.explainString
        }

        func set(_ settings: [(String, String)]) async throws {
            var request = SCConfigRequest()
            (request.sessionID, request.userContext, request.clientType) = (sessionID, user, Self.clientType)
            request.operation.set.pairs = settings.map { name, value in
                var pair = SCKeyValue()
                (pair.key, pair.value) = (name, value)
                return pair
            }
            let message = request
            _ = try await call { try await $0.config(message, options: $1) }
        }

        /// Interrupts what the session runs.
        func interrupt() async throws {
            var request = SCInterruptRequest()
            (request.sessionID, request.userContext, request.clientType) = (sessionID, user, Self.clientType)
            request.interruptType = .all
            let message = request
            _ = try await callBriefly { try await $0.interrupt(message, options: $1) }
        }

        /// Ends the session: its models, uploads and streaming queries are released.
        func release() async throws {
            var request = SCReleaseSessionRequest()
            (request.sessionID, request.userContext, request.clientType) = (sessionID, user, Self.clientType)
            let message = request
            _ = try await callBriefly { try await $0.releaseSession(message, options: $1) }
        }

        /// Uploads an artifact in chunks.
        func upload(_ name: String, _ bytes: [UInt8]) async throws {
            let chunkBytes = 1 << 20
            var first = SCAddArtifactsRequest()
            (first.sessionID, first.userContext, first.clientType) = (sessionID, user, Self.clientType)
            let begin = first
            let count = max(1, (bytes.count + chunkBytes - 1) / chunkBytes)
            let answer = try await call { client, options in
                try await client.addArtifacts(
                    options: options,
                    requestProducer: { writer in
                        for number in 0..<count {
                            let data = bytes[number * chunkBytes..<min(bytes.count, (number + 1) * chunkBytes)]
                            var chunk = SCAddArtifactsRequest.ArtifactChunk()
                            chunk.data = Data(data)
                            chunk.crc = Int64(
                                data.withUnsafeBytes {
                                    crc32(0, $0.bindMemory(to: UInt8.self).baseAddress, UInt32($0.count))
                                })
                            var request = begin
                            if number > 0 {
                                request.chunk = chunk
                            } else if count == 1 {
                                var single = SCAddArtifactsRequest.SingleChunkArtifact()
                                (single.name, single.data) = (name, chunk)
                                request.batch.artifacts = [single]
                            } else {
                                request.beginChunk.name = name
                                request.beginChunk.totalBytes = Int64(bytes.count)
                                request.beginChunk.numChunks = Int64(count)
                                request.beginChunk.initialChunk = chunk
                            }
                            try await writer.write(request)
                        }
                    }, onResponse: { try $0.message })
            }
            try check(serverSession: answer.serverSideSessionID)
            guard answer.artifacts.allSatisfy(\.isCrcSuccessful) else {
                throw SwiftwaterError(
                    .corrupted, "uploaded data arrived damaged", remedy: "try again", isRetryable: true)
            }
        }
    }

    /// Adds the token and the address's other headers to each call.
    private struct SparkHeaders: ClientInterceptor {
        private let headers: [(String, String)]

        init(_ headers: [String: String], token: Secret?) {
            self.headers =
                headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
                + (token.map { [("authorization", "Bearer " + $0.text)] } ?? [])
        }

        func intercept<Input: Sendable, Output: Sendable>(
            request: StreamingClientRequest<Input>, context: ClientContext,
            next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
        ) async throws -> StreamingClientResponse<Output> {
            var request = request
            for (name, value) in headers { request.metadata.addString(value, forKey: name) }
            return try await next(request, context)
        }
    }
#endif
