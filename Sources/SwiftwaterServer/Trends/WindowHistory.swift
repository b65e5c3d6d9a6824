#if Server
    import Foundation
    import GRDB
    import Logging
    import SwiftwaterCore
    import SwiftwaterStorage
    import SwiftwaterTrends

    /// The history of trends, in SQLite: the top keys of each window, bounded by age and by size.
    ///
    ///     windows  end (milliseconds, primary key), posts, keys
    ///     trends   end, key, rank, count, authors; primary key (key, end)
    final class WindowHistory: Sendable {
        /// A window, as it is stored.
        private struct Window: Sendable {
            let end: Int64
            let posts: Int
            let keys: Int
            let rows: [(key: String, rank: Int, count: Int, authors: Int?)]
        }

        private struct State {
            /// Windows that could not be written yet, oldest first.
            var waiting: [Window] = []
            var isInTrouble = false
            /// Windows that were given up because too many waited.
            var dropped = 0
        }

        struct Point: Sendable {
            let end: Int64
            let rank: Int
            let count: Int
            let authors: Int
        }

        /// A pool, whose readers wait neither for the writer nor for other programs; in memory, a queue.
        private let database: any DatabaseWriter
        private let path: String?
        private let logger: Logger
        private let state = Monitor(State())
        private let maxAge: Int64
        private let maxBytes: Int
        /// The number of windows that wait for the database, at most.
        static let waitingMax = 1000
        /// The number of keys kept per window.
        static let keysMax = 50
        /// The number of windows that are removed when one is added, at most, so that no write takes long.
        private static let removedMax = 8
        private static let vacuumedPagesMax = 256

        /// Opens the database, or creates it.
        ///
        /// - Parameters:
        ///   - path: nil keeps it in memory.
        ///   - setsAsideDamage: whether a damaged file is renamed, and a new one begun. All of it is read to know.
        /// - Throws: `corrupted` if the file is damaged or something else, `io` if it cannot be opened or written.
        init(path: String?, maxAge: Duration, maxBytes: Int, setsAsideDamage: Bool = false, logger: Logger) throws {
            (self.maxAge, self.maxBytes) = (maxAge.wholeMilliseconds, maxBytes)
            (self.path, self.logger) = (path, logger)
            do {
                if setsAsideDamage, let path, try Self.isDamaged(path) { try Self.setAside(path, logger) }
                database = try Self.open(path)
            } catch let error as DatabaseError {
                let isDamaged = Self.meansDamage(error)
                throw SwiftwaterError(
                    isDamaged ? .corrupted : .io,
                    "the history of trends cannot be opened: \(error.message ?? "\(error)")",
                    at: path.map { .init(file: $0) },
                    remedy: isDamaged
                        ? "move the file away, with its -wal and -shm, or let a new history begin: nothing else is lost"
                        : "check that the file can be written and that no other process uses it",
                    setting: isDamaged ? .damagedHistory : nil, cause: error)
            }
        }

        private static func meansDamage(_ error: DatabaseError) -> Bool {
            [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
        }

        /// Reads all of the database to see whether it is damaged.
        private static func isDamaged(_ path: String) throws -> Bool {
            guard LocalFileSystem().exists(path) else { return false }
            do {
                let database = try DatabaseQueue(path: path)
                defer { try? database.close() }
                let found = try database.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
                return found != "ok"
            } catch let error as DatabaseError where meansDamage(error) { return true }
        }

        /// Renames the database and its log, so that a new one can be begun.
        private static func setAside(_ path: String, _ logger: Logger) throws {
            let files = LocalFileSystem(isPrivate: true)
            var number = 1
            while files.exists("\(path).damaged-\(number)") { number += 1 }
            for suffix in ["", "-wal", "-shm"] where files.exists(path + suffix) {
                try files.rename(path + suffix, to: "\(path).damaged-\(number)\(suffix)")
            }
            logger.warning("\(path) was damaged and is now \(path).damaged-\(number); a new history begins")
        }

        private static func open(_ path: String?) throws -> any DatabaseWriter {
            var configuration = Configuration()
            // A window that cannot be written now is written with a later one.
            configuration.busyMode = .timeout(0.25)
            configuration.prepareDatabase { database in
                if database.configuration.readonly { return }
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
            }
            // SQLite gives its log and index the mode of the database.
            if let path, !LocalFileSystem().exists(path) { _ = try? LocalFileSystem(isPrivate: true).create(path) }
            let database: any DatabaseWriter =
                if let path {
                    try DatabasePool(path: path, configuration: configuration)
                } else {
                    try DatabaseQueue(configuration: configuration)
                }
            try database.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS windows (
                            end INTEGER PRIMARY KEY, posts INTEGER NOT NULL, keys INTEGER NOT NULL);
                        CREATE TABLE IF NOT EXISTS trends (
                            key TEXT NOT NULL, end INTEGER NOT NULL, rank INTEGER NOT NULL, count INTEGER NOT NULL,
                            authors INTEGER NOT NULL, PRIMARY KEY (key, end)) WITHOUT ROWID;
                        CREATE INDEX IF NOT EXISTS trends_end ON trends (end);
                        """)
            }
            return database
        }

        /// The number of windows that wait for the database.
        var waitingCount: Int { state.read { $0.waiting.count } }

        /// Stores a window, replacing an earlier copy of it. A database that is locked, full or damaged does not hold
        /// the stream up: its windows wait, and are stored with a later one.
        func add(_ table: TrendingTable) {
            let window = Window(
                end: table.end.milliseconds, posts: table.posts, keys: table.keys,
                rows: table.rows.prefix(Self.keysMax).map { (String($0.key), $0.rank, $0.count, $0.authors) })
            let waiting = state.update { state in
                state.waiting.append(window)
                if state.waiting.count > Self.waitingMax {
                    state.waiting.removeFirst()
                    state.dropped += 1
                }
                return state.waiting
            }
            do {
                try database.write { database in
                    for window in waiting { try store(window, database) }
                    try tidy(now: window.end, database)
                }
                wrote()
            } catch { failed(error) }
            // Pages of removed windows go back to the file system a few at a time.
            _ = try? database.writeWithoutTransaction {
                try Row.fetchAll($0, sql: "PRAGMA incremental_vacuum(\(Self.vacuumedPagesMax))")
            }
        }

        private func store(_ window: Window, _ database: Database) throws {
            try database.execute(
                sql: "INSERT OR REPLACE INTO windows VALUES (?, ?, ?)",
                arguments: [window.end, window.posts, window.keys])
            let insert = try database.cachedStatement(sql: "INSERT OR REPLACE INTO trends VALUES (?, ?, ?, ?, ?)")
            for row in window.rows {
                try insert.execute(arguments: [row.key, window.end, row.rank, row.count, row.authors])
            }
        }

        private func wrote() {
            let (wasInTrouble, dropped) = state.update { state in
                defer { state = State() }
                return (state.isInTrouble, state.dropped)
            }
            if wasInTrouble {
                logger.warning("\(path ?? "the history"): written again; \(dropped) windows are missing")
            }
        }

        private func failed(_ error: any Error) {
            let isNew = state.update { state in
                defer { state.isInTrouble = true }
                return !state.isInTrouble
            }
            guard isNew else { return }
            let code = (error as? DatabaseError)?.resultCode
            let remedy =
                [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(code)
                ? "stop the server and move the file away, with its -wal and -shm: only charts are lost"
                : "free some space, or end what locks the file"
            logger.error(
                """
                \(path ?? "the history"): windows cannot be written and wait, \(Self.waitingMax) at most; everything else goes on: \
                \((error as? DatabaseError)?.message ?? "\(error)"); \(remedy)
                """)
        }

        /// Removes some of the windows that are too old, or the oldest ones while the size is above its limit.
        private func tidy(now: Int64, _ database: Database) throws {
            func value(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: sql) ?? 0 }
            let used =
                try (value("PRAGMA page_count") - value("PRAGMA freelist_count")) * value("PRAGMA page_size")
            let ends = try Int64.fetchAll(
                database, sql: "SELECT end FROM windows WHERE end < ? ORDER BY end LIMIT ?",
                arguments: [used > maxBytes ? now : now - maxAge, Self.removedMax])
            guard let last = ends.last else { return }
            try database.execute(sql: "DELETE FROM trends WHERE end <= ?", arguments: [last])
            try database.execute(sql: "DELETE FROM windows WHERE end <= ?", arguments: [last])
        }

        /// Returns the end of the last window.
        func lastEnd() throws -> BatchTime? {
            try database.read { try Int64.fetchOne($0, sql: "SELECT max(end) FROM windows") }.map(
                BatchTime.init(milliseconds:))
        }

        /// Returns the windows in which a key was among the top keys, oldest first.
        ///
        /// It reads on a thread of the database's own, so no other request waits for it.
        func points(_ key: String, from: Int64, to: Int64, limit: Int) async throws -> [Point] {
            try await database.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT * FROM (SELECT end, rank, count, authors FROM trends
                            WHERE key = ? AND end >= ? AND end <= ? ORDER BY end DESC LIMIT ?) ORDER BY end
                        """,
                    arguments: [key, from, to, limit]
                ).map { Point(end: $0[0], rank: $0[1], count: $0[2], authors: $0[3]) }
            }
        }
    }
#endif
