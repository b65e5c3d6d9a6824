import DatabaseTestSupport
import Foundation
import Logging
import SwiftwaterConnectors
import SwiftwaterCore
import SwiftwaterStreaming
import TestSupport
import Testing

/// The change stream of a real MongoDB server, which is stopped meanwhile, and forgets.
@Suite(.serialized, .enabled(if: MongoServer.isInstalled, Comment(rawValue: MongoServer.missing)))
struct MongoChangesTests {
    private static let shared = Result { try MongoServer() }
    private func server() throws -> MongoServer { try Self.shared.get() }

    /// A running stream, and the lines that it counted.
    private final class Run: Sendable {
        let lines = Monitor<[String]>([])
        let context: StreamingContext

        init(_ address: String, checkpoint: String? = nil) async throws {
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            context = StreamingContext(
                Context(master: .local(threads: 1), appName: "test", logger: logger), batchInterval: .milliseconds(50))
            if let checkpoint { context.checkpoint(checkpoint) }
            let lines = lines
            try context.mongoTextStream(address).named("changes").forEachBatch(name: "keep") { rdd, _ in
                let new = try rdd.collect().map(String.init)
                lines.update { $0 += new }
            }
            try await context.start()
        }

        var status: SourceStatus? { context.sourceStatuses.first?.status }

        /// Waits until there are so many lines, and returns them.
        func waitForLines(_ count: Int) -> [String] {
            _ = lines.wait(atMost: .seconds(30)) { $0.count >= count ? () : nil }
            return lines.read { $0 }
        }

        func wait(until isSo: (SourceStatus) -> Bool) async throws -> Bool {
            for _ in 0..<600 {
                if let status, isSo(status) { return true }
                try await Task.sleep(for: .milliseconds(50))
            }
            return false
        }

        func stop() async throws { try await context.stop(gracefully: true) }
    }

    @Test func documentsBecomeLines() async throws {
        let server = try server()
        try server.script("db.people.drop(); db.create_collection('people')")
        let run = try await Run(server.address("test/people"))
        #expect(try await run.wait { $0.link == .connected })
        try server.script(
            """
            import bson, datetime
            db.people.insert_one({'_id': bson.ObjectId('5f3000000000000000000001'), 'text': 'ä😀\\n"x"', 'n': 4.5,
                'i': 7, 'l': bson.Int64(8000000000), 'b': True, 'e': None, 'a': [1, {'c': 2.5}],
                't': datetime.datetime(2026, 11, 28, 12, 30, 0, 250000)})
            db.people.update_one({}, {'$set': {'n': 1}})
            db.people.delete_one({})
            db.others.insert_one({'text': 'another collection'})
            db.people.insert_one({'_id': 'last'})
            """)
        #expect(
            run.waitForLines(2) == [
                #"{"_id":"5f3000000000000000000001","text":"ä😀\n\"x\"","n":4.5,"i":7,"l":8000000000,"b":true,"#
                    + #""e":null,"a":[1,{"c":2.5}],"t":"2026-11-28T12:30:00.250Z"}"#, #"{"_id":"last"}"#,
            ])
        #expect(run.status?.lines == 2 && run.status?.repeated == 0)
        try await run.stop()
    }

    @Test func operationsAreChosen() async throws {
        let server = try server()
        try server.script("db.ratings.drop(); db.create_collection('ratings')")
        let documents = try await Run(server.address("test/ratings?operations=insert,update,replace"))
        let events = try await Run(server.address("test/ratings?operations=insert,update,delete&lines=event"))
        for run in [documents, events] { #expect(try await run.wait { $0.link == .connected }) }
        try server.script(
            """
            import time
            db.ratings.insert_one({'_id': 1, 'user': '7', 'rating': 4.0})
            time.sleep(1)
            db.ratings.update_one({'_id': 1}, {'$set': {'rating': 3.5}})
            time.sleep(1)
            db.ratings.replace_one({'_id': 1}, {'user': '8'})
            time.sleep(1)
            db.ratings.delete_one({'_id': 1})
            """)
        #expect(
            documents.waitForLines(3) == [
                #"{"_id":1,"user":"7","rating":4}"#, #"{"_id":1,"user":"7","rating":3.5}"#, #"{"_id":1,"user":"8"}"#,
            ])
        let lines = events.waitForLines(3)
        #expect(lines.count == 3)
        #expect(lines.first?.contains(#""operationType":"insert""#) == true)
        #expect(lines.dropFirst().first?.contains(#""updatedFields":{"rating":3.5}"#) == true)
        #expect(lines.last?.contains(#""documentKey":{"_id":1}"#) == true)
        for run in [documents, events] { try await run.stop() }
    }

    /// What came while the program was down counts, and nothing counts twice; also if it went away at the same time.
    @Test func aRestartGoesOn() async throws {
        let server = try MongoServer()
        let folder = try TemporaryDirectory()
        try server.script("db.create_collection('posts')")
        let address = server.address("test/posts")
        let first = try await Run(address, checkpoint: folder.path)
        #expect(try await first.wait { $0.link == .connected })
        try server.script("db.posts.insert_many([{'_id': n} for n in range(100)])")
        #expect(first.waitForLines(100).count == 100)
        try await first.stop()
        try server.script("db.posts.insert_many([{'_id': n} for n in range(100, 200)])")
        let second = try await Run(address, checkpoint: folder.path)
        #expect(second.waitForLines(100).last == #"{"_id":199}"#)
        server.stop(with: SIGKILL)
        #expect(try await second.wait { $0.link == .waiting })
        try server.start()
        try server.script("db.posts.insert_one({'_id': 200})")
        let lines = second.waitForLines(101)
        #expect(lines == (100...200).map { #"{"_id":\#($0)}"# })
        try await second.stop()
    }

    /// A collection that is dropped ends the change stream; one that is made again goes on.
    @Test func aDroppedCollectionGoesOn() async throws {
        let server = try server()
        let folder = try TemporaryDirectory()
        try server.script("db.short.drop(); db.create_collection('short')")
        let run = try await Run(server.address("test/short"), checkpoint: folder.path)
        #expect(try await run.wait { $0.link == .connected })
        try server.script("db.short.insert_one({'_id': 1}); db.short.drop(); db.short.insert_one({'_id': 2})")
        #expect(run.waitForLines(2) == [#"{"_id":1}"#, #"{"_id":2}"#])
        try await run.stop()
        try server.script("db.short.drop(); db.short.insert_one({'_id': 3})")
        let again = try await Run(server.address("test/short"), checkpoint: folder.path)
        #expect(again.waitForLines(1) == [#"{"_id":3}"#])
        #expect(again.status?.link == .connected)
        try await again.stop()
    }

    /// What the server no longer has is an error, or a gap that is reported.
    @Test func whatIsGoneIsSaid() async throws {
        let server = try MongoServer(options: ["--oplogSize", "1", "--syncdelay", "1"])
        try server.script(
            """
            import time
            db.create_collection('old')
            oplog = db.client.local.oplog.rs
            first = oplog.find_one()['ts']
            while oplog.find_one()['ts'] == first:
                for n in range(40): db.others.insert_one({'text': 'x' * 100000})
                time.sleep(0.2)
            """)
        let past = "start=2001-01-01T00:00:00Z"
        let strict = try await Run(server.address("test/old?\(past)"))
        let error = await #expect(throws: SwiftwaterError.self) { try await strict.context.awaitTermination() }
        #expect("\(String(describing: error))".contains("no longer has the changes"))
        #expect("\(String(describing: error))".contains("lost=latest"))
        let lenient = try await Run(server.address("test/old?\(past)&lost=latest"))
        #expect(try await lenient.wait { $0.link == .connected })
        #expect(lenient.status?.gaps == 1)
        try server.script("db.old.insert_one({'_id': 'new'})")
        #expect(lenient.waitForLines(1) == [#"{"_id":"new"}"#])
        try await lenient.stop()
    }

    /// A collection in which nothing happens moves on with its server, so that the server can forget.
    @Test func aQuietCollectionMovesOn() async throws {
        let server = try server()
        let folder = try TemporaryDirectory()
        try server.script("db.quiet.drop(); db.create_collection('quiet')")
        let run = try await Run(server.address("test/quiet"), checkpoint: folder.path)
        #expect(try await run.wait { $0.link == .connected })
        let begin = Int(
            try server.script(
                """
                import time
                first = db.others.insert_one({}) and db.client.admin.command('hello')['operationTime'].time
                for n in range(30):
                    db.others.insert_one({})
                    time.sleep(0.1)
                print(first)
                """)[0])!
        try await run.stop()
        try server.script("db.command('profile', 2)")
        let again = try await Run(server.address("test/quiet"), checkpoint: folder.path)
        #expect(try await again.wait { $0.link == .connected })
        try server.script("db.quiet.insert_one({'_id': 'new'})")
        #expect(again.waitForLines(1).count == 1)
        try await again.stop()
        let start = try server.script(
            """
            db.command('profile', 0)
            starts = {entry['originatingCommand']['pipeline'][0]['$changeStream']['startAtOperationTime'].time
                      for entry in db.system.profile.find({'originatingCommand.aggregate': 'quiet'})}
            for start in starts: print(start)
            """)
        #expect(start.count == 1 && Int(start[0])! >= begin + 2, "\(start), \(begin)")
    }

    @Test func aServerByItselfIsRefused() async throws {
        let server = try MongoServer(isReplicaSet: false)
        let run = try await Run(server.address("test/posts"))
        let error = await #expect(throws: SwiftwaterError.self) { try await run.context.awaitTermination() }
        #expect("\(String(describing: error))".contains("replica set"))
    }

    @Test(arguments: [
        ("mongodb://h/db", "names no collection"), ("mongodb://h/db/c?start=yesterday", "has the start"),
        ("mongodb://h/db/c?lost=maybe", "fail or latest"), ("mongodb://h/db/c?operations=insert,drop", "'drop'"),
        ("mongodb://h/db/c?operations=", "has the operation ''"), ("mongodb://h/db/c?lines=all", "document or event"),
        ("mongodb://h/db/c?operations=delete", "lines=event"), ("mongodb://u:secret@h/db/c", "has a password"),
    ])
    func wrongAddressesAreRefused(address: String, words: String) {
        let error = #expect(throws: SwiftwaterError.self) { try MongoChangesAddress(address) }
        #expect("\(error!)".contains(words), "\(error!)")
        #expect(!"\(error!)".contains("secret@"))
    }
}
