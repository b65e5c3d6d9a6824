/// An explanation of an item's score for a user.
public struct LiveExplanation: Sendable, Equatable {
    /// The contribution of one of the user's ratings.
    public struct Reason: Sendable, Equatable {
        /// The id of the rated item.
        public let item: String
        /// The rating.
        public let rating: Float
        /// The part of the score that the rating explains.
        public let share: Float
    }

    /// The part of the score that is the same for all users.
    public let base: Float
    /// The score.
    public let score: Float
    /// The contribution of each rating, largest share first.
    public let reasons: [Reason]
}
