import DatabaseTestSupport
import Foundation
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import SwiftwaterTesting
import TestSupport
import Testing

/// A sink against a real MongoDB server, which is stopped, starved and changed meanwhile, and read by MongoDB's driver for
/// Python.
@Suite(.serialized, .enabled(if: MongoServer.isInstalled, Comment(rawValue: MongoServer.missing)))
struct MongoSinkTests {
    private static let shared = Result { try MongoServer() }
    private func server() throws -> MongoServer { try Self.shared.get() }

    private func batch(_ time: Int64, _ rows: [[SinkValue]], _ columns: [String] = ["key", "count"]) -> SinkBatch {
        SinkBatch(time: BatchTime(milliseconds: time), columns: columns, rows: rows)
    }

    private func count(_ output: String, _ time: Int64, _ server: MongoServer) throws -> Int {
        let name = output.replacing("'", with: "\\'")
        return Int(try server.script("print(db['\(name)'].count_documents({'batch': \(time)}))")[0])!
    }

    /// With transactions and without them.
    @Test(arguments: [true, false])
    func theSinkKeepsItsPromises(isReplicaSet: Bool) throws {
        let server = try isReplicaSet ? server() : MongoServer(isReplicaSet: false)
        let broken = try ConnectorChecks.sink(make: { try MongoSink(server.address()) }) { output, time in
            try count(output, time.milliseconds, server)
        }
        #expect(broken.isEmpty, "\(broken)")
    }

    /// What looks like a command is data.
    @Test func anyValueIsStoredAsItIs() throws {
        let server = try server()
        let texts = [
            "{\"$where\": \"sleep(1000)\"}", "$set", "a\tb\nc\rd\\e\"", "ä😀\u{202E}", "", "x.y", "null", "zero\0byte",
            String(repeating: "x", count: 300_000),
        ]
        let sink = try MongoSink(server.address())
        try sink.open(output: "texts", columns: ["text", "number"])
        try sink.commit(
            output: "texts",
            batch(1, texts.enumerated().map { [.text($1), .integer($0)] }, ["text", "number"]))
        let stored = try server.script(
            "for d in db.texts.find().sort('number'): print(d['text'].encode().hex() or '-')")
        #expect(
            stored
                == texts.map {
                    $0.isEmpty ? "-" : $0.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                })
        try sink.open(output: "types", columns: ["a", "b", "c", "d"])
        try sink.commit(
            output: "types",
            batch(
                1,
                [
                    [.integer(Int64.max), .real(0.1), .text("x"), .null],
                    [.integer(-1), .real(.infinity), .null, .null],
                ],
                ["a", "b", "c", "d"]))
        #expect(
            try server.script("for d in db.types.find({}, {'_id': 0}): print(d)") == [
                "{'batch': 1, 'a': 9223372036854775807, 'b': 0.1, 'c': 'x', 'd': None}",
                "{'batch': 1, 'a': -1, 'b': inf, 'c': None, 'd': None}",
            ])
    }

    /// The server is killed and stopped at any moment: each batch is there once, whole.
    @Test(arguments: [true, false])
    func whateverBreaksEachBatchIsThereOnce(isReplicaSet: Bool) throws {
        let server = try MongoServer(isReplicaSet: isReplicaSet)
        let sink = try MongoSink(server.address())
        try sink.open(output: "broken", columns: ["key", "count"])
        let isDone = Monitor(false)
        SystemThread.start(named: "breaker") {
            var number = 0
            while !isDone.read({ $0 }) {
                Thread.sleep(forTimeInterval: 2)
                server.stop(with: number % 2 == 0 ? SIGKILL : SIGTERM)
                try? server.start()
                number += 1
            }
            isDone.update { $0 = false }
        }
        for time in 1...12 {
            let rows: [[SinkValue]] = (0..<6000).map { [.text("#k\($0)"), .integer($0)] }
            try sink.commit(output: "broken", batch(Int64(time), rows))
        }
        isDone.update { $0 = true }
        isDone.wait { $0 ? nil : () }
        let counts = try server.script(
            """
            for d in db.broken.aggregate([{'$group': {'_id': '$batch', 'n': {'$sum': 1}, 's': {'$sum': '$count'}}},
                                          {'$sort': {'_id': 1}}]): print(d['_id'], d['n'], d['s'])
            """)
        #expect(counts == (1...12).map { "\($0) 6000 17997000" })
        #expect(try sink.lastCommitted(output: "broken") == BatchTime(milliseconds: 12))
    }

    /// Rows that the collection refuses are an error, also if that looks like a repetition; what an attempt left behind is
    /// replaced; rows of more than one command are one batch.
    @Test(arguments: [true, false]) func aBatchIsWholeOrNotThere(isReplicaSet: Bool) throws {
        let server = try isReplicaSet ? server() : MongoServer(isReplicaSet: false)
        try server.script("db.unique.drop(); db.unique.create_index('key', unique=True)")
        let sink = try MongoSink(server.address("test?patience=0"))
        try sink.open(output: "unique", columns: ["key", "count"])
        let twice: [[SinkValue]] = [[.text("a"), .integer(1)], [.text("a"), .integer(2)]]
        #expect(throws: SwiftwaterError.self) { try sink.commit(output: "unique", batch(1, twice)) }
        #expect(try !sink.isCommitted(output: "unique", BatchTime(milliseconds: 1)))
        try sink.commit(output: "unique", batch(1, [[.text("b"), .integer(3)]]))
        #expect(try count("unique", 1, server) == 1)
        #expect(try server.script("print(db.unique.find_one({'batch': 1})['key'])") == ["b"])
        try sink.open(output: "large", columns: ["key", "count"])
        let text = String(repeating: "x", count: 400_000)
        try sink.commit(output: "large", batch(2, (0..<60).map { [.text(text), .integer($0)] }))
        #expect(try count("large", 2, server) == 60)
    }

    @Test func whatIsWrongIsSaid() throws {
        let server = try server()
        let address = server.address()
        for (address, code) in [
            ("mongodb://127.0.0.1:1/test?patience=0", SwiftwaterError.Code.network),
            (address.replacing("mongodb://", with: "mongodb://nobody@"), .denied),
            (address + "?tls=true", .network), (address + "?noSuchOption=1&replicaSet=other", .network),
        ] {
            let error = #expect(throws: SwiftwaterError.self) {
                try MongoSink(address).open(output: "t", columns: ["a"])
            }
            #expect(error?.code == code && error?.remedy != nil, "\(address): \(error!)")
        }
        for address in [
            "mongodb://u:p@h/d", "mongodb://h", "mongodb://h/", "mongodb://h:0/d", "mongodb:h/d", "mongodb:///d",
            "mongodb://h/d?tlsCertificateKeyFilePassword=p", "mongodb://u:p/w@h/d", "mongodb://h:x/d?password=u:p",
        ] {
            let error = #expect(throws: SwiftwaterError.self) { try MongoSink(address) }
            #expect(error?.code == .invalidArgument && !"\(error!)".contains("u:p"), "\(address)")
        }
        let sink = try MongoSink(address)
        for output in ["swiftwater_batches", "", "system.users", "a$b", String(repeating: "x", count: 300)] {
            #expect(throws: SwiftwaterError.self) { try sink.open(output: output, columns: ["a"]) }
        }
        for column in ["batch", "_id", "$a", "a.b"] {
            #expect(throws: SwiftwaterError.self) { try sink.open(output: "t", columns: [column]) }
        }
        // A collection of one's own may refuse rows.
        try server.script("db.create_collection('own', validator={'count': {'$type': 'string'}})")
        try sink.open(output: "own", columns: ["key", "count"])
        let error = #expect(throws: SwiftwaterError.self) {
            try sink.commit(output: "own", batch(1, [[.text("a"), .integer(1)]]))
        }
        #expect(error?.code == .invalidState && error?.isRetryable == false, "\(error!)")
        #expect(try !sink.isCommitted(output: "own", BatchTime(milliseconds: 1)))
    }

    /// A server whose disk is full ends itself. When there is room and it runs again, the batch goes on.
    @Test(.enabled(if: SmallDisk.isAllowed, "only root may make a small disk"))
    func aFullDisk() throws {
        let disk = try SmallDisk(megabytes: 400, owner: "root")
        let server = try MongoServer(isReplicaSet: false, data: disk.path + "/data")
        let sink = try MongoSink(server.address("test?patience=120"))
        try sink.open(output: "full", columns: ["text"])
        // Text that is not stored compressed.
        var random = SeededRandom(seed: 1)
        let rows: [[SinkValue]] = (0..<3000).map { _ in
            [.text(Text((0..<40).map { _ in String(random.next(), radix: 36) }.joined()))]
        }
        try sink.commit(output: "full", batch(1, rows, ["text"]))
        try disk.fill()
        let isDone = Monitor(false)
        SystemThread.start(named: "administrator") {
            let ended = server.hasEnded()
            disk.empty()
            if ended { try? server.start() }
            isDone.update { $0 = true }
        }
        for time in 2...40 { try sink.commit(output: "full", batch(Int64(time), rows, ["text"])) }
        isDone.wait { $0 ? () : nil }
        let counts = try server.script(
            """
            for d in db.full.aggregate([{'$group': {'_id': '$batch', 'n': {'$sum': 1}}}, {'$sort': {'_id': 1}}]):
                print(d['_id'], d['n'])
            """)
        #expect(counts == (1...40).map { "\($0) 3000" })
    }

    /// A password that changed is asked for again until the file has the new one.
    @Test func aChangedPassword() throws {
        let server = try MongoServer(isReplicaSet: false, hasUsers: true)
        let folder = try TemporaryDirectory()
        let file = try folder.write("password", "one\n")
        setenv("MONGODB_PASSWORD_FILE", file, 1)
        defer { unsetenv("MONGODB_PASSWORD_FILE") }
        try server.script("db.client.admin.command('createUser', 'trends', pwd='one', roles=['root'])")
        func asUser(_ password: String, _ script: String) throws -> [String] {
            try server.script(
                "db = pymongo.MongoClient('127.0.0.1', \(server.port), username='trends', password='\(password)').test\n"
                    + script)
        }
        func sink(patience: Int) throws -> MongoSink {
            try MongoSink(server.address("test?authSource=admin&patience=\(patience)", user: "trends"))
        }
        let sink1 = try sink(patience: 60)
        try sink1.open(output: "passwords", columns: ["key"])
        _ = try asUser("one", "db.client.admin.command('updateUser', 'trends', pwd='two')")
        server.stop()
        try server.start()
        SystemThread.start(named: "administrator") {
            Thread.sleep(forTimeInterval: 1)
            try! "two\n".write(toFile: file, atomically: true, encoding: .utf8)
        }
        try sink1.commit(output: "passwords", batch(1, [[.text("a")]], ["key"]))
        #expect(try asUser("two", "print(db.passwords.find_one()['key'])") == ["a"])
        // Nobody changes it this time.
        try "three\n".write(toFile: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: SwiftwaterError.self) {
            try sink(patience: 1).commit(output: "passwords", batch(2, [[.text("b")]], ["key"]))
        }
        #expect(error?.code == .denied && error?.remedy?.contains("MONGODB_PASSWORD_FILE") == true, "\(error!)")
    }
}
