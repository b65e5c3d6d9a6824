#if Services
    import Foundation
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStorage

    /// A bucket of Amazon S3 or of a service that speaks its language, or the objects in it under a prefix.
    ///
    /// Objects are read and written in parts, several at a time. What fails for a while is tried again; a read whose
    /// connection breaks goes on where it was. Costs are in `docs/S3.md`.
    public final class S3Store: ObjectStore {
        /// The prefix of all keys.
        public let prefix: String
        let client: S3Client

        /// Creates a store. Nothing is sent before the first use.
        ///
        /// - Parameters:
        ///   - bucket: the bucket's name.
        ///   - prefix: the prefix of all keys, such as `checkpoints/`.
        ///   - settings: where the service is; nil for what AWS's tools find in the environment and the profile.
        /// - Throws: `invalidArgument` for a name that no bucket has, and the errors of the profile.
        public init(bucket: String, prefix: String = "", settings: S3Settings? = nil) throws {
            self.prefix = prefix
            let environment = ProcessInfo.processInfo.environment
            let profile = try AWSProfile(environment: environment, files: LocalFileSystem())
            let settings = settings ?? S3Settings(environment: environment, profile: profile)
            client = try S3Client(
                bucket: bucket, settings: settings,
                credentials: AWSCredentialSource(
                    environment: environment, profile: profile, certificates: settings.certificates),
                clock: SystemClock())
        }

        package init(
            bucket: String, prefix: String = "", settings: S3Settings, credentials: AWSCredentialSource,
            clock: any StreamClock = SystemClock()
        ) throws {
            self.prefix = prefix
            client = try S3Client(bucket: bucket, settings: settings, credentials: credentials, clock: clock)
        }

        /// What was sent and received.
        public var traffic: StoreTraffic { client.traffic }

        /// Returns the object's address, such as `s3://bucket/key`.
        public func name(of key: String) -> String { client.name(prefix + key) }

        func full(_ key: String) throws -> String {
            try ObjectKey.check(key)
            return prefix + key
        }

        // MARK: Writing

        /// Writes an object, replacing any object with the key.
        @discardableResult
        public func put(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion {
            let answer = try client.send(try putting(key, bytes))
            return try version(answer, key)
        }

        /// Writes an object if there is none with the key.
        public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws -> ObjectVersion? {
            // The service answers to a request that it has applied already as to one of somebody else.
            let writer = S3Store.newWriter()
            var operation = try putting(key, bytes)
            operation.headers += [("if-none-match", "*"), (S3Store.writerHeader, writer)]
            operation.expected = [412]
            var attempts = 0
            let answer = try client.send(operation, attempts: &attempts).answer
            guard answer.status == 412 else { return try version(answer, key) }
            return attempts > 1 ? try versionIfOurs(key, writer) : nil
        }

        private func putting(_ key: String, _ bytes: [UInt8]) throws -> S3Client.Operation {
            .init(
                method: "PUT", key: try full(key), headers: [(S3Store.checksumHeader, S3Store.checksum(bytes))],
                body: bytes)
        }

        /// Returns the version of an object if this writer put it.
        func versionIfOurs(_ key: String, _ writer: String) throws -> ObjectVersion? {
            let answer = try head(key)
            return answer?[S3Store.writerHeader] == writer ? try version(answer!, key) : nil
        }

        func version(_ answer: HTTPAnswer, _ key: String) throws -> ObjectVersion {
            guard let tag = answer["etag"] else {
                throw SwiftwaterError(
                    .unsupported, "the service names no version of the object", at: .init(file: name(of: key)),
                    remedy: "use a service that answers with ETag")
            }
            return ObjectVersion(tag.unquoted)
        }

        /// Begins an object of unknown length, which is sent in parts.
        public func upload(_ key: String) throws -> any ObjectUpload { S3Upload(self, key: key, path: try full(key)) }

        /// Removes an object. Does nothing if there is none.
        public func delete(_ key: String) throws {
            _ = try client.send(.init(method: "DELETE", key: try full(key), expected: [404]))
        }

        // MARK: Reading

        private func head(_ key: String) throws -> HTTPAnswer? {
            let answer = try client.send(
                .init(
                    method: "HEAD", key: try full(key), headers: [("x-amz-checksum-mode", "ENABLED")], expected: [404]))
            return answer.status == 404 ? nil : answer
        }

        /// Returns an object's length and version; nil if the object does not exist.
        public func info(_ key: String) throws -> ObjectInfo? {
            guard let answer = try head(key) else { return nil }
            return ObjectInfo(
                key: key, byteCount: answer["content-length"].flatMap { Int($0) } ?? 0,
                version: try version(answer, key))
        }

        /// Returns all bytes of an object. If the service knows their checksum, it is compared.
        public func get(_ key: String) throws -> [UInt8] {
            guard let answer = try head(key), let length = answer["content-length"].flatMap({ Int($0) }) else {
                // Only an answer with a body tells whether the key or the bucket is missing.
                return try client.send(.init(method: "GET", key: try full(key))).body
            }
            guard length > 0 else { return [] }
            let bytes = try [UInt8](unsafeUninitializedCapacity: length) { memory, count in
                count = try read(key, at: 0, into: UnsafeMutableRawBufferPointer(memory), of: answer["etag"])
            }
            let expected = answer[S3Store.checksumHeader]
            guard bytes.count == length, expected.map({ $0.contains("-") || $0 == S3Store.checksum(bytes) }) ?? true
            else {
                throw SwiftwaterError(
                    .corrupted, "the bytes that came are not those that are stored", at: .init(file: name(of: key)),
                    remedy: "read it again", isRetryable: true)
            }
            return bytes
        }

        /// Returns the bytes in a range of an object, up to the object's end.
        public func get(_ key: String, _ range: Range<Int>) throws -> [UInt8] {
            guard !range.isEmpty else {
                guard try info(key) == nil else { return [] }
                return try client.send(.init(method: "GET", key: try full(key))).body
            }
            return try [UInt8](unsafeUninitializedCapacity: range.count) { memory, count in
                count = try read(key, at: range.lowerBound, into: UnsafeMutableRawBufferPointer(memory))
            }
        }

        /// Reads the bytes that begin at `offset` into memory, several parts at a time.
        public func read(_ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer) throws -> Int {
            try read(key, at: offset, into: memory, of: nil)
        }

        /// Reads bytes of one version of an object.
        private func read(
            _ key: String, at offset: Int, into memory: UnsafeMutableRawBufferPointer, of version: String?
        ) throws -> Int {
            guard !memory.isEmpty else { return 0 }
            let length = client.settings.partBytes
            let first = try part(key, offset, UnsafeMutableRawBufferPointer(rebasing: memory.prefix(length)), version)
            let end = min(memory.count, first.total.map { max(0, $0 - offset) } ?? first.count)
            guard end > length else { return first.count }
            // The rest has to be of the same version.
            let starts = Array(stride(from: length, to: end, by: length))
            let shared = UncheckedSendable(memory)
            let tag = version ?? first.version
            try ConcurrentParts.run(starts.count, threads: client.settings.parallelism) { [self] index in
                let place = shared.value[starts[index]..<min(starts[index] + length, end)]
                let found = try part(
                    key, offset + starts[index], UnsafeMutableRawBufferPointer(rebasing: place), tag)
                guard found.count == place.count else { throw changed(key) }
            }
            return end
        }

        private func changed(_ key: String) -> SwiftwaterError {
            SwiftwaterError(
                .io, "the object was replaced while it was read", at: .init(file: name(of: key)),
                remedy: "read it again", isRetryable: true)
        }

        /// Reads one part. The total is the object's length.
        private func part(
            _ key: String, _ offset: Int, _ memory: UnsafeMutableRawBufferPointer, _ version: String?
        ) throws -> (count: Int, total: Int?, version: String?) {
            var operation = S3Client.Operation(method: "GET", key: try full(key), expected: [412, 416])
            operation.expectedCodes = ["InvalidArgument"]
            if let version { operation.headers.append(("if-match", version)) }
            var attempts = 0
            let (answer, count) = try client.send(operation, into: memory, at: offset, attempts: &attempts)
            if answer.status == 412 { throw changed(key) }
            if answer.status == 400 {
                // Some services refuse a range that goes past the end, rather than to shorten it.
                guard let length = try info(key)?.byteCount, offset + memory.count > length else {
                    throw S3Error(answer).error(name(of: key), bucket: client.bucket, isSigned: true)
                }
                guard length > offset else { return (0, length, nil) }
                let rest = UnsafeMutableRawBufferPointer(rebasing: memory.prefix(length - offset))
                return try part(key, offset, rest, version)
            }
            let total = answer["content-range"]?.split(separator: "/").last.flatMap { Int($0) }
            return answer.status == 416 ? (0, total ?? 0, nil) : (count, total ?? count, answer["etag"])
        }

        // MARK: Lists

        /// Returns the objects whose keys begin with a prefix, ordered by the keys' bytes.
        public func list(prefix: String) throws -> [ObjectInfo] {
            var found: [ObjectInfo] = []
            var token: String?
            repeat {
                var query = [
                    (name: "list-type", value: "2"), ("prefix", self.prefix + prefix), ("encoding-type", "url"),
                ]
                if let token { query.append(("continuation-token", token)) }
                let page = try XMLTree(parsing: client.send(.init(method: "GET", query: query)).body)
                let isEncoded = page["EncodingType"]?.text == "url"
                for object in page.all("Contents") {
                    let text = object["Key"]?.text ?? ""
                    let key = isEncoded ? PercentEncoding.decoded(text) : text
                    // A folder's marker, which consoles create, is not a key.
                    guard key.hasPrefix(self.prefix), !key.hasSuffix("/") else { continue }
                    found.append(
                        ObjectInfo(
                            key: String(key.dropFirst(self.prefix.count)),
                            byteCount: object["Size"].flatMap { Int($0.text) } ?? 0,
                            version: ObjectVersion((object["ETag"]?.text ?? "").unquoted)))
                }
                token = page["IsTruncated"]?.text == "true" ? page["NextContinuationToken"]?.text : nil
            } while token != nil
            return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }

        // MARK: Names

        static let checksumHeader = "x-amz-checksum-crc32c"
        /// Tells an object that this writer put from one of another writer.
        static let writerHeader = "x-amz-meta-swiftwater-writer"

        static func newWriter() -> String { String(UInt64.random(in: .min ... .max), radix: 36) }

        /// Returns the CRC-32C of bytes as the service writes it: big-endian, in Base64.
        static func checksum(_ bytes: [UInt8]) -> String {
            let value = Checksum(bytes).value
            return Data([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }).base64EncodedString()
        }
    }

    extension String {
        /// The text without the quotes of an entity tag.
        var unquoted: String { hasPrefix("\"") && hasSuffix("\"") && count > 1 ? String(dropFirst().dropLast()) : self }
    }
#endif
