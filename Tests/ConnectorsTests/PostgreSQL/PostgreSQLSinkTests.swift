import DatabaseTestSupport
import Foundation
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import SwiftwaterTesting
import TestSupport
import Testing

/// A sink against a real PostgreSQL server, which is stopped, starved and changed meanwhile.
@Suite(.serialized, .enabled(if: PostgreSQLServer.isInstalled, Comment(rawValue: PostgreSQLServer.missing)))
struct PostgreSQLSinkTests {
    private static let server: PostgreSQLServer = {
        let server = try! PostgreSQLServer()
        setenv("PGPASSFILE", server.passwordFile, 1)
        return server
    }()
    private var server: PostgreSQLServer { Self.server }

    private func sink(_ parameters: String = "") throws -> PostgreSQLSink {
        try PostgreSQLSink(server.address(parameters))
    }

    private func batch(_ time: Int64, _ rows: [[SinkValue]], _ columns: [String] = ["key", "count"]) -> SinkBatch {
        SinkBatch(time: BatchTime(milliseconds: time), columns: columns, rows: rows)
    }

    @Test func theSinkKeepsItsPromises() throws {
        let broken = try ConnectorChecks.sink(make: { try sink() }) { output, time in
            let name = output.replacing("\"", with: "\"\"")
            return Int(try server.query("SELECT count(*) FROM \"\(name)\" WHERE batch = \(time.milliseconds)")[0])!
        }
        #expect(broken.isEmpty, "\(broken)")
    }

    /// What looks like SQL, or like the format of a copy, is data.
    @Test func anyTextIsStoredAsItIs() throws {
        let texts = [
            "'); DROP TABLE \"texts\"; --", "\\N", "\\.", "a\tb\nc\rd\\e", "\"", "ä😀\u{202E}", "", "$1", "NULL",
            String(repeating: "x", count: 300_000),
        ]
        let sink = try sink()
        try sink.open(output: "texts", columns: ["te\"xt", "number"])
        try sink.commit(
            output: "texts",
            batch(1, texts.enumerated().map { [.text($1), .integer($0)] }, ["te\"xt", "number"]))
        let stored = try server.query(
            "SELECT encode(convert_to(\"te\"\"xt\", 'UTF8'), 'hex') FROM texts ORDER BY number")
        #expect(stored.count == texts.count - 1 || stored.count == texts.count)
        let hex = { (text: String) in text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        #expect(stored.filter { !$0.isEmpty } == texts.filter { !$0.isEmpty }.map(hex))
        #expect(try server.query("SELECT count(*) FROM texts WHERE \"te\"\"xt\" = ''") == ["1"])
    }

    @Test func columnsHaveTheTypesOfTheirValues() throws {
        let sink = try sink()
        let columns = ["a", "b", "c", "d"]
        try sink.open(output: "types", columns: columns)
        try sink.commit(output: "types", batch(1, [[.integer(1), .real(0.5), .text("x"), .null]], columns))
        try sink.commit(
            output: "types",
            batch(2, [[.real(.infinity), .text("y"), .null, .null], [.null, .null, .null, .integer(7)]], columns))
        let types = try server.query(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'types' ORDER BY 1")
        #expect(types == ["a|double precision", "b|text", "batch|bigint", "c|text", "d|bigint"])
        #expect(
            try server.query("SELECT * FROM types ORDER BY batch, d NULLS FIRST")
                == ["1|1|0.5|x|", "2|Infinity|y||", "2||||7"])
        // A column that somebody dropped comes back for new values.
        try server.query("ALTER TABLE types DROP COLUMN c")
        try sink.commit(output: "types", batch(3, [[.integer(1), .null, .text("z"), .null]], columns))
        #expect(try server.query("SELECT c FROM types WHERE batch = 3") == ["z"])
        // A table of one's own may have other types and more columns.
        try server.query("CREATE TABLE own (batch bigint, a timestamptz, b jsonb, made timestamptz DEFAULT now())")
        try sink.open(output: "own", columns: ["a", "b"])
        try sink.commit(output: "own", batch(1, [[.text("2026-11-27T12:00:00Z"), .text("{\"x\":1}")]], ["a", "b"]))
        #expect(try server.query("SELECT b->'x', made IS NOT NULL FROM own") == ["1|t"])
        let wrong = #expect(throws: SwiftwaterError.self) {
            try sink.commit(output: "own", batch(2, [[.text("no time"), .null]], ["a", "b"]))
        }
        #expect(wrong?.message.contains("no time") == true && wrong?.isRetryable == false, "\(wrong!)")
        #expect(try !sink.isCommitted(output: "own", BatchTime(milliseconds: 2)))
    }

    /// Connections are ended at any moment, and the server crashes: each batch is there once, whole.
    @Test func whateverBreaksEachBatchIsThereOnce() throws {
        let sink = try sink()
        try sink.open(output: "broken", columns: ["key", "count"])
        let isDone = Monitor(false)
        SystemThread.start(named: "breaker") {
            var number = 0
            while !isDone.read({ $0 }) {
                number += 1
                if number % 10 == 0 {
                    try? server.stop(at: "immediate")
                    try? server.start()
                } else {
                    _ = try? server.query(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swiftwater'")
                }
                Thread.sleep(forTimeInterval: 0.02)
            }
            isDone.update { $0 = false }
        }
        // Also if a batch fails: other tests use the server.
        defer { isDone.update { $0 = true } }
        for time in 1...25 {
            let rows: [[SinkValue]] = (0..<2000).map { [.text("#k\($0)"), .integer($0)] }
            try sink.commit(output: "broken", batch(Int64(time), rows))
        }
        isDone.update { $0 = true }
        isDone.wait { $0 ? nil : () }
        let counts = try server.query(
            "SELECT batch, count(*), sum(count), count(DISTINCT key) FROM broken GROUP BY batch ORDER BY batch")
        #expect(counts == (1...25).map { "\($0)|2000|1999000|2000" })
        #expect(try sink.lastCommitted(output: "broken") == BatchTime(milliseconds: 25))
    }

    @Test func whatIsWrongIsSaid() throws {
        for (address, code, word) in [
            (server.address(database: "nowhere"), SwiftwaterError.Code.notFound, "nowhere"),
            (server.address(user: "nobody"), .denied, "nobody"),
            ("postgresql://postgres@127.0.0.1:1/postgres?patience=0", .network, "127.0.0.1"),
            (server.address("?sslmode=require"), .network, "SSL"),
        ] {
            let error = #expect(throws: SwiftwaterError.self) {
                try PostgreSQLSink(address).open(output: "t", columns: ["a"])
            }
            #expect(error?.code == code && error?.message.contains(word) == true, "\(error!)")
            #expect(error?.remedy != nil && !"\(error!)".contains("s3cret"))
        }
        for address in [
            "postgresql://u:p@h/d", "postgresql://h", "postgresql://h/", "postgresql://h:0/d", "postgresql://h/d?x=1",
            "postgresql:h/d",
        ] {
            let error = #expect(throws: SwiftwaterError.self) { try PostgreSQLSink(address) }
            #expect(error?.code == .invalidArgument && !"\(error!)".contains("u:p"), "\(address)")
        }
        for output in ["swiftwater_batches", "", String(repeating: "x", count: 64)] {
            #expect(throws: SwiftwaterError.self) { try sink().open(output: output, columns: ["a"]) }
        }
        #expect(throws: SwiftwaterError.self) { try sink().open(output: "t", columns: ["batch"]) }
    }

    /// A disk without room is waited for, and named if it stays full.
    /// A table that someone holds, as those who alter it do, is waited for as long as the patience.
    @Test func aTableThatIsHeld() throws {
        let (impatient, patient) = (try sink("?patience=1"), try sink("?patience=60"))
        let batch = SinkBatch(
            time: BatchTime(milliseconds: 1), columns: ["key"], rows: [[.text("a")]])
        try impatient.open(output: "held", columns: ["key"])
        try patient.open(output: "held", columns: ["key"])
        try patient.commit(
            output: "held", SinkBatch(time: BatchTime(milliseconds: 0), columns: ["key"], rows: [[.text("a")]]))
        let state = Monitor("free")
        let server = server
        SystemThread.start(named: "holder") {
            _ = try? server.query("BEGIN; LOCK TABLE held; CREATE TABLE is_held (a int); SELECT pg_sleep(4); COMMIT")
            state.update { $0 = "done" }
        }
        func holds() throws -> Bool {
            try server.query(
                "SELECT count(*) FROM pg_locks WHERE relation = 'held'::regclass AND mode = 'AccessExclusiveLock' AND granted"
            ) == ["1"]
        }
        while try !holds() { usleep(20_000) }
        let error = #expect(throws: SwiftwaterError.self) { try impatient.commit(output: "held", batch) }
        #expect(error?.isRetryable == true && error?.message.contains("55P03") == true, "\(error!)")
        #expect(state.read { $0 } == "free")
        try patient.commit(output: "held", batch)
        state.wait { $0 == "done" ? () : nil }
        #expect(try server.query("SELECT count(*) FROM held WHERE batch = 1") == ["1"])
    }

    @Test(.enabled(if: SmallDisk.isAllowed, "needs the right to mount a tmpfs"))
    func aFullDisk() throws {
        let disk = try SmallDisk(megabytes: 16, owner: "postgres")
        try server.query("CREATE TABLESPACE small LOCATION '\(disk.path)'")
        defer {
            _ = try? server.query("DROP TABLE IF EXISTS \"full\"")
            _ = try? server.query("DROP TABLESPACE small")
        }
        try server.query("CREATE TABLE \"full\" (batch bigint, text text) TABLESPACE small")
        let sink = try sink("?patience=2")
        try sink.open(output: "full", columns: ["text"])
        // Text that is not stored compressed.
        var random = SeededRandom(seed: 1)
        let rows: [[SinkValue]] = (0..<3000).map { _ in
            [.text(Text((0..<40).map { _ in String(random.next(), radix: 36) }.joined()))]
        }
        try sink.commit(output: "full", batch(1, rows, ["text"]))
        try disk.fill()
        let error = #expect(throws: SwiftwaterError.self) { try sink.commit(output: "full", batch(2, rows, ["text"])) }
        #expect(error?.message.contains("53100") == true && error?.remedy?.contains("free") == true, "\(error!)")
        #expect(try !sink.isCommitted(output: "full", BatchTime(milliseconds: 2)))
        SystemThread.start(named: "administrator") {
            Thread.sleep(forTimeInterval: 0.5)
            disk.empty()
        }
        try self.sink("?patience=60").commit(output: "full", batch(2, rows, ["text"]))
        #expect(
            try server.query("SELECT batch, count(*) FROM \"full\" GROUP BY batch ORDER BY batch") == [
                "1|3000", "2|3000",
            ])
    }

    /// A password that changed is asked for again until the file has the new one.
    @Test func aChangedPassword() throws {
        let sink = try sink("?patience=20")
        try sink.open(output: "passwords", columns: ["key", "count"])
        try server.query(
            """
            ALTER USER postgres PASSWORD 'an0ther';
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swiftwater'
            """)
        SystemThread.start(named: "administrator") {
            Thread.sleep(forTimeInterval: 1)
            try! server.setPasswordInFile("an0ther")
        }
        try sink.commit(output: "passwords", batch(1, [[.text("a"), .integer(1)]]))
        #expect(try server.query("SELECT key FROM passwords") == ["a"])
        // Nobody changes it this time.
        try server.query(
            """
            ALTER USER postgres PASSWORD 'third';
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'swiftwater'
            """)
        let hasty = try PostgreSQLSink(server.address("?patience=1"))
        let error = #expect(throws: SwiftwaterError.self) {
            try hasty.commit(output: "passwords", batch(2, [[.text("b"), .integer(1)]]))
        }
        #expect(error?.code == .denied && error?.remedy?.contains("PGPASSFILE") == true, "\(error!)")
        try server.setPasswordInFile("third")
        try server.query("ALTER USER postgres PASSWORD 's3cret'")
        try server.setPasswordInFile("s3cret")
    }
}
