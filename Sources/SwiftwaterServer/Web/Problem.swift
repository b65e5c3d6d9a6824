#if Server
    import HTTPTypes
    import Hummingbird
    import SwiftwaterCore
    import SwiftwaterFormats

    /// An HTTP error in the form of RFC 9457.
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
            case is CancellationError: self.init(.serviceUnavailable, "the server is stopping")
            case let error as any HTTPResponseError where error is HTTPError:
                let known = error as! HTTPError
                self.init(known.status, known.body ?? Problem.plain(known.status))
            case let error as any HTTPResponseError: self.init(error.status, Problem.plain(error.status))
            default: self.init(.internalServerError, "the request failed; the server's log says why")
            }
        }

        private static func plain(_ status: HTTPResponse.Status) -> String {
            switch status.code {
            case 404: "no such path; /openapi.json lists the paths"
            case 405: "this path does not allow the method; /openapi.json lists those that it allows"
            case 413: "the body is larger than the server allows"
            default: status.reasonPhrase
            }
        }

        private static func status(of error: SwiftwaterError) -> HTTPResponse.Status {
            switch error.code {
            case .invalidArgument, .malformedInput: .badRequest
            case .notFound: .notFound
            case .invalidState: .conflict
            case .limitExceeded: .serviceUnavailable
            case .io, .denied: .serviceUnavailable
            case .numerical: .unprocessableContent
            default: .internalServerError
            }
        }

        var response: Response {
            let json = JSONWriter.object {
                $0.member("type", "about:blank")
                $0.member("title", title)
                $0.member("status", status.code)
                $0.member("detail", detail)
            }
            var headers = headers
            headers[.contentType] = "application/problem+json"
            headers[.cacheControl] = "no-store"
            if status == .serviceUnavailable { headers[.retryAfter] = "1" }
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: json + "\n")))
        }
    }

    extension Response {
        /// Returns an object as a response; `members` writes its members.
        static func json(
            status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields(), _ members: (inout JSONWriter) -> Void
        ) -> Response {
            json(JSONWriter.object(members) + "\n", status: status, headers: headers)
        }

        /// Returns a JSON response, which caches do not store unless `headers` says otherwise.
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
