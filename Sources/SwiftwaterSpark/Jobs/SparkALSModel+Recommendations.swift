#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterRecommender
    import SwiftwaterSparkProtocol

    extension SparkALSModel {
        /// Who gets lists, and of what.
        enum Side: String {
            case users
            case items

            var own: String { self == .users ? "user" : "item" }
            var other: String { self == .users ? "item" : "user" }
            fileprivate var method: String { self == .users ? "recommendForUserSubset" : "recommendForItemSubset" }
            fileprivate var factors: String { self == .users ? "userFactors" : "itemFactors" }
        }

        /// Returns the best items for each user: `user STRING, rank INT, item STRING, score FLOAT`, in the order of the
        /// users' numbers and the ranks. Of items with equal scores, the one with the lower number is first.
        ///
        /// - Parameters:
        ///   - count: the number of items for each user.
        ///   - train: the ratings that the model was trained on, whose items are left out by an anti-join.
        ///   - includeSeen: keeps the items that a user rated.
        ///   - user: the only user to recommend for; an unknown one gets nothing.
        public func recommendations(
            forUsers count: Int, train: SparkRatings, includeSeen: Bool = false, user: String? = nil
        ) async throws -> SparkTable {
            let only = try await user.asyncMap { try await train.numbers(of: $0, .users) }
            return train.named(try await best(count, .users, leavingOut: includeSeen ? nil : train, among: only))
        }

        /// Returns the best users for each item: `item STRING, rank INT, user STRING, score FLOAT`, in the order of the
        /// items' numbers and the ranks.
        ///
        /// - Parameters:
        ///   - count: the number of users for each item.
        ///   - train: the ratings that the model was trained on, whose users are left out by an anti-join.
        ///   - includeSeen: keeps the users that rated an item.
        ///   - item: the only item to recommend; an unknown one gets nothing.
        public func recommendations(
            forItems count: Int, train: SparkRatings, includeSeen: Bool = false, item: String? = nil
        ) async throws -> SparkTable {
            let only = try await item.asyncMap { try await train.numbers(of: $0, .items) }
            return train.named(
                try await best(count, .items, leavingOut: includeSeen ? nil : train, among: only), .items)
        }

        /// Returns the best of the other side for each user or item, by their numbers: `own`, `rank`, `other`, `score`.
        ///
        /// Spark's lists have rated items, too, so one who rated n needs a list that is n longer. Those with about as
        /// many ratings are asked for together, so that the lists together are at most about twice as long as needed.
        ///
        /// - Parameter among: a table of the only numbers to have lists, as the column `own`.
        func best(
            _ count: Int, _ side: Side, leavingOut rated: SparkRatings?, among: SparkTable? = nil
        ) async throws -> SparkTable {
            let all = among ?? session.sql("SELECT id AS own FROM factors", tables: ["factors": fetch(side.factors)])
            guard let rated else { return ranked(lists(all, side, count), side, count) }
            let sizes = session.sql(
                """
                SELECT chosen.own, shiftleft(1, greatest(4, length(bin(coalesce(n, 0L))))) AS size
                FROM chosen LEFT JOIN (SELECT \(side.own) AS own, count(*) AS n FROM rated GROUP BY \(side.own)) AS counts
                    ON chosen.own = counts.own
                """.replacing("\\(side.own)", with: side.own), tables: ["chosen": all, "rated": rated.table])
            var parts: [String: SparkTable] = [:]
            let found = try await session.sql(
                "SELECT DISTINCT size FROM sizes ORDER BY size", tables: ["sizes": sizes]
            ).rows()
            for size in found.compactMap({ $0[0].integer }) {
                let chosen = session.sql(
                    "SELECT own FROM sizes WHERE size = \(size)".replacing("\\(size)", with: "\(size)"),
                    tables: ["sizes": sizes])
                parts["part\(size)"] = lists(chosen, side, count + Int(size))
            }
            guard !parts.isEmpty else { return ranked(lists(all, side, count), side, count) }
            let union = session.sql(
                parts.keys.sorted().map { "SELECT * FROM \($0)" }.joined(separator: " UNION ALL "), tables: parts)
            let unrated = session.sql(
                "SELECT lists.* FROM lists LEFT ANTI JOIN rated ON own = rated.\(side.own) AND other = rated.\(side.other)",
                tables: ["lists": union, "rated": rated.table])
            return ranked(unrated, side, count)
        }

        /// Returns Spark's lists, row by row: `own`, `other`, `score`.
        private func lists(_ chosen: SparkTable, _ side: Side, _ count: Int) -> SparkTable {
            var (subset, limit) = (SCFetch.Method.Args(), SCFetch.Method.Args())
            subset.input = session.sql("SELECT own AS \(side.own) FROM chosen", tables: ["chosen": chosen]).relation
            limit.param.integer = Int32(clamping: count)
            return session.sql(
                """
                SELECT \(side.own) AS own, best.\(side.other) AS other, best.rating AS score
                FROM (SELECT \(side.own), explode(recommendations) AS best FROM lists)
                """, tables: ["lists": fetch(side.method, [subset, limit])])
        }

        private func ranked(_ lists: SparkTable, _ side: Side, _ count: Int) -> SparkTable {
            session.sql(
                """
                SELECT own, rank, other, score FROM (
                    SELECT *, row_number() OVER (PARTITION BY own ORDER BY score DESC, other) AS rank FROM lists)
                WHERE rank <= \(count)
                """, tables: ["lists": lists])
        }
    }

    extension SparkRatings {
        /// Returns the number of an id as a table of `own`, without rows if it is unknown.
        func numbers(of id: String, _ side: SparkALSModel.Side) async throws -> SparkTable {
            let (identifiers, names) = side == .users ? (users, userNames) : (items, itemNames)
            let text = Self.quoted(id)
            guard let names else {
                return session.sql(
                    "SELECT \(identifiers.knownNumber("id")) AS own FROM (SELECT \(text) AS id)")
            }
            return session.sql("SELECT number AS own FROM names WHERE id = \(text)", tables: ["names": names])
        }

        /// Returns a text as a literal of SQL.
        static func quoted(_ text: String) -> String {
            "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
        }

        /// Returns lists with ids in place of numbers, in the order of the numbers.
        func named(_ lists: SparkTable, _ side: SparkALSModel.Side = .users) -> SparkTable {
            let names = side == .users ? (userNames, itemNames) : (itemNames, userNames)
            var tables = ["lists": lists]
            tables["own_names"] = names.0
            tables["other_names"] = names.1
            let own = names.0 == nil ? "CAST(own AS STRING)" : "own_names.id"
            let other = names.1 == nil ? "CAST(other AS STRING)" : "other_names.id"
            return session.sql(
                """
                SELECT \(own) AS \(side.own), rank, \(other) AS \(side.other), score FROM lists
                \(names.0 == nil ? "" : "JOIN own_names ON own = own_names.number")
                \(names.1 == nil ? "" : "JOIN other_names ON other = other_names.number")
                ORDER BY own, rank
                """, tables: tables)
        }
    }

    extension Optional {
        fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
            guard let self else { return nil }
            return try await body(self)
        }
    }
#endif
