import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStreaming
import Synchronization

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

/// A factor model whose answers follow ratings at once: a rated user's factors are computed anew, exactly, from the user's
/// whole history (training and since), with the items' factors as they are.
///
/// Items that the model does not know are kept in the history and count from the next training on. Histories are held in
/// memory; nothing here is durable.
public final class LiveRecommender: Sendable {
    private struct State {
        var histories: [Text: [Int: Float]] = [:]
        var vectors: [Text: UserVector] = [:]
        var unknownItems = 0
    }

    public let model: MatrixFactorizationModel
    private let state = Mutex(State())

    public init(model: MatrixFactorizationModel) { self.model = model }

    /// Takes a rating; the user's next recommendations follow it. O(history x rank^2 + rank^3).
    public func rate(_ event: RatingEvent) throws {
        try state.withLock { state in
            let user = Text(event.user)
            guard let item = model.itemIDs.index(of: event.item), model.knows(item: item) else {
                state.unknownItems += 1
                return
            }
            var history = state.histories[user] ?? trainingHistory(of: event.user)
            history[item] = event.rating
            state.histories[user] = history
            let ratings = history.sorted { $0.key < $1.key }.map { (item: $0.key, rating: $0.value) }
            state.vectors[user] = try model.foldIn(ratings)
        }
    }

    /// Ratings of items that the model does not know.
    public var unknownItemCount: Int { state.withLock { $0.unknownItems } }

    /// The best items for a user, with all ratings until now taken into account and left out; empty for a user who never rated.
    public func recommend(user: String, limit: Int) -> [(item: String, score: Float)] {
        let (vector, seen) = state.withLock { state in
            (state.vectors[Text(user)], state.histories[Text(user)].map { Set($0.keys) } ?? [])
        }
        let scored: [Scored]
        if let vector {
            scored = model.recommendItems(for: vector, limit: limit, filter: RecommendationFilter(denied: seen))
        } else {
            scored = model.userIDs.index(of: user).map { model.recommendItems(forUser: $0, limit: limit) } ?? []
        }
        return scored.map { (model.itemIDs[$0.index], $0.score) }
    }

    private func trainingHistory(of user: String) -> [Int: Float] {
        guard let index = model.userIDs.index(of: user) else { return [:] }
        let range = model.history.range(of: index)
        return Dictionary(
            zip(model.history.columns[range].map(Int.init), model.history.values[range]), uniquingKeysWith: { $1 })
    }
}

extension DStream where Element == RatingEvent {
    /// Feeds every rating of the stream to the recommender, in order.
    public func update(_ recommender: LiveRecommender) {
        forEachBatch(name: "live ratings") { rdd, _ in
            for event in try rdd.collect() { try recommender.rate(event) }
        }
    }
}
