#if Server
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterFormats

    extension Request {
        // MARK: Query

        /// A number of the query between two others.
        func number(_ name: String, default value: Int, in range: ClosedRange<Int>) throws -> Int {
            guard let text = try parameter(name) else { return value }
            guard let number = Int(text), range.contains(number) else {
                throw Problem(
                    .badRequest, "'\(name)' takes a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        func truth(_ name: String) throws -> Bool {
            guard let text = try parameter(name) else { return false }
            guard let truth = Bool(text) else { throw Problem(.badRequest, "'\(name)' takes true or false") }
            return truth
        }

        /// A parameter of the query, as forms write it: `+` is a space. Given twice it is refused, and so is what is no UTF-8.
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

        private static func decoded(_ part: Substring) throws -> String {
            guard let text = PercentEncoding.decoded(part, plusIsSpace: true) else {
                throw Problem(.badRequest, "the query has '\(part)', which is no percent encoding of UTF-8")
            }
            return text
        }

        /// A text of the query with at most so many characters (scalars).
        func text(_ name: String, max: Int) throws -> String? {
            guard let text = try parameter(name) else { return nil }
            guard text.unicodeScalars.count <= max else {
                throw Problem(.badRequest, "'\(name)' takes at most \(max) characters")
            }
            return text
        }

        // MARK: Body

        /// The body, all of it.
        func bytes(upTo limit: Int) async throws -> ByteBuffer {
            if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
                throw Problem(.contentTooLarge, "the body has \(length) bytes; the server takes \(limit)")
            }
            var body = ByteBuffer()
            do {
                for try await part in self.body {
                    guard body.readableBytes + part.readableBytes <= limit else {
                        throw Problem(
                            .contentTooLarge, "the body is larger than the \(limit) bytes that the server takes")
                    }
                    body.writeImmutableBuffer(part)
                }
            } catch let error where error is Problem || error is CancellationError {
                throw error
            } catch {
                // Whoever sent it went away, or sent no HTTP: nothing that the server's operator could mend.
                throw Problem(.badRequest, "the body ended early, or is no HTTP")
            }
            return body
        }

        /// The body as JSON.
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
        /// An id or a tag in the path, without its percent encoding.
        func text(_ name: String) throws -> String {
            guard let raw = parameters.get(name), let text = PercentEncoding.decoded(raw[...]), text.isIdentifier else {
                throw Problem(.badRequest, "'\(name)' in the path takes \(String.identifierRule)")
            }
            return text
        }
    }

    extension JSONValue {
        /// The members of an object that has these and no others: a member that is misspelt is no silent default, and of two of a name none is
        /// what the sender meant.
        func members(_ names: String..., what: String) throws -> [JSONValue] {
            guard case .object(let all) = self else { throw Problem(.badRequest, "\(what) is no object") }
            for member in all where !names.contains(member.name) {
                throw Problem(.badRequest, "\(what) has '\(member.name)'; it takes \(names.joined(separator: ", "))")
            }
            return try names.map { name in
                guard let value = self[name] else { throw Problem(.badRequest, "\(what) has no '\(name)'") }
                guard all.count(where: { $0.name == name }) == 1 else {
                    throw Problem(.badRequest, "\(what) has '\(name)' twice")
                }
                return value
            }
        }

        /// An id.
        var id: String? { string.flatMap { $0.isIdentifier ? $0 : nil } }
    }

    extension String {
        static var identifierRule: String { "1 to 200 characters of UTF-8, and is not . or .." }

        /// What can name a user, an item or a tag. `.` and `..` are no names in a path; U+FFFD stands for what was no text, which is not the
        /// same each time.
        var isIdentifier: Bool {
            (1...200).contains(unicodeScalars.count) && self != "." && self != ".."
                && !unicodeScalars.contains("\u{FFFD}")
        }
    }
#endif
