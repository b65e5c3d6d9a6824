#if Services
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage

    /// Sends requests to a bucket: signs them, follows it to its region, renews credentials, and tries again.
    final class S3Client: Sendable {
        /// A request about the bucket or one of its objects.
        struct Operation {
            var method: String
            /// The object's key in the bucket; nil for the bucket itself.
            var key: String?
            var query: [(name: String, value: String)] = []
            var headers: [(name: String, value: String)] = []
            var body: [UInt8]?
            /// The statuses of refusals that the caller handles.
            var expected: Set<Int> = []
            /// The names of other refusals that the caller handles.
            var expectedCodes: Set<String> = []
        }

        private struct State {
            var region: String
            /// How much the service's clock is ahead of ours, once it said that they differ.
            var skew: Duration = .zero
        }

        let bucket: String
        let settings: S3Settings
        let traffic = StoreTraffic()
        private let credentials: AWSCredentialSource
        private let clock: any StreamClock
        private let service: HTTPService
        private let state: Monitor<State>

        init(
            bucket: String, settings: S3Settings, credentials: AWSCredentialSource, clock: any StreamClock
        ) throws {
            (self.bucket, self.settings, self.credentials, self.clock) = (bucket, settings, credentials, clock)
            service = HTTPService.shared(
                .init(connect: settings.connectTimeout, silence: settings.silenceTimeout),
                certificates: settings.certificates)
            state = Monitor(State(region: settings.region))
            guard !bucket.isEmpty, !bucket.contains("/") else {
                throw SwiftwaterError(
                    .invalidArgument, "'\(bucket)' is not the name of a bucket", remedy: "write s3://BUCKET/KEY")
            }
            if let endpoint = settings.endpoint,
                !["http://", "https://"].contains(where: { endpoint.hasPrefix($0) && endpoint.count > $0.count })
            {
                throw SwiftwaterError(
                    .invalidArgument, "'\(endpoint)' is not the address of a service",
                    remedy: "write it as https://HOST or http://HOST:PORT (AWS_ENDPOINT_URL)")
            }
        }

        /// Returns how messages name an object.
        func name(_ key: String?) -> String { "s3://\(bucket)/\(key ?? "")" }

        /// Sends a request until the service decides on it.
        ///
        /// - Parameters:
        ///   - memory: receives the body. What a broken connection leaves out is asked for again.
        ///   - offset: the offset in the object at which `memory` begins.
        ///   - attempts: receives the number of attempts; with more than one, an earlier one may have been applied.
        /// - Returns: the answer, and the number of bytes in `memory`.
        func send(
            _ operation: Operation, into memory: UnsafeMutableRawBufferPointer? = nil, at offset: Int = 0,
            attempts: inout Int
        ) throws -> (answer: HTTPAnswer, count: Int) {
            var operation = operation
            var received = 0
            var version: String?
            var hasMoved = false
            var hasRenewed = false
            // Those that failed since the last byte came.
            var failures = 0
            attempts = 0
            while true {
                attempts += 1
                let known = settings.isAnonymous ? nil : try settings.credentials ?? credentials.current()
                let rest = memory.map { UnsafeMutableRawBufferPointer(rebasing: $0[received...]) }
                var (count, answered) = (0, String?.none)
                do {
                    let request = request(operation, known, range: rest.map { ($0.count, offset + received) })
                    let answer = try attempt(request, rest, &count, &answered, isRetry: attempts > 1)
                    received += count
                    if (200..<300).contains(answer.status) || operation.expected.contains(answer.status) {
                        guard answer.status != 200 || memory == nil || offset + received - count == 0 else {
                            throw SwiftwaterError(
                                .unsupported, "the service does not read ranges of objects",
                                at: .init(file: name(operation.key)), remedy: "use a service that does")
                        }
                        return (answer, received)
                    }
                    let error = try explained(operation, answer, known)
                    if operation.expectedCodes.contains(error.code) { return (answer, received) }
                    if let region = error.region, !hasMoved, region != state.read({ $0.region }) {
                        state.update { $0.region = region }
                        hasMoved = true
                        continue
                    }
                    if error.code == "RequestTimeTooSkewed", !hasMoved, let time = answer.time {
                        state.update { $0.skew = time - clock.now() }
                        hasMoved = true
                        continue
                    }
                    if error.isStale || error.status == 403, !hasRenewed, settings.credentials == nil,
                        let known, known.expiration != nil || known.sessionToken != nil
                    {
                        hasRenewed = true
                        if try credentials.current(refused: known) != known { continue }
                    }
                    failures += 1
                    let known = error.error(
                        name(operation.key), bucket: bucket, isSigned: known != nil,
                        isTemporary: known?.sessionToken != nil)
                    guard known.isRetryable, failures < settings.retries.attempts else { throw known }
                    settings.retries.wait(after: failures, least: answer.pause)
                } catch let error as SwiftwaterError where error.code == .network && error.location == nil {
                    received += count
                    version = answered ?? version
                    // The rest has to be of the same version, even if the object is replaced meanwhile. Without a
                    // version, or with nothing left to ask for, all of it is asked for again.
                    if let version, received > 0, received < memory?.count ?? 0 {
                        if !operation.headers.contains(where: { $0.name == "if-match" }) {
                            operation.headers.append(("if-match", version))
                        }
                    } else {
                        received = 0
                    }
                    failures = count > 0 ? 1 : failures + 1
                    guard error.isRetryable, failures < settings.retries.attempts else {
                        var named = error
                        named.location = .init(file: name(operation.key))
                        throw named
                    }
                    settings.retries.wait(after: failures)
                }
            }
        }

        /// Sends a request until the service decides on it.
        func send(_ operation: Operation) throws -> HTTPAnswer {
            var attempts = 0
            return try send(operation, attempts: &attempts).answer
        }

        private func attempt(
            _ request: HTTPRequest, _ memory: UnsafeMutableRawBufferPointer?, _ count: inout Int,
            _ version: inout String?, isRetry: Bool
        ) throws -> HTTPAnswer {
            var body = 0
            defer { traffic.count(sent: request.body?.count ?? 0, received: count + body, isRetry: isRetry) }
            let answer = try service.send(request, into: memory, receivedCount: &count, version: &version)
            body = answer.body.count
            return answer
        }

        /// Returns what the service says. An answer to `HEAD` cannot say it, so that the same is asked with `GET`.
        private func explained(
            _ operation: Operation, _ answer: HTTPAnswer, _ known: AWSCredentials?
        ) throws -> S3Error {
            let error = S3Error(answer)
            guard operation.method == "HEAD", answer.status < 500 else { return error }
            var other = operation
            (other.method, other.headers) = ("GET", [("range", "bytes=0-0")])
            let second = try service.send(request(other, known, range: nil))
            return second.status >= 400 ? S3Error(second) : error
        }

        // MARK: Addresses

        private func request(
            _ operation: Operation, _ known: AWSCredentials?, range: (count: Int, offset: Int)?
        ) -> HTTPRequest {
            let (region, skew) = state.read { ($0.region, $0.skew) }
            let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
            let base = settings.endpoint ?? "https://s3.\(region).\(domain)"
            let parts = base.split(separator: "/", omittingEmptySubsequences: true)
            var host = String(parts[1])
            var path = parts.dropFirst(2).map { "/" + $0 }.joined()
            // A certificate for *.s3.amazonaws.com covers no name with another dot.
            let isPlain = !bucket.contains(".") && bucket == bucket.lowercased()
            if settings.usesPathStyle ?? (settings.endpoint != nil || !isPlain) {
                path += "/" + PercentEncoding.encoded(bucket)
            } else {
                host = "\(bucket).\(host)"
            }
            path += "/" + PercentEncoding.encoded(operation.key ?? "", keepsSlash: true)
            var headers = operation.headers
            headers.append(("host", host))
            if let range { headers.append(("range", "bytes=\(range.offset)-\(range.offset + range.count - 1)")) }
            if let known {
                headers += AWSSignature(known, region: region).headers(
                    for: .init(operation.method, path, query: operation.query, headers: headers),
                    payloadHash: AWSSignature.hash(operation.body ?? []), at: clock.now() + skew)
            }
            let query = operation.query.isEmpty ? "" : "?" + PercentEncoding.query(operation.query)
            return HTTPRequest(
                operation.method, "\(parts[0])//\(host)\(path)\(query)", headers: headers, body: operation.body)
        }
    }

    extension HTTPAnswer {
        /// The time at the service.
        fileprivate var time: BatchTime? {
            self["date"].flatMap { Timestamp.milliseconds($0) }.map { BatchTime(milliseconds: $0) }
        }

        /// What the service asks to wait.
        fileprivate var pause: Duration {
            self["retry-after"].flatMap { Int($0) }.map { .seconds(min($0, 60)) } ?? .zero
        }
    }
#endif
