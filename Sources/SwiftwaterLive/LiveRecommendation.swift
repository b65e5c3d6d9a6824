import SwiftwaterCore
import SwiftwaterRecommender

/// Items for someone, by ids, as of one model.
public struct LiveRecommendation: Sendable, Equatable {
    public struct Item: Sendable, Equatable {
        public let id: String
        /// What the order is by: the prediction, and what is added for trending.
        public let score: Float
        /// The part of the score that is for trending.
        public let boost: Float
    }

    public let source: Recommendation.Source
    public let items: [Item]
    public let generation: Int
}
