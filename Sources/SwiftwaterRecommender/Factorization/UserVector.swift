/// A user in a model: the factors, and the offset of every item's score.
public struct UserVector: Sendable, Equatable {
    /// The user's factors.
    public let factors: [Float]
    /// The mean plus the user's bias; 0 in a model without biases.
    public let offset: Float

    /// Creates a user with these factors.
    public init(factors: [Float], offset: Float = 0) {
        self.factors = factors
        self.offset = offset
    }
}
