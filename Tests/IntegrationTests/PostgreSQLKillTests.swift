import DatabaseTestSupport
import Foundation
import TestSupport
import Testing

extension KillTests {
    /// Each batch is in a PostgreSQL database once, whole, whatever is killed.
    @Test(.enabled(if: PostgreSQLServer.isInstalled, Comment(rawValue: PostgreSQLServer.missing)))
    func batchesAreOnceInPostgreSQL() throws {
        let server = try PostgreSQLServer()
        setenv("PGPASSFILE", server.passwordFile, 1)
        let lines = 1500
        let input = try TemporaryDirectory()
        let path = try input.write("posts.txt", (1...lines).map { "#k\($0 % 7) #id\($0)\n" }.joined())
        let port = try FreePort.choose()
        let relay = try Program([
            "relay", "--from", path, "--rate", "250", "--quiet", "--ack", "--port", "\(port)",
        ])
        let (trace, _) = try run("ack://127.0.0.1:\(port)", seed: 7, sinks: [server.address()]) {
            $0.posts.count >= lines
        }
        _ = relay.wait()
        #expect(Set(trace.posts).count == lines && trace.posts.count == lines)
        // The rows as files, which are compared with the trace.
        let folder = try TemporaryDirectory()
        for (output, table) in [("trending", "trending-3"), ("totals", "totals-3")] {
            for batch in try server.query("SELECT batch FROM swiftwater_batches WHERE output = '\(table)'") {
                let rows = try server.query("SELECT row_to_json(t) FROM \"\(table)\" t WHERE batch = \(batch)")
                try folder.write("\(output)-\(batch).ndjson", rows.map { $0 + "\n" }.joined())
            }
        }
        try trace.compareFiles(in: folder.path)
    }
}
