#if Services
    import Foundation
    import SwiftwaterCore
    import SwiftwaterFormats
    import SwiftwaterStreaming

    /// A table of HBase, looked up by row key through HBase's REST gateway. Values are text in UTF-8.
    ///
    /// Rows are asked for in bulk (`multiget` of HBase's `MultiRowResource`), about a hundred with one request.
    public final class HBaseTable: StaticTable {
        /// The longest address of a request: servers take 8 KB of headers at least.
        private static let addressMaxBytes = 7000
        /// Requests at a time.
        private static let threads = 4

        private let address: HBaseAddress
        private let service: HTTPService
        public let columns: [String]

        /// Prepares lookups. It connects when the first key is looked up.
        ///
        /// - Parameters:
        ///   - address: `hbase://[USER@]HOST[:PORT]/TABLE` of the gateway, port 8080 by default; `docs/LOOKUPS.md` has
        ///     its parameters.
        ///   - columns: the columns of the values, each as `FAMILY:QUALIFIER`.
        /// - Throws: `invalidArgument` for another address, or columns without a family.
        public init(_ address: String, columns: [String]) throws {
            let address = try HBaseAddress(address)
            if let column = columns.first(where: { !$0.dropFirst().contains(":") }) {
                throw SwiftwaterError(
                    .invalidArgument, "'\(column)' is not a column of HBase", remedy: "write FAMILY:QUALIFIER")
            }
            (self.address, self.columns) = (address, columns)
            service = HTTPService.shared(
                .init(connect: min(.seconds(10), address.patience), silence: max(.seconds(1), address.patience)))
        }

        /// The address without what is secret.
        public var label: String { address.label }

        public func rows(forKeys keys: [Text]) throws -> [(key: Text, values: [Text?])] {
            let requests = requests(for: keys.map { String($0) })
            let headers = try headers()
            let found = Monitor<[Int: [(key: Text, values: [Text?])]]>([:])
            try ConcurrentParts.run(requests.count, threads: Self.threads) { [self] number in
                let answer = try service.send(HTTPRequest("GET", requests[number], headers: headers))
                let rows = try rows(in: answer)
                found.update { $0[number] = rows }
            }
            return found.read { found in requests.indices.flatMap { found[$0] ?? [] } }
        }

        // MARK: Requests

        /// Returns the addresses of the requests for keys.
        private func requests(for keys: [String]) -> [String] {
            // The gateway decodes keys twice. It takes a star at the end of a key for a pattern.
            let wanted = keys.filter { !$0.isEmpty && !$0.hasSuffix("*") }
            let names = columns.map(Self.encoded).joined(separator: ",")
            var (requests, current) = ([String](), "")
            let begin = address.url + "/multiget?"
            for key in wanted {
                let row = "row=\(Self.encoded(key))/\(names)"
                if !current.isEmpty, begin.utf8.count + current.utf8.count + row.utf8.count > Self.addressMaxBytes {
                    requests.append(begin + current)
                    current = ""
                }
                current += (current.isEmpty ? "" : "&") + row
            }
            return current.isEmpty ? requests : requests + [begin + current]
        }

        private static func encoded(_ text: String) -> String { PercentEncoding.encoded(PercentEncoding.encoded(text)) }

        private func headers() throws -> [(name: String, value: String)] {
            var headers = [(name: "accept", value: "application/json")]
            if let user = address.user {
                let pair = Data("\(user):\(try address.password()?.text ?? "")".utf8).base64EncodedString()
                headers.append(("authorization", "Basic \(pair)"))
            }
            return headers
        }

        // MARK: Answers

        private func rows(in answer: HTTPAnswer) throws -> [(key: Text, values: [Text?])] {
            if answer.status == 404, answer.text.hasPrefix("No rows found") { return [] }
            guard answer.status == 200 else { throw problem(answer) }
            let json: JSONValue
            do {
                json = try answer.body.withUnsafeBufferPointer { try JSONValue(parsing: $0) }
            } catch {
                throw SwiftwaterError(
                    .malformedInput, "\(label): the answer is not JSON",
                    remedy: "check that this is the address of HBase's REST gateway")
            }
            return try (json["Row"]?.array ?? []).map(row)
        }

        private func row(_ row: JSONValue) throws -> (key: Text, values: [Text?]) {
            let key = try text(row["key"], "a key")
            var values = [Text?](repeating: nil, count: columns.count)
            for cell in row["Cell"]?.array ?? [] {
                let name = try text(cell["column"], "a column of row \(key)")
                let value = try Text(text(cell["$"], "row \(key), column \(name)"))
                for place in columns.indices where columns[place] == name { values[place] = value }
            }
            return (Text(key), values)
        }

        private func text(_ value: JSONValue?, _ place: String) throws -> String {
            guard let encoded = value?.string, let bytes = Data(base64Encoded: encoded) else {
                throw SwiftwaterError(
                    .malformedInput, "\(label): \(TerminalText.safe(place)): the value is not in Base64")
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SwiftwaterError(
                    .malformedInput, "\(label): \(TerminalText.safe(place)): the value is not text in UTF-8",
                    remedy: "choose columns of text")
            }
            return text
        }

        private func problem(_ answer: HTTPAnswer) -> SwiftwaterError {
            let words = TerminalText.safe(String(answer.text.split(separator: "\n").first?.prefix(300) ?? ""))
            let what = "\(label): the gateway answered \(answer.status)" + (words.isEmpty ? "" : ": \(words)")
            return switch answer.status {
            case 401, 403: SwiftwaterError(.denied, what, remedy: HBaseAddress.accessRemedy)
            case 404: SwiftwaterError(.notFound, what, remedy: "check the names of the table and the columns' families")
            case 408, 429, 500...599: SwiftwaterError(.network, what, isRetryable: true)
            default: SwiftwaterError(.invalidState, what)
            }
        }
    }
#endif
