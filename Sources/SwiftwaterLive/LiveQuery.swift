import SwiftwaterCore
import SwiftwaterRecommender

/// Options for a list of recommendations.
public struct LiveQuery: Sendable, Equatable {
    /// The number of items.
    public var limit: Int
    /// Whether the list may contain items that the user has rated.
    public var includesSeen: Bool
    /// The ids of items to leave out.
    public var excluded: Set<String>
    /// The score added to the item with the most recent ratings; 0 keeps the model's order. See
    /// `LiveSettings.popularityHalfLife`.
    public var popularityWeight: Float

    /// Creates a query. Omitted arguments have their defaults.
    public init(
        limit: Int = 10, includesSeen: Bool = false, excluded: Set<String> = [], popularityWeight: Float = 0
    ) {
        (self.limit, self.includesSeen) = (limit, includesSeen)
        (self.excluded, self.popularityWeight) = (excluded, popularityWeight)
    }
}
