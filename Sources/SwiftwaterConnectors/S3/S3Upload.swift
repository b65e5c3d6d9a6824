#if Services
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage

    /// An object that is sent in parts while it is written. One that fits a part is put whole.
    final class S3Upload: ObjectUpload {
        private struct Part {
            let number: Int
            let tag: String
            let checksum: String
        }

        private struct State {
            var parts: [Part] = []
            var running = 0
            var failure: (any Error)?
        }

        private let store: S3Store
        private let key: String
        private let path: String
        private let writer = S3Store.newWriter()
        private let state = Monitor(State())
        private var buffer: [UInt8] = []
        private var identifier: String?
        private var partCount = 0
        private var isDone = false

        init(_ store: S3Store, key: String, path: String) { (self.store, self.key, self.path) = (store, key, path) }

        deinit { abandon() }

        /// A service takes 10,000 parts, so that later ones are longer.
        private var partBytes: Int { max(store.client.settings.partBytes, 5 << 20) << min(10, partCount / 1000) }

        func write(_ bytes: UnsafeRawBufferPointer) throws {
            var rest = bytes[...]
            while !rest.isEmpty {
                if buffer.count >= partBytes { try sendPart() }
                let piece = rest.prefix(partBytes - buffer.count)
                buffer.append(contentsOf: piece)
                rest = rest.dropFirst(piece.count)
            }
        }

        private func sendPart() throws {
            if identifier == nil { try begin() }
            partCount += 1
            let (number, bytes) = (partCount, buffer)
            buffer = []
            let threads = max(1, store.client.settings.parallelism / 2)
            try state.wait { state -> Void? in
                if let failure = state.failure { throw failure }
                guard state.running < threads else { return nil }
                state.running += 1
                return ()
            }
            let (client, state, name) = (store.client, state, store.name(of: key))
            let query = [(name: "partNumber", value: String(number)), ("uploadId", identifier!)]
            let path = path
            SystemThread.start(named: "store-part") {
                do {
                    let checksum = S3Store.checksum(bytes)
                    let answer = try client.send(
                        .init(
                            method: "PUT", key: path, query: query, headers: [(S3Store.checksumHeader, checksum)],
                            body: bytes))
                    guard let tag = answer["etag"] else {
                        throw SwiftwaterError(
                            .unsupported, "the service names no version of a part", at: .init(file: name))
                    }
                    state.update { $0.parts.append(Part(number: number, tag: tag, checksum: checksum)) }
                } catch { state.update { $0.failure = $0.failure ?? error } }
                state.update { $0.running -= 1 }
            }
        }

        private func begin() throws {
            let answer = try store.client.send(
                .init(
                    method: "POST", key: path, query: [("uploads", "")],
                    headers: [("x-amz-checksum-algorithm", "CRC32C"), (S3Store.writerHeader, writer)]))
            guard let found = try XMLTree(parsing: answer.body)["UploadId"]?.text, !found.isEmpty else {
                throw SwiftwaterError(
                    .unsupported, "the service gives no number to an upload in parts",
                    at: .init(file: store.name(of: key)), remedy: "use a service that does")
            }
            identifier = found
        }

        func commit() throws -> ObjectVersion {
            guard identifier != nil else {
                isDone = true
                return try store.put(key, buffer)
            }
            return try finish([])!
        }

        func commitIfAbsent() throws -> ObjectVersion? {
            guard identifier != nil else {
                isDone = true
                return try store.putIfAbsent(key, buffer)
            }
            // Older services do not know the condition when parts are put together; they are asked before.
            if try store.info(key) != nil {
                abandon()
                return nil
            }
            return try finish([("if-none-match", "*")])
        }

        /// Puts the parts together.
        private func finish(_ headers: [(name: String, value: String)]) throws -> ObjectVersion? {
            if !buffer.isEmpty { try sendPart() }
            let parts = try state.wait { state -> [Part]? in
                guard state.running == 0 else { return nil }
                if let failure = state.failure { throw failure }
                return state.parts.sorted { $0.number < $1.number }
            }
            var body = "<CompleteMultipartUpload>"
            for part in parts {
                body += "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(part.tag)</ETag>"
                body += "<ChecksumCRC32C>\(part.checksum)</ChecksumCRC32C></Part>"
            }
            body += "</CompleteMultipartUpload>"
            var operation = S3Client.Operation(
                method: "POST", key: path, query: [("uploadId", identifier!)], headers: headers,
                body: Array(body.utf8))
            operation.expected = [412, 404]
            for _ in 0..<store.client.settings.retries.attempts {
                var attempts = 0
                let answer = try store.client.send(operation, attempts: &attempts).answer
                let document = try? XMLTree(parsing: answer.body)
                let tag = answer.status == 200 && document?.name != "Error" ? document?["ETag"]?.text : nil
                // It may have been put together by a request whose answer was lost. Some services name another tag
                // here than later.
                if let version = try store.versionIfOurs(key, writer) ?? tag.map({ ObjectVersion($0.unquoted) }) {
                    isDone = true
                    return version
                }
                if answer.status == 412 {
                    abandon()
                    return nil
                }
                let error = S3Error(answer)
                guard answer.status == 200 && error.isRetryable else {
                    throw error.error(store.name(of: key), bucket: store.client.bucket, isSigned: true)
                }
            }
            throw SwiftwaterError(
                .network, "the parts could not be put together", at: .init(file: store.name(of: key)),
                remedy: "try again later", isRetryable: true)
        }

        func abandon() {
            guard !isDone else { return }
            isDone = true
            buffer = []
            guard let identifier else { return }
            state.wait { $0.running == 0 ? () : nil }
            // The bucket's rules remove what cannot be removed now.
            _ = try? store.client.send(
                .init(method: "DELETE", key: path, query: [("uploadId", identifier)], expected: [404]))
        }
    }
#endif
