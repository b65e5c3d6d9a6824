import DatabaseTestSupport
import Foundation
import SwiftwaterCore
import TestSupport
import Testing

extension KillTests {
    /// Documents that are inserted, half of them in transactions, whose changes have one time: each counts once.
    @Test(.enabled(if: MongoServer.isInstalled, Comment(rawValue: MongoServer.missing)))
    func changesAreCountedExactlyOnce() throws {
        let server = try MongoServer()
        let lines = 3000
        let begin = Date().addingTimeInterval(-60).formatted(.iso8601)
        try server.script("db.create_collection('posts')")
        SystemThread.start(named: "writer") {
            _ = try? server.script(
                """
                import time
                client = db.client
                for start in range(0, \(lines), 50):
                    posts = [{"text": f"#k{n % 7} #id{n}"} for n in range(start, start + 50)]
                    if start % 100:
                        with client.start_session() as session, session.start_transaction():
                            db.posts.insert_many(posts, session=session)
                    else:
                        db.posts.insert_many(posts)
                    time.sleep(0.08)
                """)
        }
        let (trace, _) = try run(server.address("test/posts?start=\(begin)"), seed: 11) { $0.posts.count >= lines }
        #expect(trace.posts.count == lines)
        #expect(Set(trace.posts).count == lines)
    }
}
