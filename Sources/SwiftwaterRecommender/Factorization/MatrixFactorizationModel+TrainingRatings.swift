import SwiftwaterCore

extension MatrixFactorizationModel {
    /// Returns the ratings of the next training: those of this model's training without some users, and newer ones.
    ///
    /// The last rating of an item by a user counts. Ids stay integers if all of them are. O(ratings).
    package func trainingRatings(
        without isLeftOut: (String) -> Bool = { _ in false },
        adding newer: [(user: String, item: String, rating: Float, timestamp: Int64)] = []
    ) -> Ratings {
        let hasIntegers = (
            users: userIDs.isInteger && newer.allSatisfy { Self.isInteger($0.user) },
            items: itemIDs.isInteger && newer.allSatisfy { Self.isInteger($0.item) }
        )
        var ratings = Ratings(
            userIDs: IdentifierTable(isInteger: hasIntegers.users),
            itemIDs: IdentifierTable(isInteger: hasIntegers.items))
        func userNumber(_ id: String) -> UInt32 {
            hasIntegers.users ? ratings.userIDs.insert(Int64(id)!) : ratings.userIDs.insert(Text(id))
        }
        func itemNumber(_ id: String) -> UInt32 {
            hasIntegers.items ? ratings.itemIDs.insert(Int64(id)!) : ratings.itemIDs.insert(Text(id))
        }
        let items = (0..<itemIDs.count).map { itemNumber(itemIDs[$0]) }
        for user in 0..<userIDs.count {
            let range = history.range(of: user)
            let id = userIDs[user]
            guard !range.isEmpty, !isLeftOut(id) else { continue }
            let number = userNumber(id)
            for place in range {
                ratings.append(
                    user: number, item: items[Int(history.columns[place])], rating: history.values[place], time: 0)
            }
        }
        for row in newer {
            ratings.append(
                user: userNumber(row.user), item: itemNumber(row.item), rating: row.rating, time: row.timestamp)
        }
        return ratings.removingDuplicates().ratings
    }

    private static func isInteger(_ id: String) -> Bool { Int64(id).map { String($0) == id } ?? false }

    /// Returns this model without some users.
    ///
    /// Their ids, factors and ratings are gone, and their ratings no longer count for the popularity of items. The item
    /// factors, which their ratings influenced, stay until the next training. O(model).
    package func removing(users isRemoved: (String) -> Bool) -> MatrixFactorizationModel {
        let kept = (0..<userIDs.count).filter { !isRemoved(userIDs[$0]) }
        guard kept.count < userIDs.count else { return self }
        var ids = IdentifierTable(isInteger: userIDs.isInteger)
        var factors: [Float] = []
        factors.reserveCapacity(kept.count * rank)
        var starts = [0]
        var (columns, values): ([UInt32], [Float]) = ([], [])
        for user in kept {
            _ = userIDs.isInteger ? ids.insert(Int64(userIDs[user])!) : ids.insert(Text(userIDs[user]))
            factors.append(contentsOf: userFactors[user * rank..<(user + 1) * rank])
            let range = history.range(of: user)
            columns.append(contentsOf: history.columns[range])
            values.append(contentsOf: history.values[range])
            starts.append(columns.count)
        }
        var counts = itemCounts
        // An item that nobody else rated keeps its factors, so its count stays at 1.
        for user in 0..<userIDs.count where isRemoved(userIDs[user]) {
            for item in history.columns[history.range(of: user)] { counts[Int(item)] = max(1, counts[Int(item)] - 1) }
        }
        return MatrixFactorizationModel(
            settings: settings, userIDs: ids, itemIDs: itemIDs, userFactors: NumberColumn(factors),
            itemFactors: itemFactors,
            history: RatingMatrix.Rows(starts: starts, columns: NumberColumn(columns), values: NumberColumn(values)),
            itemCounts: counts, meanRating: meanRating,
            biases: biases.map { $0.keeping(users: kept) })
    }
}

extension ModelBiases {
    func keeping(users kept: [Int]) -> ModelBiases {
        ModelBiases(mean: mean, users: kept.map { users[$0] }, items: items)
    }
}
