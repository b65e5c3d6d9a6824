import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage

/// What an acknowledged rating became.
public struct RatingReceipt: Sendable, Equatable {
    /// How many ratings were taken.
    public let count: Int
    /// How many of them are of items that the model does not know: they count from the next training on.
    public let unknownItems: Int
}
