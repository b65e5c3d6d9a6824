#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterRecommender

    /// Ratings on a Spark cluster: a table of `user INT, item INT, rating FLOAT`, without duplicates, and the ids that
    /// the numbers stand for.
    ///
    /// The rules are those of `Ratings.read`. Ids are integers only if every id of the column is written canonically;
    /// others, and integers of more than 31 bits, are numbered in their order. Of the rows of a pair, the last in the
    /// file counts. Rows without user, item or number are left out and counted.
    public struct SparkRatings: Sendable {
        /// The ratings: `user`, `item`, `rating`.
        public let table: SparkTable
        /// The number of rows of the file, including malformed ones.
        public let rowCount: Int
        /// The number of rows that were left out.
        public let malformedRows: Int
        /// The numbers of users and items.
        public let userCount: Int
        /// The number of items.
        public let itemCount: Int
        let users: SparkIdentifiers
        let items: SparkIdentifiers
        /// The ids behind the numbers, as `id`, `number`; nil if they are the numbers.
        let userNames: SparkTable?
        let itemNames: SparkTable?
        let session: SparkSession

        /// Reads a table of ratings.
        ///
        /// - Parameters:
        ///   - source: a table with the format's columns, such as `SparkSession.csv(_:)` gives. Columns of text are
        ///     looked at; others are taken as they are.
        ///   - format: the names of the columns.
        ///   - train: the ratings that a model was trained on, if these are to be compared with its predictions: the
        ///     same ids get the same numbers.
        /// - Throws: `malformedInput` if no row can be used; Spark's errors.
        public init(
            _ source: SparkTable, format: RatingsFormat = RatingsFormat(), numberedAs train: SparkRatings? = nil
        ) async throws {
            let session = source.session
            self.session = session
            let names = (format.userColumn, format.itemColumn, format.ratingColumn)
            let rows = try await SparkRatings.rows(source, names)
            let look = try await session.sql(
                """
                SELECT count(*), count_if(u IS NULL), \(SparkIdentifiers.look("u")), \(SparkIdentifiers.look("i"))
                FROM (SELECT IF(\(SparkRatings.isUsable), u, NULL) AS u, IF(\(SparkRatings.isUsable), i, NULL) AS i
                    FROM rows)
                """, tables: ["rows": rows]
            ).rows()
            guard let found = look.first, found.values.count == 10 else {
                throw SwiftwaterError(.taskFailed, "Spark did not describe the ratings")
            }
            (rowCount, malformedRows) = (Int(found[0].integer ?? 0), Int(found[1].integer ?? 0))
            guard rowCount > malformedRows else {
                throw SwiftwaterError(
                    .malformedInput, "none of the \(rowCount) rows has a user, an item and a rating",
                    remedy: "check the file and the names of its columns")
            }
            let own = (
                users: SparkIdentifiers(Array(found.values[2..<6])),
                items: SparkIdentifiers(Array(found.values[6..<10]))
            )
            (userCount, itemCount) = (own.users.count, own.items.count)
            let usable = session.sql(
                "SELECT * FROM rows WHERE \(SparkRatings.isUsable)", tables: ["rows": rows])
            let last = session.sql(
                "SELECT u, i, max_by(r, place) AS r FROM rows GROUP BY u, i", tables: ["rows": usable])
            if let train {
                (users, items, userNames, itemNames) = (train.users, train.items, train.userNames, train.itemNames)
                table = SparkRatings.numbered(last, as: train)
                return
            }
            (users, items) = own
            userNames = users.names("u").map { session.sql($0, tables: ["rows": last]) }
            itemNames = items.names("i").map { session.sql($0, tables: ["rows": last]) }
            table = session.sql(
                """
                SELECT \(users.number("u")) AS user, \(items.number("i")) AS item, r AS rating
                FROM rows \(users.join("u")) \(items.join("i"))
                """, tables: ["rows": last])
        }

        /// Returns rows of `u`, `i` and `r` with the numbers of other ratings.
        private static func numbered(_ rows: SparkTable, as train: SparkRatings) -> SparkTable {
            var tables = ["rows": rows]
            tables["user_names"] = train.userNames
            tables["item_names"] = train.itemNames
            return rows.session.sql(
                """
                SELECT \(train.users.knownNumber("u")) AS user, \(train.items.knownNumber("i")) AS item, r AS rating
                FROM rows \(train.users.known("u", "user_names")) \(train.items.known("i", "item_names"))
                """, tables: tables)
        }

        /// Ratings that were kept with a model.
        init(
            _ table: SparkTable, users: (SparkIdentifiers, SparkTable?), items: (SparkIdentifiers, SparkTable?),
            count: Int
        ) {
            (self.table, session, rowCount, malformedRows) = (table, table.session, count, 0)
            (self.users, userNames, userCount) = (users.0, users.1, users.0.count)
            (self.items, itemNames, itemCount) = (items.0, items.1, items.0.count)
        }

        init(_ table: SparkTable, like other: SparkRatings) {
            (self.table, session, users, items) = (table, other.session, other.users, other.items)
            (userNames, itemNames) = (other.userNames, other.itemNames)
            (rowCount, malformedRows) = (other.rowCount, 0)
            (userCount, itemCount) = (other.userCount, other.itemCount)
        }

        /// The condition of a row with a user, an item and a rating.
        private static let isUsable =
            "u IS NOT NULL AND u <> '' AND i IS NOT NULL AND i <> '' AND r IS NOT NULL AND NOT isnan(r)"

        /// Returns the rows as `u`, `i`, `r` and their place in the files.
        private static func rows(_ source: SparkTable, _ names: (String, String, String)) async throws -> SparkTable {
            let columns = try await source.schema().map(\.name)
            func column(_ name: String) throws -> String {
                guard let found = columns.first(where: { $0.lowercased() == name.lowercased() }) else {
                    throw SwiftwaterError(
                        .malformedInput, "the table has no column '\(name)', but \(columns.joined(separator: ", "))",
                        remedy: "name its columns", setting: .ratingsFormat)
                }
                return "`\(found.replacing("`", with: "``"))`"
            }
            let text = """
                SELECT trim(CAST(\(try column(names.0)) AS STRING)) AS u,
                    trim(CAST(\(try column(names.1)) AS STRING)) AS i,
                    TRY_CAST(\(try column(names.2)) AS FLOAT) AS r, PLACE AS place FROM source
                """
            // Files have places; uploads and queries only the order of their rows.
            let places = [
                "struct(_metadata.file_path, _metadata.file_block_start, monotonically_increasing_id())",
                "struct(monotonically_increasing_id())",
            ].map { source.session.sql(text.replacing("PLACE", with: $0), tables: ["source": source]) }
            do {
                _ = try await places[0].schema()
                return places[0]
            } catch let error as SwiftwaterError where error.code == .invalidArgument || error.code == .taskFailed {
                return places[1]
            }
        }

        /// Returns random parts, as `SparkTable.randomSplit` makes them.
        public func split(_ weights: [Double], seed: Int64) -> [SparkRatings] {
            table.randomSplit(weights, seed: seed).map { SparkRatings($0, like: self) }
        }

        /// Returns the number of ratings.
        public func count() async throws -> Int {
            let rows = try await session.sql("SELECT count(*) FROM rows", tables: ["rows": table]).rows()
            return Int(rows.first?[0].integer ?? 0)
        }

        /// Fetches the ratings.
        public func fetch() async throws -> Ratings {
            let (users, items) = (try await userIDs(), try await itemIDs())
            let found = Monitor(FetchedRatings())
            try await table.forEachBatch { _, columns in
                guard columns.count == 3, case .integers(let user) = columns[0].values,
                    case .integers(let item) = columns[1].values, case .floats(let rating) = columns[2].values
                else { throw SwiftwaterError(.taskFailed, "Spark sent ratings of other types than were asked for") }
                found.update { $0.append(user, item, rating) }
            }
            return try found.update { try $0.ratings(users: users, items: items) }
        }

        /// Returns the ids of the users' numbers; nil if the numbers are the ids.
        func userIDs() async throws -> [Int64: String]? { try await SparkRatings.names(userNames) }

        /// Returns the ids of the items' numbers; nil if the numbers are the ids.
        func itemIDs() async throws -> [Int64: String]? { try await SparkRatings.names(itemNames) }

        private static func names(_ table: SparkTable?) async throws -> [Int64: String]? {
            guard let table else { return nil }
            let names = Monitor<[Int64: String]>([:])
            try await table.forEachRow { row in
                guard let id = row[0].text, let number = row[1].integer else { return }
                names.update { $0[number] = id }
            }
            return names.read { $0 }
        }
    }
#endif
