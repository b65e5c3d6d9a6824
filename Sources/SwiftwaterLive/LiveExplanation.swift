/// Why an item has its score for a user.
public struct LiveExplanation: Sendable, Equatable {
    /// What one of the user's ratings adds.
    public struct Reason: Sendable, Equatable {
        /// The id of the rated item.
        public let item: String
        /// The rating.
        public let rating: Float
        /// The part of the score that it explains.
        public let share: Float
    }

    /// The part of the score that is everybody's.
    public let base: Float
    /// The score.
    public let score: Float
    /// What each rating adds, the largest share first.
    public let reasons: [Reason]
}
