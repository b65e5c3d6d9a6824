#if SparkConnect
    import GRPCCore
    import GRPCNIOTransportHTTP2Posix
    import GRPCProtobuf
    import SwiftwaterSparkProtocol

    /// A server that answers as a Spark Connect server does where a real one cannot be had: one of an earlier version, one
    /// that refuses the token, one whose certificate nobody knows.
    final class StandInServer: Sendable {
        let port: Int
        private let server: GRPCServer<HTTP2ServerTransport.Posix>
        private let running: Task<Void, any Error>

        init(
            version: String, token: String? = nil,
            security: HTTP2ServerTransport.Posix.TransportSecurity = .plaintext
        ) async throws {
            let server = GRPCServer(
                transport: HTTP2ServerTransport.Posix(
                    address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: security),
                services: [Service(version: version, token: token)])
            self.server = server
            running = Task { try await server.serve() }
            port = try await server.listeningAddress?.ipv4?.port ?? 0
        }

        func stop() async {
            server.beginGracefulShutdown()
            _ = await running.result
        }

        private struct Service: RegistrableRPCService {
            let version: String
            let token: String?

            func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
                let (version, token) = (version, token)
                router.registerHandler(
                    forMethod: SCSparkConnectService.Method.AnalyzePlan.descriptor,
                    deserializer: ProtobufDeserializer<SCAnalyzePlanRequest>(),
                    serializer: ProtobufSerializer<SCAnalyzePlanResponse>()
                ) { request, _ in
                    if let token, !request.metadata[stringValues: "authorization"].contains("Bearer " + token) {
                        throw RPCError(code: .unauthenticated, message: "Invalid token")
                    }
                    var answer = SCAnalyzePlanResponse()
                    answer.sparkVersion.version = version
                    let message = answer
                    return StreamingServerResponse(metadata: [:]) { writer in
                        try await writer.write(message)
                        return [:]
                    }
                }
            }
        }
    }
#endif
