import SwiftwaterCore
import SwiftwaterRecommender

/// What is asked of a list.
public struct LiveQuery: Sendable, Equatable {
    public var limit = 10
    /// Keeps items that the user has rated.
    public var includesSeen = false
    /// Item ids that are left out.
    public var excluded: Set<String> = []
    /// How much the most rated item of late gains; 0 leaves the order to the model. See `LiveSettings.trendingHalfLife`.
    public var trendWeight: Float = 0

    public init(limit: Int = 10) { self.limit = limit }
}
