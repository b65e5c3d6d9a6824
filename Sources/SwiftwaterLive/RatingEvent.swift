import SwiftwaterCore
import SwiftwaterStreaming

/// A rating as it arrives, with ids as they are written.
public struct RatingEvent: Sendable, Equatable {
    public var user: String
    public var item: String
    public var rating: Float

    public init(user: String, item: String, rating: Float) {
        self.user = user
        self.item = item
        self.rating = rating
    }

    /// Reads `user,item,rating` (more fields may follow); nil for anything else, a rating that is not finite included.
    public init?(line: Text) {
        let fields = Array(line.split(separator: ",", omittingEmptySubsequences: false))
        guard fields.count >= 3, !fields[0].isEmpty, !fields[1].isEmpty, let rating = Double(fields[2]),
            Float(rating).isFinite
        else { return nil }
        self.init(user: String(fields[0]), item: String(fields[1]), rating: Float(rating))
    }
}

extension DStream where Element == RatingEvent {
    /// Rates for everyone in the stream: the recommender takes every rating, in order.
    public func rate(into recommender: LiveRecommender) {
        forEachBatch(name: "live ratings") { rdd, _ in try recommender.rateBlocking(try rdd.collect()) }
    }
}
