#if Services
    import Crypto
    import Foundation
    import Logging
    import NIOHTTP1
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage
    import SwiftwaterStreaming

    /// A sink that sends each batch of an output to a web address, as one signed message
    /// (https://www.standardwebhooks.com): `POST`, a body of JSON with `output`, `batch` (the batch time in
    /// milliseconds) and `rows`, and the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    ///
    /// The id is that of the batch, and is also sent as `Idempotency-Key`. What was accepted is noted in a file, so a
    /// later process does not send it again; only a message that was accepted just before the program was killed comes
    /// twice, with the same id. A receiver that knows the last ids counts each batch once.
    public final class WebhookSink: TableSink {
        private let url: String
        private let label: String
        private let key: SymmetricKey
        private let retry: RetryPolicy
        private let clock: any StreamClock
        private let service: HTTPService
        private let logger: Logger
        private let record: WebhookRecord

        /// Creates a sink.
        ///
        /// - Parameters:
        ///   - address: `https://HOST/PATH`, or `http://` for a service on this machine.
        ///   - secret: what sender and receiver share; one that begins with `whsec_` is in Base64.
        ///   - record: the file in which accepted batches are noted; nil to note them in memory.
        ///   - retry: when a message is sent again that failed, or was answered with 408, 425, 429 or 500 to 599. By
        ///     default 12 times, over 53 seconds on average.
        ///   - certificates: a file of the certificates to trust, in PEM; nil for the system's.
        ///   - logger: receives messages; the context's logger by default.
        ///   - clock: tells the time.
        /// - Throws: `invalidArgument` for another address; `io` or `malformedInput` for the file.
        public init(
            _ address: String, secret: Secret, record: String? = nil, retry: RetryPolicy = RetryPolicy(attempts: 12),
            certificates: String? = nil, clock: any StreamClock = SystemClock(),
            logger: Logger = Logger(label: "swiftwater")
        ) throws {
            let parts = URLComponents(string: address)
            guard let parts, let host = parts.host, !host.isEmpty, let scheme = parts.scheme, parts.fragment == nil,
                parts.user == nil, ["http", "https"].contains(scheme)
            else {
                throw SwiftwaterError(
                    .invalidArgument, "the address of the webhook is not one of the form https://HOST/PATH",
                    remedy: "leave out users and fragments")
            }
            guard scheme == "https" || ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host) else {
                throw SwiftwaterError(
                    .invalidArgument, "http://\(host) would send the rows for anyone to read",
                    remedy: "use https://; http:// is for services on this machine")
            }
            url = address
            label = "\(scheme)://\(host)\(parts.port.map { ":\($0)" } ?? "")"
            (key, self.retry, self.clock, self.logger) = (try Self.key(secret), retry, clock, logger)
            service = HTTPService.shared(certificates: certificates)
            self.record = try WebhookRecord(path: record)
        }

        /// Does nothing: a receiver learns of an output by its first batch.
        ///
        /// - Throws: `invalidArgument` for a name that is too long for an id.
        public func open(output: String, columns: [String]) throws {
            guard !output.isEmpty, Self.id(output, BatchTime(milliseconds: .max)).utf8.count <= 200 else {
                throw SwiftwaterError(
                    .invalidArgument, "an output cannot be named '\(output)' in a webhook",
                    remedy: "choose a name of at most 170 letters and digits")
            }
        }

        /// The id of the message with a batch.
        private static func id(_ output: String, _ time: BatchTime) -> String {
            "\(PercentEncoding.encoded(output))-\(time.milliseconds)"
        }

        /// Sends a batch, and waits until it is accepted.
        ///
        /// - Throws: `network` if it was not; `denied`; `invalidState` if the receiver refuses the message.
        public func commit(output: String, _ batch: SinkBatch) throws {
            if record.has(output, batch.time) { return }
            let body = Array(Self.body(output, batch).utf8)
            let id = Self.id(output, batch.time)
            var attempt = 0
            while true {
                attempt += 1
                let problem: SwiftwaterError
                var least = Duration.zero
                do {
                    let answer = try service.send(request(id, body))
                    if (200..<300).contains(answer.status) {
                        if attempt > 1 { logger.warning("\(label): accepted \(id)") }
                        return try record.note(output, batch.time)
                    }
                    problem = refusal(answer)
                    least = HTTPAgent.retryAfter(HTTPHeaders(answer.headers.map { ($0.name, $0.value) })) ?? .zero
                } catch let error as SwiftwaterError { problem = error }
                guard problem.isRetryable, attempt < retry.attempts else { throw problem }
                if attempt == 1 { logger.warning("\(problem.message); trying again") }
                retry.wait(after: attempt, least: min(least, .seconds(60)))
            }
        }

        private func refusal(_ answer: HTTPAnswer) -> SwiftwaterError {
            let words = TerminalText.safe(String(HTTPAgent.words(Array(answer.body.prefix(400))).prefix(200)))
            let what = "\(label): the webhook answered \(answer.status)\(words.isEmpty ? "" : ": \(words)")"
            switch answer.status {
            case 401, 403:
                return SwiftwaterError(.denied, what, remedy: "check that both sides have the same secret and clock")
            case 408, 425, 429, 500...599: return SwiftwaterError(.network, what, isRetryable: true)
            case 300..<400:
                return SwiftwaterError(.invalidState, what, remedy: "use the address that it names; none is followed")
            default: return SwiftwaterError(.invalidState, what, remedy: "check the address and what it takes")
            }
        }

        private func request(_ id: String, _ body: [UInt8]) -> HTTPRequest {
            let seconds = clock.instant().components.seconds
            var hash = HMAC<SHA256>(key: key)
            hash.update(data: Data("\(id).\(seconds).".utf8))
            hash.update(data: Data(body))
            return HTTPRequest(
                "POST", url,
                headers: [
                    ("Content-Type", "application/json"), ("User-Agent", HTTPAgent.name), ("Idempotency-Key", id),
                    ("webhook-id", id), ("webhook-timestamp", "\(seconds)"),
                    ("webhook-signature", "v1,\(Data(hash.finalize()).base64EncodedString())"),
                ], body: body)
        }

        private static func key(_ secret: Secret) throws -> SymmetricKey {
            guard secret.text.hasPrefix("whsec_") else { return SymmetricKey(data: Data(secret.text.utf8)) }
            guard let bytes = Data(base64Encoded: String(secret.text.dropFirst(6))), !bytes.isEmpty else {
                throw SwiftwaterError(
                    .invalidArgument, "the webhook's secret begins with whsec_, and the rest is not in Base64",
                    remedy: "copy it whole, with the = at its end")
            }
            return SymmetricKey(data: bytes)
        }

        private static func body(_ output: String, _ batch: SinkBatch) -> String {
            JSONWriter.object { json in
                json.member("output", output)
                json.member("batch", batch.time.milliseconds)
                json.member("rows", array: batch.rows) { json, row in
                    json.object { json in
                        for (column, value) in zip(batch.columns, row) { json.member(column, value) }
                    }
                }
            }
        }

        public func isCommitted(output: String, _ time: BatchTime) -> Bool { record.has(output, time) }
        public func lastCommitted(output: String) -> BatchTime? { record.last(of: output) }
    }
#endif
