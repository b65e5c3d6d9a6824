import SwiftwaterCore
import SwiftwaterStreaming

/// An incoming rating.
public struct RatingEvent: Sendable, Equatable {
    /// The user's id.
    public var user: String
    /// The item's id.
    public var item: String
    /// The rating, which must be finite.
    public var rating: Float

    /// Creates a rating of an item by a user.
    public init(user: String, item: String, rating: Float) {
        self.user = user
        self.item = item
        self.rating = rating
    }

    /// Parses `user,item,rating`; more fields may follow. Returns nil for anything else, including a rating that is not
    /// finite.
    public init?(line: Text) {
        let fields = Array(line.split(separator: ",", omittingEmptySubsequences: false))
        guard fields.count >= 3, !fields[0].isEmpty, !fields[1].isEmpty, let rating = fields[2].double,
            Float(rating).isFinite
        else { return nil }
        self.init(user: String(fields[0]), item: String(fields[1]), rating: Float(rating))
    }
}

extension DStream where Element == RatingEvent {
    /// Adds every rating of the stream to the recommender, in order.
    public func rate(into recommender: LiveRecommender) {
        forEachBatch(name: "live ratings") { rdd, _ in try recommender.rateBlocking(try rdd.collect()) }
    }
}
