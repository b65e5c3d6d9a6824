#if SparkConnect
    import SwiftwaterCore

    extension SparkRatings {
        /// Returns a part of the matrix: some users and items, and the ratings of those users for those items.
        ///
        /// - Parameter mostRated: the users and items with the most ratings; otherwise the first ones in the order of
        ///   their numbers, since rows on a cluster have no order.
        package func cells(
            users userLimit: Int, items itemLimit: Int, mostRated: Bool
        ) async throws -> (users: [String], items: [String], ratings: [(user: String, item: String, rating: Float)]) {
            let users = chosen(.users, userLimit, mostRated)
            let items = chosen(.items, itemLimit, mostRated)
            let shown = session.sql(
                """
                SELECT user AS own, 1 AS rank, item AS other, rating AS score FROM ratings
                LEFT SEMI JOIN users ON user = users.own LEFT SEMI JOIN items ON item = items.own
                """, tables: ["ratings": table, "users": users, "items": items])
            return (
                try await ids(users, .users), try await ids(items, .items),
                try await named(shown).rows().map {
                    ($0[0].text ?? "", $0[2].text ?? "", Float($0[3].number ?? 0))
                }
            )
        }

        private func chosen(_ side: SparkALSModel.Side, _ limit: Int, _ mostRated: Bool) -> SparkTable {
            session.sql(
                """
                SELECT own, row_number() OVER (ORDER BY \(mostRated ? "n DESC, own" : "own")) AS rank FROM (
                    SELECT \(side.own) AS own, count(*) AS n FROM ratings GROUP BY \(side.own)
                    ORDER BY \(mostRated ? "n DESC, own" : "own") LIMIT \(max(0, limit)))
                """, tables: ["ratings": table])
        }

        private func ids(_ chosen: SparkTable, _ side: SparkALSModel.Side) async throws -> [String] {
            let names = side == .users ? userNames : itemNames
            var tables = ["chosen": chosen]
            tables["names"] = names
            let id = names == nil ? "CAST(own AS STRING)" : "id"
            let join = names == nil ? "" : "JOIN names ON own = number"
            return try await session.sql("SELECT \(id) FROM chosen \(join) ORDER BY rank", tables: tables).rows()
                .compactMap { $0[0].text }
        }

        /// Returns the items with the most ratings, as `recommendations(forUsers:train:)` returns lists; the score is
        /// the number of ratings.
        package func mostRated(_ count: Int, for user: String) -> SparkTable {
            var tables = ["chosen": chosen(.items, count, true), "ratings": table]
            tables["names"] = itemNames
            return session.sql(
                """
                SELECT \(Self.quoted(user)) AS user, first(rank) AS rank,
                    \(itemNames == nil ? "CAST(own AS STRING)" : "first(id)") AS item, CAST(count(*) AS FLOAT) AS score
                FROM chosen JOIN ratings ON item = own \(itemNames == nil ? "" : "JOIN names ON own = number")
                GROUP BY own ORDER BY rank
                """, tables: tables)
        }
    }
#endif
