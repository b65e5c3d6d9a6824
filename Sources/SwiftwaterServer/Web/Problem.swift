#if Server
    import HTTPTypes
    import Foundation
    import Hummingbird
    import SwiftwaterCore
    import SwiftwaterFormats

    /// An error as RFC 9457 has it.
    struct Problem: Error {
        let status: HTTPResponse.Status
        let title: String
        let detail: String
        var headers = HTTPFields()

        init(_ status: HTTPResponse.Status, _ detail: String, headers: HTTPFields = HTTPFields()) {
            (self.status, self.detail, self.headers) = (status, detail, headers)
            title = status.reasonPhrase.isEmpty ? "Error" : status.reasonPhrase
        }

        init(_ error: any Error) {
            switch error {
            case let problem as Problem: self = problem
            case let error as SwiftwaterError: self.init(Problem.status(of: error), "\(error)")
            case let error as any HTTPResponseError where error is HTTPError:
                let known = error as! HTTPError
                self.init(known.status, known.body ?? Problem.plain(known.status))
            case let error as any HTTPResponseError: self.init(error.status, Problem.plain(error.status))
            default: self.init(.internalServerError, "the request could not be answered; the log says why")
            }
        }

        private static func plain(_ status: HTTPResponse.Status) -> String {
            switch status.code {
            case 404: "there is nothing at this path; /openapi.json says what there is"
            case 405: "this path takes other methods; /openapi.json says which"
            case 413: "the body is larger than the server takes"
            default: status.reasonPhrase
            }
        }

        private static func status(of error: SwiftwaterError) -> HTTPResponse.Status {
            switch error.code {
            case .invalidArgument, .malformedInput: .badRequest
            case .notFound: .notFound
            case .invalidState: .conflict
            case .limitExceeded: .serviceUnavailable
            case .io: .serviceUnavailable
            case .numerical: .unprocessableContent
            default: .internalServerError
            }
        }

        var response: Response {
            let json =
                "{\"type\":\"about:blank\",\"title\":\(JSONValue.quoted(title)),\"status\":\(status.code),"
                + "\"detail\":\(JSONValue.quoted(detail))}\n"
            var headers = headers
            headers[.contentType] = "application/problem+json"
            headers[.cacheControl] = "no-store"
            if status == .serviceUnavailable { headers[.retryAfter] = "1" }
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: json)))
        }
    }

    extension Response {
        /// JSON, not to be kept by caches.
        static func json(_ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields())
            -> Response
        {
            var headers = headers
            headers[.contentType] = "application/json"
            if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
        }

        static let noContent = Response(status: .noContent)
    }

    extension Request {
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

        /// A parameter of the query; given twice it is refused.
        func parameter(_ name: String) throws -> String? {
            let all = uri.queryParameters[values: Substring(name)]
            guard all.count <= 1 else { throw Problem(.badRequest, "'\(name)' is given \(all.count) times") }
            guard let text = all.first else { return nil }
            return String(text)
        }

        /// A text of the query with at most so many characters (scalars).
        func text(_ name: String, max: Int) throws -> String? {
            guard let text = try parameter(name) else { return nil }
            guard text.unicodeScalars.count <= max else {
                throw Problem(.badRequest, "'\(name)' takes at most \(max) characters")
            }
            return text
        }

        /// The body, all of it.
        func bytes(upTo limit: Int) async throws -> ByteBuffer {
            if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
                throw Problem(.contentTooLarge, "the body has \(length) bytes; the server takes \(limit)")
            }
            var body = ByteBuffer()
            for try await part in self.body {
                guard body.readableBytes + part.readableBytes <= limit else {
                    throw Problem(.contentTooLarge, "the body is larger than the \(limit) bytes that the server takes")
                }
                body.writeImmutableBuffer(part)
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

    extension JSONValue {
        /// The members of an object that has these and no others: a member that is misspelt is no silent default.
        func members(_ names: String..., what: String) throws -> [JSONValue] {
            guard case .object(let all) = self else { throw Problem(.badRequest, "\(what) is no object") }
            for member in all where !names.contains(member.name) {
                throw Problem(.badRequest, "\(what) has '\(member.name)'; it takes \(names.joined(separator: ", "))")
            }
            return try names.map { name in
                guard let value = self[name] else { throw Problem(.badRequest, "\(what) has no '\(name)'") }
                return value
            }
        }

        /// An id: text of 1 to 200 characters (scalars).
        var id: String? {
            string.flatMap { (1...200).contains($0.unicodeScalars.count) ? $0 : nil }
        }
    }

    extension String {
        var trimmed: String {
            String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
    }
#endif
