#if Server
    import Foundation
    import GRDB
    import SwiftwaterCore
    import SwiftwaterStorage
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

        /// A pool, whose readers wait neither for the writer nor for other programs; in memory, a queue.
        private let database: any DatabaseWriter
        private let maxAge: Int64
        private let maxBytes: Int
        /// The number of keys kept per window.
        static let keysMax = 50
        /// The number of windows that are removed when one is added, at most, so that no write takes long.
        private static let removedMax = 8
        private static let vacuumedPagesMax = 256

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

        private static func open(_ path: String?) throws -> any DatabaseWriter {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
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
                try tidy(now: end, database)
            }
            // Pages of removed windows go back to the file system a few at a time.
            _ = try? database.writeWithoutTransaction {
                try Row.fetchAll($0, sql: "PRAGMA incremental_vacuum(\(Self.vacuumedPagesMax))")
            }
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
