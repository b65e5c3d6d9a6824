import DatabaseTestSupport
import Foundation
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

/// Lookups in a real PostgreSQL server, which is stopped and changed meanwhile.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled, Comment(rawValue: PostgreSQLServer.missing)))
struct PostgreSQLTableTests {
    private static let shared = Result { try PostgreSQLServer() }
    private let server: PostgreSQLServer

    init() throws {
        server = try Self.shared.get()
        setenv("PGPASSFILE", server.passwordFile, 1)
        try server.query("DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s")
    }

    private func table(_ name: String, key: String = "id", _ columns: [String] = ["place"]) throws -> PostgreSQLTable {
        try PostgreSQLTable(server.address("?schema=s"), table: name, key: key, columns: columns)
    }

    private func look(_ table: PostgreSQLTable, _ keys: [Text]) throws -> [String] {
        try table.rows(forKeys: keys).map { row in
            ([row.key] + row.values.map { $0 ?? "NULL" }).map(String.init).joined(separator: "|")
        }.sorted()
    }

    /// Keys of each type are found, and what a key of the type cannot be is not there.
    @Test(arguments: ["text", "varchar(80)", "bigint", "integer", "smallint", "numeric", "uuid"])
    func keysOfAnyType(type: String) throws {
        try server.query("CREATE TABLE s.people (id \(type) PRIMARY KEY, place text, \"Odd \"\"name\" boolean)")
        let isUUID = type == "uuid"
        let keys = isUUID ? (1...3).map { "00000000-0000-0000-0000-00000000000\($0)" } : ["7", "-8", "30000"]
        for (key, place) in zip(keys, ["'Wien'", "NULL", "'Sankt ''Pölten'''"]) {
            try server.query("INSERT INTO s.people VALUES ('\(key)', \(place), true)")
        }
        let table = try table("people", ["place", "Odd \"name"])
        let odd: [Text] = [
            "x", "", "7 ", "007", "99999999999999999999", "70000", "'", "\"", "\\", "{}", "a,b", "NULL", "a\0b",
            "'; DROP TABLE s.people; --",
        ]
        #expect(
            try look(table, (keys.map { Text($0) } + odd).sorted())
                == ["\(keys[0])|Wien|true", "\(keys[1])|NULL|true", "\(keys[2])|Sankt 'Pölten'|true"].sorted())
        #expect(try server.query("SELECT count(*) FROM s.people") == ["3"])
    }

    @Test func keysThatLookLikeSQLAreFound() throws {
        try server.query("CREATE TABLE s.odd (id text PRIMARY KEY, place text)")
        let keys = ["'; DROP TABLE s.odd; --", "{\"a\",b}", "back\\slash", "NULL", "", "ä😀", "tab\there"]
        for key in keys {
            let quoted = key.replacing("'", with: "''").replacing("\\", with: "\\\\").replacing("\t", with: "\\t")
            try server.query("INSERT INTO s.odd VALUES (E'\(quoted)', 'here')")
        }
        #expect(
            try look(table("odd"), keys.map { Text($0) }.sorted()) == keys.map { "\($0)|here" }.sorted())
    }

    /// An index of integers or text is used; one of another type is not, and its table is read whole.
    @Test(arguments: [("bigint", true), ("text", true), ("numeric", false)])
    func theIndexIsUsed(type: String, isUsed: Bool) throws {
        try server.query(
            """
            CREATE TABLE s.many (id \(type) PRIMARY KEY, place text);
            INSERT INTO s.many SELECT n, 'p' || n % 100 FROM generate_series(1, 100000) n;
            ANALYZE s.many
            """)
        let keys = stride(from: 1, to: 100_000, by: 10_000).map { Text("\($0)") }.sorted()
        // The server adds up what a connection has read when it ends. Making the index is a scan of the table, too.
        do { #expect(try look(table("many"), keys).count == 10) }
        var (index, whole) = (0, 0)
        for _ in 0..<300 where index == 0 && whole < 2 {
            Thread.sleep(forTimeInterval: 0.1)
            let scans = try server.query(
                "SELECT coalesce(idx_scan, 0), seq_scan FROM pg_stat_user_tables WHERE relname = 'many'")
            let counts = scans[0].split(separator: "|").compactMap { Int($0) }
            (index, whole) = (counts[0], counts[1])
        }
        #expect(isUsed ? index == 10 && whole == 1 : index == 0 && whole == 2, "\(index), \(whole)")
    }

    @Test func aQueryOfOnesOwn() throws {
        try server.query(
            """
            CREATE TABLE s.users (id text, place_id int); CREATE TABLE s.places (place_id int, name text);
            INSERT INTO s.users VALUES ('a', 1), ('b', 2); INSERT INTO s.places VALUES (1, 'Wien'), (2, 'Graz')
            """)
        let sql = "SELECT id, name FROM s.users JOIN s.places USING (place_id) WHERE id = ANY($1::text[])"
        let table = try PostgreSQLTable(server.address(), query: sql, columns: ["place"])
        #expect(try look(table, ["a", "b", "c"]) == ["a|Wien", "b|Graz"])
        #expect(throws: SwiftwaterError.self) {
            try PostgreSQLTable(server.address(), query: "SELECT 1", columns: ["place"])
        }
        let wide = try PostgreSQLTable(server.address(), query: sql, columns: ["place", "country"])
        let error = #expect(throws: SwiftwaterError.self) { try wide.rows(forKeys: ["a"]) }
        #expect(error?.message.contains("2 columns") == true, "\(error!)")
    }

    @Test func whatIsWrongIsSaid() throws {
        try server.query("CREATE TABLE s.wrong (id text, place text)")
        for (table, key, column, what) in [
            ("nobody", "id", "place", "nobody"), ("wrong", "nothing", "place", "nothing"),
            ("wrong", "id", "nowhere", "nowhere"),
        ] {
            let error = #expect(throws: SwiftwaterError.self) {
                try self.table(table, key: key, [column]).rows(forKeys: ["a"])
            }
            #expect(error?.message.contains(what) == true && error?.remedy != nil, "\(error!)")
            #expect(error?.isRetryable == false)
        }
    }

    /// A server that goes and comes back, a connection that ends, a column that is dropped.
    @Test func aBatchWaitsForTheServer() throws {
        let server = try PostgreSQLServer()
        setenv("PGPASSFILE", server.passwordFile, 1)
        try server.query(
            "CREATE TABLE people (id text PRIMARY KEY, place text); INSERT INTO people VALUES ('a', 'Wien')")
        let table = try PostgreSQLTable(server.address(), table: "people", key: "id", columns: ["place"])
        let cache = CachedTable(table, maximumAge: .zero)
        #expect(try cache.rows(forKeys: ["a"]) == ["a": ["Wien"]])
        try server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swiftwater'")
        #expect(try cache.rows(forKeys: ["a"]) == ["a": ["Wien"]])
        try server.stop(at: "immediate")
        let hasty = CachedTable(table, maximumAge: .zero, onFailure: .goOn)
        #expect(try hasty.rows(forKeys: ["a"]).isEmpty && hasty.statistics.failed == 1)
        SystemThread.start(named: "administrator") {
            Thread.sleep(forTimeInterval: 0.5)
            try! server.start()
        }
        #expect(try cache.rows(forKeys: ["a"]) == ["a": ["Wien"]])
        try server.query("ALTER TABLE people DROP COLUMN place")
        let error = #expect(throws: SwiftwaterError.self) { try cache.rows(forKeys: ["a"]) }
        #expect(error?.message.contains("place") == true && error?.isRetryable == false, "\(error!)")
    }
}
