import SwiftwaterCore

/// Factors from elsewhere: ids, and as many values for each.
package struct FactorRows: Sendable {
    /// The ids, in any order.
    package var ids: [String] = []
    /// The values, row by row.
    package var values: [Float] = []

    /// Creates an empty set of rows.
    package init() {}
}

extension MatrixFactorizationModel {
    /// Creates a model from the ratings it was trained on and factors that another program computed.
    ///
    /// - Throws: `invalidArgument` if a row has not `settings.rank` values, or if an id of the ratings has no row.
    package init(ratings: Ratings, settings: ALSSettings, userFactors: FactorRows, itemFactors: FactorRows) throws {
        func column(_ rows: FactorRows, _ ids: IdentifierTable, _ what: String) throws -> NumberColumn<Float> {
            let rank = settings.rank
            guard rows.values.count == rows.ids.count * rank else {
                throw SwiftwaterError(
                    .invalidArgument, "\(rows.ids.count) rows of \(what) factors have \(rows.values.count) values",
                    remedy: "each needs \(rank), the rank")
            }
            var values = [Float](repeating: 0, count: ids.count * rank)
            var missing = ids.count
            for (row, id) in rows.ids.enumerated() {
                // A row of an id without ratings in the training is not needed.
                guard let index = ids.index(of: id) else { continue }
                values.replaceSubrange(
                    index * rank..<(index + 1) * rank, with: rows.values[row * rank..<(row + 1) * rank])
                missing -= 1
            }
            guard missing == 0 else {
                throw SwiftwaterError(.invalidArgument, "\(missing) \(what)s of the ratings have no factors")
            }
            return NumberColumn(values)
        }
        let matrix = RatingMatrix(ratings)
        self.init(
            settings: settings, userIDs: ratings.userIDs, itemIDs: ratings.itemIDs,
            userFactors: try column(userFactors, ratings.userIDs, "user"),
            itemFactors: try column(itemFactors, ratings.itemIDs, "item"), history: matrix.byUser,
            itemCounts: (0..<ratings.itemIDs.count).map { UInt32(matrix.byItem.count(of: $0)) },
            meanRating: ratings.mean)
    }
}
