#if Services
    import Foundation
    import SwiftwaterCore
    import SwiftwaterFormats

    /// What the X API is shown: a bearer token, or one that a consumer's key and secret are exchanged for.
    final class XAccess: Sendable {
        static let remedy =
            "put the token of an app into X_BEARER_TOKEN, or its key and secret into X_CONSUMER_KEY and X_CONSUMER_SECRET; "
            + "see docs/LIVE.md"

        private enum Known: Sendable {
            case token(Secret)
            case consumer(key: Secret, secret: Secret)
        }

        private let known: Known
        private let server: LiveServerAddress
        private let service: HTTPService
        private let exchanged = Monitor<Secret?>(nil)

        /// Reads `X_BEARER_TOKEN`, or `X_CONSUMER_KEY` and `X_CONSUMER_SECRET`.
        ///
        /// - Throws: `denied` if there is neither.
        init(server: LiveServerAddress, environment: [String: String]) throws {
            func value(_ name: String) -> Secret? {
                environment[name].flatMap { text in
                    let text = text.filter { !$0.isWhitespace }
                    return text.isEmpty || !text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? nil : Secret(text)
                }
            }
            if let token = value("X_BEARER_TOKEN") {
                known = .token(token)
            } else if let key = value("X_CONSUMER_KEY"), let secret = value("X_CONSUMER_SECRET") {
                known = .consumer(key: key, secret: secret)
            } else {
                throw SwiftwaterError(.denied, "X wants a token, and there is none", remedy: XAccess.remedy)
            }
            self.server = server
            service = HTTPService.shared(
                certificates: environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }, environment: environment)
        }

        /// Returns the token. An exchanged one does not end.
        ///
        /// - Throws: `network`; `denied` if X does not know the consumer.
        func bearer() throws -> Secret {
            switch known {
            case .token(let token): return token
            case .consumer(let key, let secret):
                // One thread asks; the others wait for it.
                return try exchanged.update { exchanged in
                    if let exchanged { return exchanged }
                    let new = try exchange(key, secret)
                    exchanged = new
                    return new
                }
            }
        }

        private func exchange(_ key: Secret, _ secret: Secret) throws -> Secret {
            let pair = PercentEncoding.encoded(key.text) + ":" + PercentEncoding.encoded(secret.text)
            let request = HTTPRequest(
                "POST", server.url + "/oauth2/token",
                headers: [
                    ("authorization", "Basic " + Data(pair.utf8).base64EncodedString()),
                    ("content-type", "application/x-www-form-urlencoded;charset=UTF-8"),
                    ("user-agent", HTTPAgent.name),
                ], body: Array("grant_type=client_credentials".utf8))
            let answer = try service.send(request)
            guard answer.status == 200 else { throw problem(answer, "does not know the consumer's key and secret") }
            guard let json = try? answer.body.withUnsafeBufferPointer({ try JSONValue(parsing: $0) }),
                json["token_type"]?.string?.lowercased() == "bearer", let token = json["access_token"]?.string
            else {
                throw SwiftwaterError(
                    .malformedInput, "\(server.label) answered without a token", remedy: "check the address of the API")
            }
            return Secret(token)
        }

        /// Sends a request about rules, and returns the answer as JSON.
        ///
        /// - Throws: `network`, and what X says is wrong.
        func send(_ method: String, _ path: String, _ body: String? = nil) throws -> (status: Int, json: JSONValue) {
            var headers = [("authorization", "Bearer " + (try bearer()).text), ("user-agent", HTTPAgent.name)]
            if body != nil { headers.append(("content-type", "application/json")) }
            let answer = try service.send(
                HTTPRequest(method, server.url + path, headers: headers, body: body.map { Array($0.utf8) }))
            guard (200...299).contains(answer.status) || answer.status == 400 || answer.status == 422 else {
                throw problem(answer, "does not know the token")
            }
            guard let json = try? answer.body.withUnsafeBufferPointer({ try JSONValue(parsing: $0) }) else {
                throw SwiftwaterError(
                    .malformedInput, "\(server.label) answered with something that is not JSON (HTTP \(answer.status))",
                    remedy: "check the address of the API")
            }
            return (answer.status, json)
        }

        private func problem(_ answer: HTTPAnswer, _ refused: String) -> SwiftwaterError {
            let words = HTTPAgent.words(Array(answer.body.prefix(HTTPAgent.wordsMaxBytes)))
            let said = words.isEmpty ? "" : ": " + TerminalText.safe(String(words.prefix(300)))
            switch answer.status {
            case 401, 403:
                return SwiftwaterError(
                    .denied, "\(server.label) \(refused) (HTTP \(answer.status))\(said)", remedy: XAccess.remedy)
            case 429:
                return SwiftwaterError(
                    .network, "\(server.label) refuses because of too many requests (HTTP 429)\(said)",
                    remedy: "wait for a quarter of an hour")
            default:
                return SwiftwaterError(
                    .network, "\(server.label) answered HTTP \(answer.status)\(said)", remedy: "try again later")
            }
        }
    }
#endif
