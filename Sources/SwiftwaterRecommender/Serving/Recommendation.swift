import SwiftwaterCore

/// A filter of the items that may be recommended.
public struct RecommendationFilter: Sendable, Equatable {
    /// The indexes of the only items that may be recommended; nil for all.
    public var allowedIndexes: Set<Int>?
    /// The indexes of the items that must not be recommended.
    public var deniedIndexes: Set<Int> = []

    /// Creates a filter from item indexes.
    public init(allowedIndexes: Set<Int>? = nil, deniedIndexes: Set<Int> = []) {
        self.allowedIndexes = allowedIndexes
        self.deniedIndexes = deniedIndexes
    }

    /// Creates a filter from item ids. Ids that the model does not know have no effect.
    public init(allowed: (some Sequence<String>)?, denied: some Sequence<String>, in model: MatrixFactorizationModel) {
        allowedIndexes = allowed.map { Set($0.compactMap { model.itemIDs.index(of: $0) }) }
        deniedIndexes = Set(denied.compactMap { model.itemIDs.index(of: $0) })
    }

    /// A filter that lets every item pass.
    public static let none = RecommendationFilter()

    /// Returns the items among the first `count` that must not be recommended.
    func excluded(of count: Int) -> [UInt32] {
        if let allowedIndexes {
            return (0..<count).filter { !allowedIndexes.contains($0) || deniedIndexes.contains($0) }.map { UInt32($0) }
        }
        return deniedIndexes.filter { (0..<count).contains($0) }.sorted().map { UInt32($0) }
    }
}

/// Recommended items and where they come from.
public struct Recommendation: Sendable, Equatable {
    /// Where recommendations come from.
    public enum Source: String, Sendable, CaseIterable {
        /// The user's trained factors.
        case model
        /// Factors computed from the ratings of the request.
        case foldIn = "fold-in"
        /// The most-rated items, for a user of whom nothing is known. Scores are numbers of ratings.
        case popular
    }

    /// Where the items come from.
    public let source: Source
    /// The items, best first.
    public let items: [Scored]
}

extension MatrixFactorizationModel {
    /// Returns the best items for any user, known or not.
    ///
    /// Uses `ratings` if the model knows one of their items, else the user's trained factors unless they are all 0,
    /// else the most-rated items. The result says which.
    ///
    /// - Parameters:
    ///   - user: an id as written; may be unknown.
    ///   - ratings: the user's whole history of item indexes and ratings, if there is more than the training had. These
    ///     items are left out of the result unless `includeSeen`.
    ///   - includeSeen: whether items that the user has rated may be listed.
    ///   - limit: the length of the list, at most.
    ///   - filter: which items may be listed.
    /// - Throws: `numerical` if the user's system is singular.
    public func recommend(
        user: String, ratings: [(itemIndex: Int, rating: Float)] = [], limit: Int, includeSeen: Bool = false,
        filter: RecommendationFilter = .none
    ) throws -> Recommendation {
        if let vector = try foldIn(ratings) {
            var filter = filter
            if !includeSeen { filter.deniedIndexes.formUnion(ratings.map(\.itemIndex)) }
            return Recommendation(source: .foldIn, items: recommendItems(for: vector, limit: limit, filter: filter))
        }
        if let index = userIDs.index(of: user), knows(userIndex: index), hasPreferences(userIndex: index) {
            return Recommendation(
                source: .model,
                items: recommendItems(forUserIndex: index, limit: limit, includeSeen: includeSeen, filter: filter))
        }
        return Recommendation(source: .popular, items: popularItems(limit: limit, filter: filter))
    }

    /// Returns whether a user's factors tell items apart: not all are 0, as those of a user without a positive rating
    /// are after implicit training.
    package func hasPreferences(userIndex user: Int) -> Bool {
        userFactors.withUnsafeBufferPointer { factors in
            factors[user * rank..<(user + 1) * rank].contains { $0 != 0 }
        }
    }

    /// Returns the items with the most training ratings; ties go to the lower index. O(items).
    public func popularItems(limit: Int, filter: RecommendationFilter = .none) -> [Scored] {
        let excluded = Set(filter.excluded(of: itemIDs.count))
        var best = BestScores(limit: limit)
        for item in 0..<itemIDs.count where knows(itemIndex: item) && !excluded.contains(UInt32(item)) {
            best.offer(item, Float(itemCounts[item]))
        }
        return best.sorted
    }
}
