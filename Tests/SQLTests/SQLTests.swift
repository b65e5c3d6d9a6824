import GRDB
import Swiftwater
import SwiftwaterSQL
import TestSupport
import Testing

/// Queries on our tables give the results of SQLite on its own tables.
@Suite struct SQLTests {
    /// Returns random ratings with repeated values, negative user ids and large item ids.
    static func ratings(_ random: inout SeededRandom, count: Int = 400) -> [(user: Int64, item: Int64, rating: Float)] {
        (0..<count).map { _ in
            (
                user: Int64(random.below(30)) - 3, item: Int64(random.below(20)) * 1_000_000_007,
                rating: Float(random.below(11)) / 2
            )
        }
    }

    @Test func aPivotAndAJoinAreOneQuery() throws {
        let ratings = Ratings([(1, 10, 4), (1, 20, 3.5), (2, 10, 5), (3, 20, 1), (3, 30, 2)])
        let movies = SQLTable(
            [(10, "A"), (20, "B"), (40, "D")],
            columns: [SQLField("movieId") { $0.0 }, SQLField("title") { $0.1 }])
        let session = try SQLSession(tables: ["ratings": SQLTable(ratings), "movies": movies])
        let pivot = try session.query(
            """
            SELECT userId, max(rating) FILTER (WHERE movieId = 10) AS a, max(rating) FILTER (WHERE movieId = 20) AS b
            FROM ratings GROUP BY userId ORDER BY userId
            """)
        #expect(pivot.map(\.names) == Array(repeating: ["userId", "a", "b"], count: 3))
        #expect(
            pivot.map(\.values) == [
                [.integer(1), .real(4), .real(3.5)], [.integer(2), .real(5), .null], [.integer(3), .null, .real(1)],
            ])
        let join = try session.query(
            """
            SELECT title, count(userId) AS n FROM movies LEFT JOIN ratings USING (movieId) GROUP BY title ORDER BY title
            """)
        #expect(
            join.map(\.values) == [
                [.text("A"), .integer(2)], [.text("B"), .integer(2)], [.text("D"), .integer(0)],
            ])
        #expect(join[0]["title"] == .text("A") && join[0]["N"] == nil)
    }

    /// Compares random queries on random rows, stored by row and by column, with those rows in a native SQLite table.
    @Test(arguments: 0..<40, [false, true]) func queriesAgreeWithSQLite(seed: Int, byColumn: Bool) throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 7)
        let words: [String?] = ["", "a", "A", "ab", "é", "e\u{301}", "10", "9", "-1", nil, "zz", "#x"]
        let rows = (0..<random.below(200)).map { _ in
            Sample(
                number: random.below(5) == 0 ? nil : Int64(random.below(12)) - 4,
                real: random.below(6) == 0 ? nil : Double(random.below(9)) / 4,
                word: words[random.below(words.count)])
        }
        func table(_ rows: [Sample]) -> SQLTable { byColumn ? Sample.columns(rows) : SQLTable(rows) }
        let session = try SQLSession(tables: ["t": table(rows), "other": table(Array(rows.prefix(12)))])
        let database = try DatabaseQueue()
        try database.write { database in
            for (name, content) in [("t", rows), ("other", Array(rows.prefix(12)))] {
                try database.execute(sql: "CREATE TABLE \(name) (number INTEGER, real REAL, word TEXT)")
                for row in content {
                    try database.execute(
                        sql: "INSERT INTO \(name) VALUES (?, ?, ?)", arguments: [row.number, row.real, row.word])
                }
            }
        }
        for _ in 0..<30 {
            let query = RandomQuery.make(&random)
            let ours = try session.query(query).map { $0.values.map { "\($0)" } }
            let theirs = try database.read { database in
                try Row.fetchAll(database, sql: query).map { row in
                    (0..<row.count).map { column -> String in
                        let value: DatabaseValue = row[column]
                        switch value.storage {
                        case .null: return "\(SQLValue.null)"
                        case .int64(let value): return "\(SQLValue.integer(value))"
                        case .double(let value): return "\(SQLValue.real(value))"
                        case .string(let value): return "\(SQLValue.text(Text(value)))"
                        case .blob: return "blob"
                        }
                    }
                }
            }
            #expect(ours == theirs, "seed \(seed): \(query)")
        }
    }

    struct Sample: SQLRecord {
        let number: Int64?
        let real: Double?
        let word: String?
        static let sqlColumns = [
            SQLField("number") { (row: Sample) in row.number }, SQLField("real") { $0.real },
            SQLField("word") { $0.word },
        ]

        static func columns(_ rows: [Sample]) -> SQLTable {
            var words = TextColumn()
            for row in rows { words.append((row.word ?? "").utf8) }
            // Numbers of distinct values, as in files of ratings.
            let distinct = Set(rows.map { $0.number ?? 0 }).sorted()
            let numbers = rows.map { row in UInt32(distinct.firstIndex(of: row.number ?? 0)!) }
            let number = ColumnStorage.nullable(
                .numbered(numbers, among: .integers(distinct)), isNull: rows.map { $0.number == nil })
            let real = ColumnStorage.nullable(
                .reals(rows.map { $0.real ?? 0 }), isNull: rows.map { $0.real == nil })
            let word = ColumnStorage.nullable(.texts(words), isNull: rows.map { $0.word == nil })
            return SQLTable(rowCount: rows.count, columns: [("number", number), ("real", real), ("word", word)])
        }
    }

    @Test func ratingsAnswerAsTheirRowsDo() throws {
        var random = SeededRandom(seed: 3, stream: 1)
        let rows = Self.ratings(&random)
        let session = try SQLSession(tables: ["ratings": SQLTable(Ratings(rows))])
        // More than the two lookups that are done without an index.
        for user in Int64(-4)...30 {
            let found = try session.query("SELECT movieId, rating FROM ratings WHERE userId = \(user)")
            let expected = rows.filter { $0.user == user }
            #expect(
                found.map(\.values) == expected.map { [.integer($0.item), .real(Double($0.rating))] },
                "user \(user)")
        }
        let means = try session.query("SELECT userId, count(*), sum(rating) FROM ratings GROUP BY userId")
        for row in means {
            let own = rows.filter { $0.user == row[0].integer }
            #expect(row[1] == .integer(Int64(own.count)))
            #expect(row[2] == .real(own.reduce(0) { $0 + Double($1.rating) }))
        }
        #expect(means.map { $0[0].integer! } == Set(rows.map(\.user)).sorted())
        let texts = Ratings([("b", "x", 4.1), ("a", "y", 2), ("b", "y", 3)])
        let named = try SQLSession(tables: ["r": SQLTable(texts)])
        #expect(
            try named.query("SELECT movieId FROM r WHERE userId = 'b' ORDER BY movieId DESC").map { $0[0].text } == [
                "y", "x",
            ])
        #expect(try named.query("SELECT rating FROM r WHERE rating = 4.1").map(\.values) == [[.real(4.1)]])
    }

    /// Rows that are in the order of a column are read as they lie, forwards and backwards.
    @Test func rowsInOrderAreReadInOrder() throws {
        var random = SeededRandom(seed: 4, stream: 1)
        for count in [20_000, 300] {
            let rows = Self.ratings(&random, count: count).sorted { $0.user < $1.user }
            let session = try SQLSession(tables: ["ratings": SQLTable(Ratings(rows))])
            for (order, expected) in [("ASC", rows), ("DESC", rows.reversed())] {
                let found = try session.query("SELECT userId, movieId FROM ratings ORDER BY userId \(order)")
                #expect(found.map { $0[0].integer } == expected.map(\.user))
            }
            let sums = try session.query("SELECT userId, count(*), sum(rating) FROM ratings GROUP BY userId")
            for row in sums {
                let own = rows.filter { $0.user == row[0].integer }
                #expect(row[1] == .integer(Int64(own.count)))
                #expect(row[2] == .real(own.reduce(0) { $0 + Double($1.rating) }))
            }
        }
    }

    /// Small tables with a key are copied; nothing but the time it takes tells. Rows keep their order.
    @Test(arguments: 0..<20) func tablesWithAKeyAnswerAsOthers(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed), stream: 12)
        var key = Int64(random.below(5)) - 3
        let rows = (0..<random.below(60)).map { _ -> (key: Int64, real: Double?, word: String) in
            key += Int64(1 + random.below(3))
            let words = ["", "a", "é", "\"quoted\"", "10", "\u{0}b"]
            return (key, random.below(4) == 0 ? nil : Double(random.below(9)) / 2, words[random.below(words.count)])
        }
        var words = TextColumn()
        for row in rows { words.append(row.word.utf8) }
        let reals = ColumnStorage.nullable(.reals(rows.map { $0.real ?? 0 }), isNull: rows.map { $0.real == nil })
        let keyed = SQLTable(
            rowCount: rows.count,
            columns: [("real", reals), ("a key", .integers(rows.map(\.key))), ("word", .texts(words))])
        let virtual = SQLTable(
            rows, columns: [SQLField("real") { $0.real }, SQLField("a key") { $0.key }, SQLField("word") { $0.word }])
        let ratings = SQLTable(Ratings(Self.ratings(&random)))
        let sessions = try [keyed, virtual].map { try SQLSession(tables: ["t": $0, "ratings": ratings]) }
        for query in [
            "SELECT * FROM t", "SELECT * FROM t ORDER BY \"a key\" DESC", "SELECT word, sum(real) FROM t GROUP BY word",
            "SELECT * FROM t WHERE \"a key\" = '2'", "SELECT * FROM t WHERE \"a key\" = 2.0 OR word = 10",
            "SELECT * FROM t WHERE \"a key\" BETWEEN -1 AND 4.5", "SELECT count(*), avg(real), max(word) FROM t",
            "SELECT userId, word, rating FROM ratings JOIN t ON userId = \"a key\" ORDER BY 1, 2, 3",
            "SELECT word, count(*) FROM ratings LEFT JOIN t ON userId = \"a key\" GROUP BY userId ORDER BY userId",
        ] {
            let (copied, read) = (try sessions[0].query(query), try sessions[1].query(query))
            #expect(copied == read, "\(query)")
        }
        let plan = try sessions[0].query(
            "EXPLAIN QUERY PLAN SELECT word FROM ratings LEFT JOIN t ON userId = \"a key\"")
        let details = plan.map { "\($0["detail"]!)" }.joined()
        #expect(details.contains("INTEGER PRIMARY KEY (rowid=?)") == !rows.isEmpty)
    }

    @Test func whatIsNoQueryIsRefused() throws {
        let session = try SQLSession(tables: ["t": SQLTable([Text("a")])])
        for query in [
            "DELETE FROM t", "DROP TABLE t", "CREATE TABLE u (a)", "INSERT INTO t VALUES (1)", "SELEC 1",
            "SELECT nothing FROM t", "ATTACH 'x.db' AS x", "SELECT 1; SELECT 2", "", "PRAGMA query_only = 0",
        ] {
            #expect(throws: SwiftwaterError.self, "\(query)") { try session.query(query) }
        }
        #expect(try session.query("SELECT line FROM t").map { $0[0].text } == ["a"])
        #expect(throws: SwiftwaterError.self) { try session.add(SQLTable([Text("a")]), named: "t") }
        #expect(throws: SwiftwaterError.self) { try session.add(SQLTable([Text("a")]), named: "sqlite_x") }
        try session.add(SQLTable([Text("b")]), named: "odd \"name")
        #expect(try session.query("SELECT * FROM \"odd \"\"name\"").count == 1)
    }

    @Test func valuesKeepTheirOrderAndTheirBytes() throws {
        let values: [SQLValue] = [
            .null, .integer(.min), .real(-0.5), .integer(0), .real(0.5), .integer(1), .integer(Int64(1) << 53),
            .real(0x1p53 + 2), .integer((Int64(1) << 53) + 3), .integer(.max), .real(0x1p63), .text(""), .text("a"),
            .text("é"),
        ]
        for (low, left) in values.enumerated() {
            for (high, right) in values.enumerated() { #expect((left < right) == (low < high), "\(left) \(right)") }
            var writer = ByteWriter()
            left.encode(to: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(try SQLValue.decode(from: &reader) == left)
        }
        #expect(Double.nan.sqlValue == .null && Float(4.1).sqlValue == .real(4.1))
        #expect(Float(0.123456789).sqlValue == .real(Double(Float(0.123456789))))
    }
}

/// Random queries that look up rows, compare across types, order, group and join.
enum RandomQuery {
    static func make(_ random: inout SeededRandom) -> String {
        func one(_ choices: [String]) -> String { choices[random.below(choices.count)] }
        func condition() -> String {
            let column = one(["number", "real", "word"])
            let constant = one([
                "-2", "0", "3", "1.5", "0.25", "'a'", "'10'", "'9'", "'é'", "''", "NULL", "1e300", "x'32'", "' 3 '",
                "'1.5'", "3.0",
            ])
            switch random.below(6) {
            case 0: return "\(column) BETWEEN \(constant) AND \(one(["5", "2.5", "'b'"]))"
            case 1: return "\(column) IN (\(constant), \(one(["1", "'ab'", "0.5"])))"
            case 2: return "\(column) IS \(one(["NULL", "NOT NULL", "3"]))"
            case 3: return "\(column) = \(constant) COLLATE NOCASE"
            default: return "\(column) \(one(["=", "<", "<=", ">", ">=", "<>"])) \(constant)"
            }
        }
        let filter = "\(condition()) \(one(["AND", "OR"])) \(condition())"
        switch random.below(6) {
        case 5:
            // A number and a text are equal if the text is that number.
            let (left, right) = (one(["number", "real", "word"]), one(["number", "real", "word"]))
            return "SELECT t.rowid, other.rowid FROM \(one(["t JOIN other", "t LEFT JOIN other", "other JOIN t"])) "
                + "ON t.\(left) = other.\(right) ORDER BY 1, 2"
        case 0: return "SELECT number, count(*), sum(real), min(word) FROM t WHERE \(filter) GROUP BY number"
        case 1: return "SELECT DISTINCT word FROM t ORDER BY word"
        case 2:
            let key = one(["number", "real", "word"])
            return "SELECT t.rowid, other.rowid FROM t JOIN other USING (\(key)) WHERE t.\(filter.replacingDots) "
                + "ORDER BY 1, 2"
        case 3: return "SELECT * FROM t WHERE \(filter) ORDER BY \(one(["number", "real", "word"])), rowid LIMIT 20"
        default: return "SELECT rowid, * FROM t WHERE \(filter) ORDER BY rowid"
        }
    }
}

extension String {
    /// The condition with its columns after AND and OR qualified by the table `t`, for joins.
    fileprivate var replacingDots: String {
        var result = self
        for word in ["AND ", "OR "] {
            for column in ["number", "real", "word"] {
                result = result.split(separator: word + column, omittingEmptySubsequences: false).joined(
                    separator: word + "t." + column)
            }
        }
        return result
    }
}
