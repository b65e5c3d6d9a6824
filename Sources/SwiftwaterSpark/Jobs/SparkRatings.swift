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
        /// How many ratings, users and items were read. Parts have the sizes of the whole.
        public let sizes: Sizes
        /// Numbers of ratings, users and items.
        public struct Sizes: Sendable, Equatable {
            /// The number of ratings, without repeated ones.
            public let ratings: Int
            /// The number of users.
            public let users: Int
            /// The number of items.
            public let items: Int

            /// Creates sizes.
            public init(ratings: Int, users: Int, items: Int) {
                (self.ratings, self.users, self.items) = (ratings, users, items)
            }
        }

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
                FROM (SELECT IF(isUsable, u, NULL) AS u, IF(isUsable, i, NULL) AS i FROM (
                    SELECT u, i, u <> '' AND i <> '' AND r IS NOT NULL AND NOT isnan(r) AS isUsable FROM (
                        SELECT \(SparkIdentifiers.text("u")) AS u, \(SparkIdentifiers.text("i")) AS i,
                            TRY_CAST(r AS FLOAT) AS r FROM rows)))
                """, tables: ["rows": rows]
            ).rows()
            guard let found = look.first, found.values.count == 8 else {
                throw SwiftwaterError(.taskFailed, "Spark did not describe the ratings")
            }
            (rowCount, malformedRows) = (Int(found[0].integer ?? 0), Int(found[1].integer ?? 0))
            guard rowCount > malformedRows else {
                throw SwiftwaterError(
                    .malformedInput, "none of the \(rowCount) rows has a user, an item and a rating",
                    remedy: "check the file and the names of its columns")
            }
            let own = (
                users: SparkIdentifiers(Array(found.values[2..<5])),
                items: SparkIdentifiers(Array(found.values[5..<8]))
            )
            // Numbers take less room than texts, and let Spark group without sorting.
            let typed = session.sql(
                """
                SELECT \(own.users.key("u")) AS u, \(own.items.key("i")) AS i, TRY_CAST(r AS FLOAT) AS r, place FROM rows
                """, tables: ["rows": rows])
            let usable = session.sql(
                """
                SELECT * FROM rows WHERE \(own.users.isUsable("u")) AND \(own.items.isUsable("i"))
                    AND r IS NOT NULL AND NOT isnan(r)
                """, tables: ["rows": typed])
            sizes = try await SparkRatings.sizes(
                session.sql("SELECT u AS user, i AS item FROM rows GROUP BY u, i", tables: ["rows": usable]))
            // Rows that do not repeat need no grouping, which is most of the work of each later look at them.
            let last =
                sizes.ratings == rowCount - malformedRows
                ? usable
                : session.sql("SELECT u, i, max_by(r, place) AS r FROM rows GROUP BY u, i", tables: ["rows": usable])
            if let train {
                (users, items, userNames, itemNames) = (train.users, train.items, train.userNames, train.itemNames)
                table = SparkRatings.numbered(last, own, as: train)
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
        private static func numbered(
            _ rows: SparkTable, _ own: (users: SparkIdentifiers, items: SparkIdentifiers), as train: SparkRatings
        ) -> SparkTable {
            guard !(own.users.isNumber && own.items.isNumber && train.users.isNumber && train.items.isNumber) else {
                return rows.session.sql("SELECT u AS user, i AS item, r AS rating FROM rows", tables: ["rows": rows])
            }
            let texts = "SELECT CAST(u AS STRING) AS u, CAST(i AS STRING) AS i, r FROM rows"
            var tables = ["rows": rows.session.sql(texts, tables: ["rows": rows])]
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
            sizes: Sizes
        ) {
            (self.table, session, self.sizes) = (table, table.session, sizes)
            (rowCount, malformedRows) = (sizes.ratings, 0)
            ((self.users, userNames), (self.items, itemNames)) = (users, items)
        }

        init(_ table: SparkTable, like other: SparkRatings) {
            (self.table, session, users, items) = (table, other.session, other.users, other.items)
            (userNames, itemNames) = (other.userNames, other.itemNames)
            (rowCount, malformedRows, sizes) = (other.rowCount, 0, other.sizes)
        }

        /// Returns the rows as `u`, `i`, `r`, as they are in the source, and their place in the files.
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
                SELECT \(try column(names.0)) AS u, \(try column(names.1)) AS i, \(try column(names.2)) AS r,
                    PLACE AS place FROM source
                """
            func rows(_ files: [String]) -> SparkTable {
                source.session.sql(text.replacing("PLACE", with: places(files)), tables: ["source": source])
            }
            let found = rows(try await source.files())
            do {
                _ = try await found.schema()
                return found
            } catch let error as SwiftwaterError where error.code == .invalidArgument || error.code == .taskFailed {
                // A query over files does not know the places in them.
                return rows([])
            }
        }

        /// Returns the expression of a row's place, of a table that reads these files.
        ///
        /// A row's number in its partition is less than the bytes before it in the partition's parts of files, so
        /// the place of a row in one file is a number; Spark groups those without sorting. Uploads and queries have
        /// only the order of their rows.
        private static func places(_ files: [String]) -> String {
            switch files.count {
            case 0: "monotonically_increasing_id()"
            case 1: "_metadata.file_block_start + (monotonically_increasing_id() & 8589934591L)"
            default: "struct(_metadata.file_path, _metadata.file_block_start, monotonically_increasing_id())"
            }
        }

        /// Returns random parts, as `SparkTable.randomSplit` makes them.
        public func split(_ weights: [Double], seed: Int64) -> [SparkRatings] {
            table.randomSplit(weights, seed: seed).map { SparkRatings($0, like: self) }
        }

        private static func sizes(_ rows: SparkTable) async throws -> Sizes {
            let query = "SELECT count(*), count(DISTINCT user), count(DISTINCT item) FROM rows"
            let row = try await rows.session.sql(query, tables: ["rows": rows]).rows().first
            func number(_ column: Int) -> Int { Int(row?[column].integer ?? 0) }
            return Sizes(ratings: number(0), users: number(1), items: number(2))
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
