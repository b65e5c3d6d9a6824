#if Server
    import Foundation
    import HTTPTypes
    import Hummingbird
    import NIOCore
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterTrends

    /// Routes for current and past trends, and for incoming posts.
    struct TrendRoutes {
        let service: TrendService
        let settings: ServeSettings

        func add(to endpoints: Endpoints) {
            endpoints.get("/v1/trends", query: ["window", "order", "offset", "limit"]) { request, _ in
                try trends(request)
            }
            endpoints.get("/v1/trends/:tag/history", query: ["from", "to", "limit"]) { request, context in
                try await history(request, context)
            }
            endpoints.post("/v1/posts", query: ["sequence"]) { request, _ in try await posts(request) }
        }

        /// Returns the window and order that a request asks for.
        func key(_ request: Request) throws -> TrendBoard.Key {
            let windows = service.board.settings.windows
            var window = windows[0]
            if let text = try request.parameter("window") {
                guard let known = windows.first(where: { Self.label($0) == text }) else {
                    throw Problem(
                        .badRequest, "'window' takes one of \(windows.map(Self.label).joined(separator: ", "))")
                }
                window = known
            }
            let orders = service.board.settings.orders
            let text = try request.parameter("order") ?? orders[0].rawValue
            guard let order = TrendingSettings.Order(rawValue: text), orders.contains(order) else {
                throw Problem(
                    .badRequest, "'order' takes one of \(orders.map(\.rawValue).joined(separator: ", "))")
            }
            return TrendBoard.Key(window: window, order: order)
        }

        /// Returns the name of a window, such as `1m`.
        static func label(_ window: Duration) -> String {
            let milliseconds = window.wholeMilliseconds
            for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
            where milliseconds % size == 0 && milliseconds > 0 { return "\(milliseconds / size)\(unit)" }
            return "\(milliseconds)ms"
        }

        private func trends(_ request: Request) throws -> Response {
            let key = try key(request)
            let offset = try request.number("offset", default: 0, in: 0...100_000)
            let limit = try request.number("limit", default: 20, in: 1...settings.rowsMax)
            guard let entry = service.board.entry(key), let end = entry.end else {
                return .json(TrendBoard.Entry(nil, key, []).json(offset: offset, limit: limit) + "\n")
            }
            let tag = "\"\(end.milliseconds)-\(offset)-\(limit)\""
            let headers: HTTPFields = [.eTag: tag, .cacheControl: "no-cache"]
            if request.hasVersion(tag) { return Response(status: .notModified, headers: headers) }
            return .json(entry.json(offset: offset, limit: limit) + "\n", headers: headers)
        }

        /// A time in the year 2096, in milliseconds since 1970.
        private static let timeMax = 4_000_000_000_000

        private func history(_ request: Request, _ context: ServerContext) async throws -> Response {
            let tag = try context.text("tag")
            let from = try request.number("from", default: 0, in: 0...Self.timeMax)
            let to = try request.number("to", default: Self.timeMax, in: 0...Self.timeMax)
            let limit = try request.number("limit", default: 500, in: 1...10_000)
            let points = try await service.history.points(tag, from: Int64(from), to: Int64(to), limit: limit)
            if points.isEmpty, try await service.history.points(tag, from: 0, to: .max, limit: 1).isEmpty {
                throw Problem(.notFound, "no window of the history lists '\(tag)'")
            }
            return .json { json in
                json.member("key", tag)
                json.member("history", array: points) { json, point in
                    json.object {
                        $0.member("end", point.end)
                        $0.member("rank", point.rank)
                        $0.member("count", point.count)
                        $0.member("authors", point.authors)
                    }
                }
            }
        }

        /// Takes posts.
        ///
        /// - Parameter id: the id of a message that counts once, however often it comes.
        func posts(_ request: Request, once id: String? = nil) async throws -> Response {
            guard service.countsPosts else {
                throw Problem(.conflict, "posts are counted on a cluster here; send them to its source")
            }
            let type = request.headers[.contentType]?.split(separator: ";").first.map {
                String($0).trimmed.lowercased()
            }
            guard let type, ["text/plain", "application/x-ndjson", "application/json"].contains(type) else {
                throw Problem(
                    .unsupportedMediaType,
                    "posts must be text/plain, application/x-ndjson or application/json, one per line; say which, as in "
                        + "curl -H 'content-type: text/plain' -d 'a post about #lakes'")
            }
            let (sender, position) = try numbering(request)
            var body = try await request.bytes(upTo: settings.bodyMaxBytes)
            if type == "application/json" { try Self.join(&body) }
            if body.readableBytes > 0, body.getInteger(at: body.writerIndex - 1, as: UInt8.self) != 0x0A {
                body.writeInteger(UInt8(ascii: "\n"))
            }
            let lines = body.withUnsafeReadableBytes { bytes in bytes.count { $0 == 0x0A } }
            if lines > 0 { try await service.intake.take(body, sender: sender, position: position, once: id) }
            return .json(status: .accepted) { $0.member("accepted", lines) }
        }

        /// Makes a JSON document of several lines one line, which is then read as a post or a list of posts. Lines of
        /// JSON stay as they are.
        private static func join(_ body: inout ByteBuffer) throws {
            let first = body.readableBytesView.first { $0 > 0x20 }
            do {
                _ = try body.withUnsafeReadableBytes { try JSONValue(parsing: $0.bindMemory(to: UInt8.self)) }
            } catch {
                guard first == UInt8(ascii: "[") else { return }
                throw Problem(.badRequest, "\(error)")
            }
            guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
                throw Problem(.badRequest, "a post in JSON is an object; found a JSON value of another kind")
            }
            // Between the values of a document, line ends are white space; within strings there are none.
            body = ByteBuffer(bytes: body.readableBytesView.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
        }

        /// Returns the name and number of `sequence=NAME:NUMBER`, which makes resending safe: posts with a number up to
        /// the sender's last one were already received.
        private func numbering(_ request: Request) throws -> (String?, UInt64?) {
            guard let text = try request.parameter("sequence") else { return (nil, nil) }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let isName = { (character: Character) in
                character.isASCII && (character.isLetter || character.isNumber || "_.-".contains(character))
            }
            guard parts.count == 2, (1...100).contains(parts[0].count), parts[0].allSatisfy(isName),
                (1...15).contains(parts[1].count), parts[1].allSatisfy({ $0.isASCII && $0.isNumber }),
                parts[1].first != "0", let number = UInt64(parts[1])
            else { throw Problem(.badRequest, "'sequence' takes NAME:NUMBER, such as relay-1:42") }
            return (String(parts[0]), number)
        }
    }
#endif
