import DatabaseTestSupport
import Foundation
import TestSupport
import Testing

extension KillTests {
    /// Each batch is in a MongoDB database once, whole, whatever is killed; with transactions and without.
    @Test(.enabled(if: MongoServer.isInstalled, Comment(rawValue: MongoServer.missing)), arguments: [true, false])
    func batchesAreOnceInMongoDB(isReplicaSet: Bool) throws {
        let server = try MongoServer(isReplicaSet: isReplicaSet)
        let trace = try runAcknowledged(seed: 9, sinks: [server.address()])
        // The rows as files, which are compared with the trace.
        let folder = try TemporaryDirectory()
        for output in ["trending", "totals"] {
            try server.script(
                """
                for record in db.swiftwater_batches.find({'_id.output': '\(output)-3'}):
                    batch = record['_id']['batch']
                    rows = list(db['\(output)-3'].find({'batch': batch}, {'_id': 0, 'batch': 0}).sort('_id.row'))
                    assert len(rows) == record['rows'], record
                    with open('\(folder.path)/\(output)-%d.ndjson' % batch, 'w') as file:
                        for row in rows: file.write(json.dumps(row) + '\\n')
                """)
        }
        try trace.compareFiles(in: folder.path)
    }
}
