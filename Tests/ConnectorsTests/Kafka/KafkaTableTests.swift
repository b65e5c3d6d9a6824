import DatabaseTestSupport
import Foundation
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

/// A compacted topic as a table, against librdkafka's mock cluster, whose brokers go and return.
@Suite(.enabled(if: KafkaMock.isInstalled, Comment(rawValue: KafkaMock.missing)))
struct KafkaTableTests {
    private func look(_ table: KafkaTable, _ keys: [Text]) throws -> [String] {
        try table.rows(forKeys: keys.sorted()).map { row in
            ([row.key] + row.values.map { $0 ?? "NULL" }).map(String.init).joined(separator: "|")
        }
    }

    private func wait(_ table: KafkaTable, _ keys: [Text], for rows: [String]) throws -> [String] {
        let deadline = Date().addingTimeInterval(30)
        while Date() < deadline, try look(table, keys) != rows { usleep(50_000) }
        return try look(table, keys)
    }

    @Test func theLastValueOfAKeyCounts() throws {
        let mock = try KafkaMock()
        mock.create("users", partitions: 3)
        try mock.write(
            "users",
            [
                ("a", #"{"place":"Wien","n":1}"#), ("b", #"{"place":"Graz"}"#),
                ("c", #"{"user":{"place":"ä😀"},"n":2.5}"#),
                ("a", #"{"place":"Linz","n":true,"list":[1,"x"]}"#), ("d", "plain text"), ("e", "{"),
            ])
        let reports = Monitor<[String]>([])
        let table = try KafkaTable(mock.address("users"), columns: ["place", "user.place", "n", "list"]) { text in
            reports.update { $0.append(text) }
        }
        let keys: [Text] = ["a", "b", "c", "d", "e", "f"]
        #expect(
            try look(table, keys) == [
                #"a|Linz|NULL|true|[1,"x"]"#, "b|Graz|NULL|NULL|NULL", "c|NULL|ä😀|2.5|NULL",
            ])
        let isSaid = reports.wait(atMost: .seconds(30)) { $0.joined().contains("could not be read") ? () : nil } != nil
        #expect(isSaid)
        // What comes later is seen, and a message without a value removes its key.
        try mock.write("users", [("f", #"{"place":"Rom"}"#), ("a", ""), ("b", #"{"n":7}"#)], emptyIsNull: true)
        let rows = ["b|NULL|NULL|7|NULL", "c|NULL|ä😀|2.5|NULL", "f|Rom|NULL|NULL|NULL"]
        #expect(try wait(table, keys, for: rows) == rows)
        let whole = try KafkaTable(mock.address("users"), columns: ["value"])
        #expect(try look(whole, ["d", "f"]) == ["d|plain text", #"f|{"place":"Rom"}"#])
    }

    @Test func allOfALongTopicIsRead() throws {
        let mock = try KafkaMock()
        mock.create("long", partitions: 4)
        let rows = (0..<40_000).map { (String?("k\($0 % 20_000)"), #"{"n":\#($0)}"#) }
        try mock.write("long", rows.map { (key: $0.0, value: $0.1) })
        let table = try KafkaTable(mock.address("long"), columns: ["n"])
        let keys = (0..<10_000).map { Text("k\($0)") }.sorted()
        let found = try table.rows(forKeys: keys)
        #expect(found.count == 10_000)
        #expect(found.allSatisfy { row in row.values[0].map { Text("k\(Int(String($0))! - 20_000)") } == row.key })
    }

    /// Before the topic was read, its keys are waited for; after that the table stays as it is.
    @Test func brokersGoAndReturn() throws {
        let mock = try KafkaMock()
        mock.create("users")
        try mock.write("users", [("a", #"{"n":1}"#)])
        mock.set(isDown: true)
        let table = try KafkaTable(mock.address("users"), columns: ["n"])
        let away = #expect(throws: SwiftwaterError.self) { try table.rows(forKeys: ["a"]) }
        #expect(away?.isRetryable == true)
        mock.set(isDown: false)
        let cached = CachedTable(table, maximumAge: .zero, onFailure: .wait(atMost: .seconds(60)))
        #expect(try cached.rows(forKeys: ["a"])["a"] == ["1"])
        mock.set(isDown: true)
        usleep(500_000)
        #expect(try cached.rows(forKeys: ["a", "b"])["a"] == ["1"])
        mock.set(isDown: false)
        try mock.write("users", [("a", #"{"n":2}"#)])
        let deadline = Date().addingTimeInterval(60)
        while Date() < deadline, try cached.rows(forKeys: ["a"])["a"] != ["2"] { usleep(50_000) }
        #expect(try cached.rows(forKeys: ["a"])["a"] == ["2"])
    }

    @Test func aMissingTopicIsAnError() throws {
        let mock = try KafkaMock()
        mock.create("other")
        mock.fail("none", with: 3)
        let table = try KafkaTable(mock.address("none"), columns: ["n"])
        let error = #expect(throws: SwiftwaterError.self) { try table.rows(forKeys: ["a"]) }
        #expect(error?.code == .notFound, "\(error!)")
        #expect(throws: SwiftwaterError.self) { try KafkaTable("kafka://h/a,b", columns: ["n"]) }
    }

    /// The program joins posts with it.
    @Test(.enabled(if: Sanitizer.isAbsent, Comment(rawValue: Sanitizer.startsProgram)))
    func theProgramLooksAuthorsUp() throws {
        let mock = try KafkaMock()
        mock.create("users", partitions: 2)
        try mock.write("users", [("1", #"{"location":"Wien"}"#), ("2", #"{"location":"Graz"}"#)])
        let folder = try TemporaryDirectory()
        let posts = try folder.write(
            "posts.ndjson",
            (0..<30).map { "{\"text\":\"#a\",\"author_id\":\"\($0 % 3)\",\"id\":\"\($0)\"}\n" }.joined())
        let result = try Program([
            "trends", "--source", "file:" + posts, "--enrich", mock.address("users"), "--keys", "author-values",
            "--json",
        ]).wait()
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.contains("\"key\":\"Wien\"") && result.output.contains("\"key\":\"Graz\""))
    }
}
