import SwiftwaterCore

/// Which items may be recommended.
public struct RecommendationFilter: Sendable, Equatable {
    /// Only these, where given.
    public var allowed: Set<Int>?
    /// None of these.
    public var denied: Set<Int> = []

    public init(allowed: Set<Int>? = nil, denied: Set<Int> = []) {
        self.allowed = allowed
        self.denied = denied
    }

    public static let none = RecommendationFilter()

    /// The items among the first `count` that may not be recommended.
    func excluded(of count: Int) -> [UInt32] {
        if let allowed {
            return (0..<count).filter { !allowed.contains($0) || denied.contains($0) }.map { UInt32($0) }
        }
        return denied.filter { (0..<count).contains($0) }.sorted().map { UInt32($0) }
    }
}

/// Items for someone, and where they come from.
public struct Recommendation: Sendable, Equatable {
    /// The rungs of the ladder, from the best that there is for someone down.
    public enum Source: String, Sendable, CaseIterable {
        /// The factors of the training.
        case model
        /// Factors computed from ratings that came with the question.
        case foldIn = "fold-in"
        /// What most have rated: nothing is known of this person. Scores are numbers of ratings.
        case popular
    }

    public let source: Source
    public let items: [Scored]
}

extension MatrixFactorizationModel {
    /// The best items for anyone: from ratings where some are given, from the training where the user was in it, and otherwise the most
    /// rated ones. The result says which.
    ///
    /// - Parameters:
    ///   - user: an id as it is written; may be unknown.
    ///   - ratings: the user's whole history of item indexes and ratings, where it is more than that of the training; it is left out
    ///     of the result unless `includeSeen`.
    /// - Throws: `numerical` where the user's system is singular.
    public func recommend(
        user: String, ratings: [(item: Int, rating: Float)] = [], limit: Int, includeSeen: Bool = false,
        filter: RecommendationFilter = .none
    ) throws -> Recommendation {
        if let vector = try foldIn(ratings) {
            var filter = filter
            if !includeSeen { filter.denied.formUnion(ratings.map(\.item)) }
            return Recommendation(source: .foldIn, items: recommendItems(for: vector, limit: limit, filter: filter))
        }
        if let index = userIDs.index(of: user), knows(user: index) {
            return Recommendation(
                source: .model,
                items: recommendItems(forUser: index, limit: limit, includeSeen: includeSeen, filter: filter))
        }
        return Recommendation(source: .popular, items: popularItems(limit: limit, filter: filter))
    }

    /// The items with the most training ratings, of equal ones the lower index. O(items).
    public func popularItems(limit: Int, filter: RecommendationFilter = .none) -> [Scored] {
        let excluded = Set(filter.excluded(of: itemIDs.count))
        var best = BestScores(limit: limit)
        for item in 0..<itemIDs.count where knows(item: item) && !excluded.contains(UInt32(item)) {
            best.offer(item, Float(itemCounts[item]))
        }
        return best.sorted
    }
}
