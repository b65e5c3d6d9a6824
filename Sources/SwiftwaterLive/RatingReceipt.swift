import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage

/// The acknowledgment of a request with ratings.
public struct RatingReceipt: Sendable, Equatable {
    /// The number of ratings taken.
    public let count: Int
    /// The number of those whose items the model does not know. They count from the next training on.
    public let unknownItems: Int
}
