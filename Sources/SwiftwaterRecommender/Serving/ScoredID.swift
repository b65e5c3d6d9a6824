/// An item, or a user, by its id, with its score.
public struct ScoredID: Sendable, Equatable {
    /// The id as it was written in the ratings.
    public let id: String
    /// The score: a predicted rating, or a similarity.
    public let score: Float

    /// Creates an id with a score.
    public init(id: String, score: Float) { (self.id, self.score) = (id, score) }
}
