import SwiftwaterCore
import SwiftwaterRecommender

/// What a list of recommendations should hold.
public struct LiveQuery: Sendable, Equatable {
    /// The number of items.
    public var limit: Int
    /// Whether to keep items that the user has rated.
    public var includesSeen: Bool
    /// The ids of items that are left out.
    public var excluded: Set<String>
    /// How much the item with the most recent ratings gains; 0 leaves the order to the model. See
    /// `LiveSettings.popularityHalfLife`.
    public var popularityWeight: Float

    /// Creates a query; what is left out has its default.
    public init(
        limit: Int = 10, includesSeen: Bool = false, excluded: Set<String> = [], popularityWeight: Float = 0
    ) {
        (self.limit, self.includesSeen) = (limit, includesSeen)
        (self.excluded, self.popularityWeight) = (excluded, popularityWeight)
    }
}
