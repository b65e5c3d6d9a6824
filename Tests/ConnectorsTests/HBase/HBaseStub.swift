#if Services
    import Foundation
    import HTTPTestSupport
    import NIOHTTP1
    import SwiftwaterCore
    import SwiftwaterFormats

    /// A stand-in for HBase's REST gateway: it answers `multiget` as HBase's `MultiRowResource` and `RowSpec` document
    /// and do, with rows that a test sets. No HBase was asked.
    final class HBaseStub: Sendable {
        struct State {
            var rows: [String: [String: [UInt8]]]
            var status: Int?
            var isCut = false
        }
        let state: Monitor<State>
        private let server: ScriptedHTTPServer

        /// - Parameter rows: values by row key and column.
        init(_ rows: [String: [String: String]], table: String = "users") throws {
            let state = Monitor(State(rows: rows.mapValues { $0.mapValues { Array($0.utf8) } }))
            self.state = state
            server = try ScriptedHTTPServer { request, _ in Self.answer(request, table, state.read { $0 }) }
        }

        var port: String { String(server.url.split(separator: ":").last!) }
        var requests: [ScriptedHTTPServer.Request] { server.requests }
        func stop() { server.stop() }

        private static func answer(
            _ request: ScriptedHTTPServer.Request, _ table: String, _ state: State
        ) -> ScriptedHTTPServer.Answer {
            if state.isCut { return .init(isCut: true) }
            if let status = state.status { return .init(status: status, body: "Unavailable\r\nstack") }
            let parts = request.uri.split(separator: "?", maxSplits: 1)
            guard parts[0] == "/\(table)/multiget", request.headers.first(name: "accept") == "application/json" else {
                return .init(status: 404, body: "Not found\r\norg.apache.hadoop.hbase.TableNotFoundException")
            }
            let rows = parts[1].split(separator: "&").compactMap { row($0, state) }
            if rows.isEmpty { return .init(status: 404, body: "No rows found.\r\n") }
            return .init(
                headers: [("content-type", "application/json")], body: "{\"Row\":[\(rows.joined(separator: ","))]}")
        }

        private static func row(_ parameter: Substring, _ state: State) -> String? {
            // The framework decodes the parameter, and `RowSpec` its parts.
            let spec = String(parameter.dropFirst(4)).removingPercentEncoding!
            let parts = spec.split(separator: "/", maxSplits: 1)
            let key = String(parts[0]).removingPercentEncoding!
            precondition(!key.hasSuffix("*"), "a scan")
            let columns = parts[1].split(separator: ",").map { String($0).removingPercentEncoding! }
            guard let cells = state.rows[key] else { return nil }
            let found = columns.sorted().compactMap { name in cells[name].map { (name, $0) } }
            guard !found.isEmpty else { return nil }
            func encoded(_ bytes: [UInt8]) -> String { "\"\(Data(bytes).base64EncodedString())\"" }
            let list = found.map { name, value in
                "{\"column\":\(encoded(Array(name.utf8))),\"timestamp\":1795435200000,\"$\":\(encoded(value))}"
            }
            return "{\"key\":\(encoded(Array(key.utf8))),\"Cell\":[\(list.joined(separator: ","))]}"
        }
    }
#endif
