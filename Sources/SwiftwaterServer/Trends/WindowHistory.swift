#if Server
    import Foundation
    import GRDB
    import SwiftwaterCore
    import SwiftwaterTrends

    /// The history of trends, in SQLite: the top keys of each window, bounded by age and by size.
    ///
    ///     windows  end (milliseconds, primary key), posts, keys
    ///     trends   end, key, rank, count, authors; primary key (key, end)
    final class WindowHistory: Sendable {
        struct Point: Sendable {
            let end: Int64
            let rank: Int
            let count: Int
            let authors: Int
        }

        private let database: DatabaseQueue
        private let maxAge: Int64
        private let maxBytes: Int
        private let written = Monitor(0)
        /// The number of keys kept per window.
        static let keysMax = 50
        private static let tidyEvery = 64

        /// Opens the database, or creates it.
        ///
        /// - Parameter path: nil keeps it in memory.
        /// - Throws: `corrupted` if the file is damaged or something else, `io` if it cannot be opened or written.
        init(path: String?, maxAge: Duration, maxBytes: Int) throws {
            (self.maxAge, self.maxBytes) = (maxAge.wholeMilliseconds, maxBytes)
            do { database = try Self.open(path) } catch let error as DatabaseError {
                let isDamaged = [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
                throw SwiftwaterError(
                    isDamaged ? .corrupted : .io,
                    "the history of trends cannot be opened: \(error.message ?? "\(error)")",
                    at: path.map { .init(file: $0) },
                    remedy: isDamaged
                        ? "move the file away, with its -wal and -shm: a new history is begun, and nothing else is lost"
                        : "check that the file can be written and that no other process uses it",
                    cause: error)
            }
        }

        private static func open(_ path: String?) throws -> DatabaseQueue {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
            }
            let database =
                try path.map { try DatabaseQueue(path: $0, configuration: configuration) } ?? DatabaseQueue()
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

        /// Stores a window, replacing an earlier copy of it.
        func add(_ table: TrendingTable) throws {
            let end = table.end.milliseconds
            try database.write { database in
                try database.execute(
                    sql: "INSERT OR REPLACE INTO windows VALUES (?, ?, ?)", arguments: [end, table.posts, table.keys])
                let insert = try database.cachedStatement(sql: "INSERT OR REPLACE INTO trends VALUES (?, ?, ?, ?, ?)")
                for row in table.rows.prefix(Self.keysMax) {
                    try insert.execute(arguments: [String(row.key), end, row.rank, row.count, row.authors])
                }
            }
            let count = written.update {
                $0 += 1
                return $0
            }
            if count % Self.tidyEvery == 1 { try tidy(now: end) }
        }

        /// Removes the windows that are too old, then the oldest tenth for as long as the size is above its limit.
        private func tidy(now: Int64) throws {
            try database.write { database in
                try Self.remove(before: now - maxAge, database)
                func used() throws -> Int {
                    let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                    let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
                    return (pages - free) * (try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096)
                }
                while try used() > maxBytes {
                    let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM windows") ?? 0
                    guard count > 1,
                        let limit = try Int64.fetchOne(
                            database, sql: "SELECT end FROM windows ORDER BY end LIMIT 1 OFFSET ?",
                            arguments: [max(1, count / 10)])
                    else { break }
                    try Self.remove(before: limit, database)
                }
            }
            try database.writeWithoutTransaction { _ = try Row.fetchAll($0, sql: "PRAGMA incremental_vacuum") }
        }

        private static func remove(before end: Int64, _ database: Database) throws {
            try database.execute(sql: "DELETE FROM trends WHERE end < ?", arguments: [end])
            try database.execute(sql: "DELETE FROM windows WHERE end < ?", arguments: [end])
        }

        /// Returns the end of the last window.
        func lastEnd() throws -> BatchTime? {
            try database.read { try Int64.fetchOne($0, sql: "SELECT max(end) FROM windows") }.map(
                BatchTime.init(milliseconds:))
        }

        /// Returns the windows in which a key was among the top keys, oldest first.
        func points(_ key: String, from: Int64, to: Int64, limit: Int) throws -> [Point] {
            try database.read { database in
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
