import Algorithms
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterPlatform

/// A user with ratings since the training, or who was forgotten: the whole history and the factors that follow from it.
struct LiveUser: Sendable {
    /// Ordered by item index.
    let history: [(item: Int, rating: Float)]
    /// The items of the history, which are left out of recommendations.
    let seen: Set<Int>
    /// nil if the model knows none of the items, or the system is singular.
    let vector: UserVector?
    /// Whether the user's ratings in the training do not count.
    let isForgotten: Bool

    /// Creates a user from the training's ratings and later ones.
    ///
    /// - Parameter logged: the ratings since the training, by item id.
    init(_ user: Text, _ logged: [Text: LoggedRatings.Rating], isForgotten: Bool, model: MatrixFactorizationModel) {
        var ratings: [Int: Float] = [:]
        if !isForgotten, let index = model.userIDs.index(of: String(user)) {
            for place in model.history.range(of: index) {
                ratings[Int(model.history.columns[place])] = model.history.values[place]
            }
        }
        for (item, rating) in logged {
            guard let index = model.itemIDs.index(of: String(item)), model.knows(item: index) else { continue }
            ratings[index] = rating.rating
        }
        self.init(
            history: ratings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, seen: Set(ratings.keys),
            isForgotten: isForgotten, model)
    }

    private init(
        history: [(item: Int, rating: Float)], seen: Set<Int>, isForgotten: Bool, _ model: MatrixFactorizationModel
    ) {
        (self.history, self.seen, self.isForgotten) = (history, seen, isForgotten)
        // If the system is singular (regularization 0), the training's factors stay in use; the rating is still kept.
        vector = try? model.foldIn(history)
    }

    /// Returns the user after further ratings, bit for bit what `init` makes of all ratings, without looking all of
    /// them up again.
    func adding(_ ratings: [(item: Text, rating: Float)], model: MatrixFactorizationModel) -> LiveUser {
        var (history, seen) = (history, seen)
        for (item, rating) in ratings {
            guard let index = model.itemIDs.index(of: String(item)), model.knows(item: index) else { continue }
            let place = history.partitioningIndex { $0.item >= index }
            if seen.insert(index).inserted {
                history.insert((index, rating), at: place)
            } else {
                history[place].rating = rating
            }
        }
        return LiveUser(history: history, seen: seen, isForgotten: isForgotten, model)
    }
}
