#if Services
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage

    /// Sends requests to a name node, follows it to data nodes, and tries again.
    final class WebHDFSClient: Sendable {
        /// A request about a path.
        struct Operation {
            /// The method, such as `GET`.
            var method: String
            /// The operation, such as `OPEN`.
            var name: String
            /// The path, from `/`.
            var path: String
            var parameters: [(name: String, value: String)] = []
            /// What goes to the data node.
            var body: [UInt8]?
            /// The exceptions that the caller handles.
            var expected: Set<String> = []
        }

        let settings: WebHDFSSettings
        let traffic = StoreTraffic()
        private let service: HTTPService

        init(_ settings: WebHDFSSettings) throws {
            self.settings = settings
            service = HTTPService.shared(.init(connect: settings.connectTimeout, silence: settings.silenceTimeout))
            guard !settings.address.isEmpty, !settings.address.contains("/") else {
                throw SwiftwaterError(
                    .invalidArgument, "'\(settings.address)' is not the address of a name node",
                    remedy: "write webhdfs://HOST:PORT/PATH")
            }
        }

        /// Returns how messages name a file.
        func name(_ path: String) -> String {
            "\(settings.isSecure ? "swebhdfs" : "webhdfs")://\(settings.address)\(path)"
        }

        /// Sends a request until the cluster decides on it.
        ///
        /// - Parameters:
        ///   - memory: receives the body of a file. What a broken connection leaves out is asked for again.
        ///   - offset: the offset in the file at which `memory` begins.
        ///   - retries: when it is sent again, unless as the settings say.
        ///   - attempts: receives the number of attempts; with more than one, an earlier one may have been applied.
        /// - Returns: the answer, and the number of bytes in `memory`.
        func send(
            _ operation: Operation, into memory: UnsafeMutableRawBufferPointer? = nil, at offset: Int = 0,
            retries: RetryPolicy? = nil, attempts: inout Int
        ) throws -> (answer: HTTPAnswer, count: Int) {
            let retries = retries ?? settings.retries
            var received = 0
            var failures = 0
            attempts = 0
            while true {
                attempts += 1
                var count = 0
                do {
                    let rest = memory.map { UnsafeMutableRawBufferPointer(rebasing: $0[received...]) }
                    let answer = try attempt(operation, rest, offset + received, &count, isRetry: attempts > 1)
                    received += count
                    if (200..<300).contains(answer.status) {
                        // A data node that stops in the middle may end the body as if it were whole.
                        guard let memory, received < memory.count, count > 0 else { return (answer, received) }
                        continue
                    }
                    let error = WebHDFSError(answer)
                    if operation.expected.contains(error.exception) { return (answer, received) }
                    failures += 1
                    guard error.isRetryable, failures < retries.attempts else {
                        throw error.error(name(operation.path))
                    }
                    retries.wait(after: failures)
                } catch let error as SwiftwaterError where error.code == .network && error.location == nil {
                    received += count
                    failures = count > 0 ? 1 : failures + 1
                    guard error.isRetryable, failures < retries.attempts else {
                        var named = error
                        named.location = .init(file: name(operation.path))
                        throw named
                    }
                    retries.wait(after: failures)
                }
            }
        }

        /// Sends a request until the cluster decides on it.
        func send(_ operation: Operation) throws -> HTTPAnswer {
            var attempts = 0
            return try send(operation, attempts: &attempts).answer
        }

        private func attempt(
            _ operation: Operation, _ memory: UnsafeMutableRawBufferPointer?, _ offset: Int, _ count: inout Int,
            isRetry: Bool
        ) throws -> HTTPAnswer {
            var parameters = operation.parameters + [(name: "op", value: operation.name)]
            if let token = settings.delegationToken {
                parameters.append(("delegation", token.text))
            } else {
                parameters.append(("user.name", settings.user))
            }
            if let memory { parameters += [("offset", String(offset)), ("length", String(memory.count))] }
            let base = "\(settings.isSecure ? "https" : "http")://\(settings.address)/webhdfs/v1"
            let url = base + PercentEncoding.encoded(operation.path, keepsSlash: true) + "?"
            var (body, version) = (0, String?.none)
            defer { traffic.count(sent: 0, received: body, isRetry: isRetry) }
            let answer = try service.send(
                HTTPRequest(operation.method, url + PercentEncoding.query(parameters)), into: memory,
                receivedCount: &count, version: &version)
            body = answer.body.count
            // The name node has no data: it names a data node.
            guard answer.status == 307, let place = answer["location"] else { return answer }
            let headers = operation.body == nil ? [] : [(name: "content-type", value: "application/octet-stream")]
            defer { traffic.count(sent: operation.body?.count ?? 0, received: count, isRetry: false) }
            do {
                return try service.send(
                    HTTPRequest(operation.method, place, headers: headers, body: operation.body), into: memory,
                    receivedCount: &count, version: &version)
            } catch let error as SwiftwaterError where error.code == .network && operation.body?.isEmpty == false {
                // A data node that refuses a request closes the connection while the bytes are still sent, and nobody
                // reads why. Without bytes it says so.
                let refusal = try? service.send(HTTPRequest(operation.method, place, headers: headers, body: []))
                if let refusal, refusal.status >= 400 { return refusal }
                throw error
            }
        }
    }
#endif
