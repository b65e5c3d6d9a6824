#if Server
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterFormats

    extension Request {
        // MARK: Query

        /// Returns a whole number of the query within a range, or the default.
        func number(_ name: String, default value: Int, in range: ClosedRange<Int>) throws -> Int {
            guard let text = try parameter(name) else { return value }
            guard let number = Int(text), range.contains(number) else {
                throw Problem(
                    .badRequest, "'\(name)' takes a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        /// Returns a truth value of the query, false by default.
        func bool(_ name: String) throws -> Bool {
            guard let text = try parameter(name) else { return false }
            guard let value = Bool(text) else { throw Problem(.badRequest, "'\(name)' takes true or false") }
            return value
        }

        /// Returns a parameter of the query, encoded as in forms: `+` is a space. Refuses one that is given twice, and
        /// text that is not UTF-8.
        func parameter(_ name: String) throws -> String? {
            var found: String?
            for pair in (uri.query ?? "").split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard try Self.decoded(parts[0]) == name else { continue }
                guard found == nil else { throw Problem(.badRequest, "'\(name)' is given twice") }
                found = parts.count == 2 ? try Self.decoded(parts[1]) : ""
            }
            return found
        }

        /// Refuses parameters with other names than these: a misspelt one would have no effect.
        func checkParameters(_ names: [String]) throws {
            for pair in (uri.query ?? "").split(separator: "&") {
                let name = try Self.decoded(pair.prefix { $0 != "=" })
                guard !names.contains(name) else { continue }
                let list = names.joined(separator: ", ")
                throw Problem(
                    .badRequest,
                    "the query has '\(name.prefix(100))'; this path takes \(names.isEmpty ? "no parameters" : list)")
            }
        }

        private static func decoded(_ part: Substring) throws -> String {
            guard let text = PercentEncoding.decoded(part, plusIsSpace: true) else {
                throw Problem(.badRequest, "the query has '\(part)', which is not percent-encoded UTF-8")
            }
            return text
        }

        /// Returns a text of the query with at most `max` characters (Unicode scalars).
        func text(_ name: String, max: Int) throws -> String? {
            guard let text = try parameter(name) else { return nil }
            guard text.unicodeScalars.count <= max else {
                throw Problem(.badRequest, "'\(name)' takes at most \(max) characters")
            }
            return text
        }

        // MARK: Body

        /// Returns the whole body, decompressed and without a byte order mark.
        ///
        /// - Parameter limit: the number of bytes, compressed and not.
        func bytes(upTo limit: Int) async throws -> ByteBuffer {
            try checkCharset()
            let encoding = headers[.contentEncoding]?.trimmed.lowercased() ?? "identity"
            guard ["identity", "gzip", "x-gzip"].contains(encoding) else {
                throw Problem(
                    .unsupportedMediaType,
                    "the content encoding '\(encoding.prefix(100))' is not known; send gzip, or none",
                    headers: [.acceptEncoding: "gzip, identity"])
            }
            var body = try await rawBytes(upTo: limit)
            if encoding != "identity" { body = try Self.decompressed(body, upTo: limit) }
            if body.readableBytesView.starts(with: [0xEF, 0xBB, 0xBF]) { body.moveReaderIndex(forwardBy: 3) }
            return body
        }

        /// Refuses text that is not UTF-8 by its own account.
        private func checkCharset() throws {
            let parameters = (headers[.contentType] ?? "").split(separator: ";").dropFirst()
            for parameter in parameters {
                let parts = parameter.split(separator: "=", maxSplits: 1).map { String($0).trimmed.lowercased() }
                guard parts.count == 2, parts[0] == "charset" else { continue }
                let name = parts[1].filter { $0 != "\"" }
                guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(name) else {
                    throw Problem(.unsupportedMediaType, "the charset '\(name.prefix(100))' is not known; send UTF-8")
                }
            }
        }

        private static func decompressed(_ body: ByteBuffer, upTo limit: Int) throws -> ByteBuffer {
            do {
                guard let bytes = try body.withUnsafeReadableBytes({ try Gzip.decompressed($0, upTo: limit) }) else {
                    throw Problem(.contentTooLarge, "the decompressed body is larger than the limit of \(limit) bytes")
                }
                return ByteBuffer(bytes: bytes)
            } catch let error as SwiftwaterError {
                throw Problem(.badRequest, error.message)
            }
        }

        /// Returns the whole body as it was sent.
        func rawBytes(upTo limit: Int) async throws -> ByteBuffer {
            if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
                throw Problem(.contentTooLarge, "the body has \(length) bytes; the limit is \(limit)")
            }
            var body = ByteBuffer()
            do {
                for try await part in self.body {
                    guard body.readableBytes + part.readableBytes <= limit else {
                        throw Problem(
                            .contentTooLarge, "the body is larger than the limit of \(limit) bytes")
                    }
                    body.writeImmutableBuffer(part)
                }
            } catch let error where error is Problem || error is CancellationError {
                throw error
            } catch {
                // The client went away or did not send HTTP, which the operator cannot fix.
                throw Problem(.badRequest, "the body ended early or is not HTTP")
            }
            return body
        }

        /// Returns the body as JSON.
        func json(upTo limit: Int) async throws -> JSONValue {
            let type = headers[.contentType]?.split(separator: ";").first.map { $0.lowercased().trimmed }
            guard type == "application/json" else {
                throw Problem(.unsupportedMediaType, "the body must be application/json")
            }
            let body = try await bytes(upTo: limit)
            do {
                return try body.withUnsafeReadableBytes { raw in
                    try JSONValue(parsing: raw.bindMemory(to: UInt8.self))
                }
            } catch { throw Problem(.badRequest, "\(error)") }
        }
    }

    extension ServerContext {
        /// Returns an id or a tag of the path, percent-decoded.
        func text(_ name: String) throws -> String {
            guard let raw = parameters.get(name), let text = PercentEncoding.decoded(raw[...]), text.isIdentifier else {
                throw Problem(.badRequest, "'\(name)' in the path takes \(String.identifierRule)")
            }
            return text
        }
    }
#endif
