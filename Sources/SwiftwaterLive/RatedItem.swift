/// An item and its rating by a user.
public struct RatedItem: Sendable, Equatable {
    /// The id of the item.
    public var item: String
    /// The rating.
    public var rating: Float

    /// Creates a rated item.
    public init(item: String, rating: Float) {
        self.item = item
        self.rating = rating
    }
}
