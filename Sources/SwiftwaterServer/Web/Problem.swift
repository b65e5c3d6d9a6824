#if Server
    import HTTPTypes
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
            case is CancellationError: self.init(.serviceUnavailable, "the server stops")
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

    extension String {
        var trimmed: String {
            String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }
    }
#endif
