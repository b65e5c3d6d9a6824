import DatabaseTestSupport
import Foundation
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

/// Lookups in a real MongoDB server, which is stopped meanwhile.
@Suite(.serialized, .enabled(if: MongoServer.isInstalled, Comment(rawValue: MongoServer.missing)))
struct MongoTableTests {
    private static let shared = Result { try MongoServer(isReplicaSet: false) }
    private func server() throws -> MongoServer { try Self.shared.get() }

    private func look(_ table: MongoTable, _ keys: [Text]) throws -> [String] {
        try table.rows(forKeys: keys.sorted()).map { row in
            ([row.key] + row.values.map { $0 ?? "NULL" }).map(String.init).joined(separator: "|")
        }.sorted()
    }

    @Test func keysAndValuesOfAnyType() throws {
        let server = try server()
        try server.script(
            """
            import datetime, bson
            db.people.drop()
            db.people.insert_many([
                {'_id': 'did:plc:a', 'user': {'place': 'Wien'}, 'n': 1}, {'_id': 7, 'user': {'place': None}, 'n': 2.5},
                {'_id': bson.Int64(8000000000), 'n': True},
                {'_id': bson.ObjectId('5f3000000000000000000001'), 'user': {'place': 'ä😀'}, 'n': bson.Int64(-5)},
                {'_id': '9', 'n': datetime.datetime(2026, 11, 28, 12, 30)}, {'_id': '$where', 'n': ['x', {'y': 1}]},
                {'_id': '{"$gt": ""}', 'n': float('nan')}, {'_id': 5.0, 'n': 6.0}])
            """)
        let table = try MongoTable(server.address(), collection: "people", key: "_id", columns: ["user.place", "n"])
        let keys: [Text] = [
            "did:plc:a", "7", "8000000000", "5f3000000000000000000001", "9", "$where", "{\"$gt\": \"\"}", "x", "",
            "007", "5", "zero\0byte",
        ]
        #expect(
            try look(table, keys) == [
                "$where|NULL|[\"x\",{\"y\":1}]", "5f3000000000000000000001|ä😀|-5", "5|NULL|6", "7|NULL|2.5",
                "8000000000|NULL|true", "9|NULL|2026-11-28T12:30:00Z", "did:plc:a|Wien|1", "{\"$gt\": \"\"}|NULL|NaN",
            ])
        #expect(try look(table, ["x"]).isEmpty)
        #expect(try look(MongoTable(server.address(), collection: "none", key: "a", columns: ["b"]), ["x"]).isEmpty)
    }

    /// An answer of more than the 16 MB of one message.
    @Test func aLongAnswerComesInParts() throws {
        let server = try server()
        try server.script(
            "db.long.drop(); db.long.insert_many([{'id': str(n), 'text': 'x' * 9000} for n in range(4000)])")
        let table = try MongoTable(server.address(), collection: "long", key: "id", columns: ["text"])
        let rows = try table.rows(forKeys: (0..<4000).map { Text("\($0)") }.sorted())
        #expect(rows.count == 4000 && rows.allSatisfy { $0.values[0]?.utf8Count == 9000 })
    }

    @Test func aBatchWaitsForTheServer() throws {
        let server = try MongoServer(isReplicaSet: false)
        try server.script("db.people.insert_one({'_id': 'a', 'place': 'Wien'})")
        let table = try MongoTable(server.address(), collection: "people", key: "_id", columns: ["place"])
        let cache = CachedTable(table, maximumAge: .zero)
        #expect(try cache.rows(forKeys: ["a"]) == ["a": ["Wien"]])
        server.stop(with: SIGKILL)
        let hasty = CachedTable(table, maximumAge: .zero, onFailure: .goOn)
        #expect(try hasty.rows(forKeys: ["a"]).isEmpty && hasty.statistics.failed == 1)
        SystemThread.start(named: "administrator") {
            Thread.sleep(forTimeInterval: 0.5)
            try! server.start()
        }
        #expect(try cache.rows(forKeys: ["a"]) == ["a": ["Wien"]])
    }
}
