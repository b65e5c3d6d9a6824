#if SparkConnect
    import Foundation
    import GRPCNIOTransportHTTP2Posix
    import SwiftwaterCore
    import SwiftwaterSpark
    import TestSupport
    import Testing

    /// What keeps a session from opening is a clear error. Against stand-ins, since a real Spark of each kind cannot be
    /// had in a test.
    @Suite struct RefusedConnectionTests {
        private func refusal(_ address: String) async -> SwiftwaterError? {
            await #expect(throws: SwiftwaterError.self) {
                let session = try await SparkSession(address)
                await session.close()
            }
        }

        @Test func anEarlierSparkIsRefused() async throws {
            let server = try await StandInServer(version: "3.5.6")
            let error = await refusal("sc://127.0.0.1:\(server.port)")
            #expect(error?.code == .unsupported && "\(error!)".contains("Spark 3.5.6"))
            await server.stop()
        }

        @Test func aRefusedTokenIsAnErrorWithoutTheToken() async throws {
            let server = try await StandInServer(version: "4.3.0", token: "right")
            let error = await refusal("sc://127.0.0.1:\(server.port)/;token=wrong-one;use_ssl=false")
            #expect(error?.code == .network && "\(error!)".contains("refuses the token"))
            #expect(!"\(error!)".contains("wrong-one"))
            let session = try await SparkSession("sc://127.0.0.1:\(server.port)/;token=right;use_ssl=false")
            #expect(session.version == "4.3.0")
            await session.leave()
            await server.stop()
        }

        @Test func anUnknownCertificateIsRefused() async throws {
            let folder = try TemporaryDirectory()
            let made = try Program.shell(
                "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
                    + "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 "
                    + "-keyout \(folder.file("key.pem")) -out \(folder.file("cert.pem"))")
            try #require(made.status == 0, "\(made.error)")
            let server = try await StandInServer(
                version: "4.3.0",
                security: .tls(
                    certificateChain: [.file(path: folder.file("cert.pem"), format: .pem)],
                    privateKey: .file(path: folder.file("key.pem"), format: .pem)))
            let error = await refusal("sc://localhost:\(server.port)/;use_ssl=true")
            #expect(error?.code == .network && "\(error!)".contains("SSL_CERT_FILE"), "\(error!)")
            // Plain text to an encrypted port.
            let plain = await refusal("sc://127.0.0.1:\(server.port)")
            #expect(plain?.code == .network)
            await server.stop()
        }

        @Test func aWrongPortIsRefusedAtOnce() async throws {
            // Nothing listens on a port that a server has just given back.
            let server = try await StandInServer(version: "4.3.0")
            let port = server.port
            await server.stop()
            let error = await refusal("sc://127.0.0.1:\(port)")
            #expect(error?.code == .network && "\(error!)".contains("127.0.0.1:\(port)"))
            let host = await refusal("sc://no-such-host.invalid:15002")
            #expect(host?.code == .network && "\(host!)".contains("no-such-host.invalid"))
        }
    }
#endif
