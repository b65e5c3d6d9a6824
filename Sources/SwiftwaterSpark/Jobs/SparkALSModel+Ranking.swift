#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterRecommender

    extension SparkALSModel {
        /// Evaluates the recommendations for every user who has a relevant item in `ratings`, as
        /// `MatrixFactorizationModel.evaluateRanking` does here: from the full catalog, without the items that the user
        /// rated in training.
        ///
        /// - Parameters:
        ///   - ratings: held-out ratings, numbered as `train`.
        ///   - relevantFrom: the lowest rating that makes an item relevant.
        ///   - train: the ratings of the training, which are left out of the lists.
        ///   - k: the length of the lists that are looked at.
        /// - Throws: `invalidArgument` if no user that the model knows has a relevant item.
        public func evaluateRanking(
            on ratings: SparkRatings, train: SparkRatings, k: Int = 10, relevantFrom: Float = 4
        ) async throws -> RankingMetrics {
            let relevant = session.sql(
                """
                SELECT user AS own, collect_set(item) AS items FROM ratings
                LEFT SEMI JOIN users ON user = users.id LEFT SEMI JOIN items ON item = items.id
                WHERE rating >= \(relevantFrom) GROUP BY user
                """, tables: ["ratings": ratings.table, "users": userFactors, "items": itemFactors])
            let users = session.sql("SELECT own FROM relevant", tables: ["relevant": relevant])
            let lists = session.sql(
                """
                SELECT relevant.items, best.items FROM relevant LEFT JOIN (
                    SELECT own, array_sort(collect_list(struct(rank, other))).other AS items FROM lists GROUP BY own
                ) AS best ON relevant.own = best.own
                ORDER BY relevant.own
                """,
                tables: [
                    "relevant": relevant, "lists": try await best(max(1, k), .users, leavingOut: train, among: users),
                ])
            let found = Monitor(FoundLists())
            try await lists.forEachRow { row in found.update { $0.append(row) } }
            guard found.read({ !$0.lists.isEmpty }) else {
                throw SwiftwaterError(
                    .invalidArgument, "no user of the model has a rating of \(relevantFrom) or more in these ratings",
                    remedy: "lower the rating from which an item is relevant, or evaluate on other ratings")
            }
            let catalogue = try await session.sql("SELECT count(*) FROM items", tables: ["items": itemFactors]).rows()
            let count = Int(catalogue.first?[0].integer ?? 0)
            return found.read { RankingMetrics(k: max(1, k), lists: $0.lists, catalogue: count) }
        }
    }

    /// Lists as they come from Spark, with items numbered by their first appearance.
    private struct FoundLists {
        var lists: [(recommended: [Int], relevant: Set<Int>)] = []
        private var places: [Int64: Int] = [:]

        mutating func append(_ row: SparkRow) {
            // The recommended ones come first, so that their places are below the size of the catalog.
            let recommended = numbers(row[1])
            lists.append((recommended, Set(numbers(row[0]))))
        }

        private mutating func numbers(_ value: SparkValue) -> [Int] {
            guard case .list(let items) = value else { return [] }
            return items.compactMap(\.integer).map { item in
                if let place = places[item] { return place }
                places[item] = places.count
                return places.count - 1
            }
        }
    }
#endif
