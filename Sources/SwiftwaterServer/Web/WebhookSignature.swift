#if Server
    import Crypto
    import Foundation
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore

    /// The signatures of webhooks: an HMAC with SHA-256 of the body, as sent, under a secret that sender and receiver
    /// share. Two forms are taken:
    ///
    /// - `X-Hub-Signature-256: sha256=HEX` (WebSub, GitHub): of the body alone, so that a copy of the request counts
    ///   again.
    /// - `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,BASE64` (Standard Webhooks): of the three, with a
    ///   time that may not be older than five minutes. A secret that begins with `whsec_` is in Base64.
    struct WebhookSignature: Sendable {
        private static let id = HTTPField.Name("webhook-id")!
        private static let timestamp = HTTPField.Name("webhook-timestamp")!
        private static let signature = HTTPField.Name("webhook-signature")!
        private static let hubSignature = HTTPField.Name("x-hub-signature-256")!
        /// How far a message's time may be from the server's.
        static let tolerance = Duration.seconds(300)

        private let secret: Secret

        init(_ secret: Secret) { self.secret = secret }

        /// Checks a message.
        ///
        /// - Parameter now: the time since 1970.
        /// - Returns: its id; nil if the form has none that is signed.
        /// - Throws: a `Problem` (401) that says what is wrong.
        func check(_ headers: HTTPFields, _ body: ByteBuffer, at now: Duration) throws -> String? {
            if let shown = headers[Self.signature] { return try checkStandard(shown, headers, body, now) }
            if let shown = headers[Self.hubSignature] {
                try checkHub(shown, body)
                return nil
            }
            throw Self.refusal("a signature is required: webhook-signature or X-Hub-Signature-256")
        }

        private func checkStandard(
            _ shown: String, _ headers: HTTPFields, _ body: ByteBuffer, _ now: Duration
        ) throws -> String {
            guard let id = headers[Self.id], (1...200).contains(id.utf8.count),
                let timestamp = headers[Self.timestamp], let seconds = Int64(timestamp)
            else { throw Self.refusal("webhook-signature comes with webhook-id and webhook-timestamp, in seconds") }
            let distance = now - .seconds(min(max(seconds, 0), 1 << 40))
            guard distance <= Self.tolerance, distance >= .zero - Self.tolerance else {
                throw Self.refusal("webhook-timestamp is more than five minutes from this machine's clock")
            }
            var hash = HMAC<SHA256>(key: key)
            hash.update(data: Data("\(id).\(timestamp).".utf8))
            hash.update(data: Data(body.readableBytesView))
            let code = Data(hash.finalize())
            let isRight = shown.split(separator: " ").contains { part in
                guard part.hasPrefix("v1,"), let found = Data(base64Encoded: String(part.dropFirst(3))) else {
                    return false
                }
                return Secret(found.base64EncodedString()).matches(code.base64EncodedString())
            }
            guard isRight else { throw Self.refusal("the signature is not that of this body, id and time") }
            return id
        }

        private func checkHub(_ shown: String, _ body: ByteBuffer) throws {
            let code = HMAC<SHA256>.authenticationCode(
                for: Data(body.readableBytesView), using: SymmetricKey(data: Data(secret.text.utf8)))
            let right = "sha256=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            guard Secret(right).matches(shown.trimmed.lowercased()) else {
                throw Self.refusal("the signature is not that of this body")
            }
        }

        private var key: SymmetricKey {
            if secret.text.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(secret.text.dropFirst(6))) {
                return SymmetricKey(data: bytes)
            }
            return SymmetricKey(data: Data(secret.text.utf8))
        }

        private static func refusal(_ what: String) -> Problem { Problem(.unauthorized, what) }
    }
#endif
