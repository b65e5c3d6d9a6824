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
        let trace = try runAcknowledged(seed: 7, sinks: [server.address()])
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
