import SwiftwaterCore
import SwiftwaterRecommender

/// Recommended items, by id, computed with one model.
public struct LiveRecommendation: Sendable, Equatable {
    /// A recommended item.
    public struct Item: Sendable, Equatable {
        /// The id of the item.
        public let id: String
        /// The score that determines the order: the prediction plus `boost`.
        public let score: Float
        /// The part of the score that comes from recent popularity.
        public let boost: Float
    }

    /// How the items were chosen.
    public let source: Recommendation.Source
    /// The items, best first.
    public let items: [Item]
    /// The generation of the model that answered; see `LiveRecommender.generation`.
    public let generation: Int
}
