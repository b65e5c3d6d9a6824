import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterPlatform

/// A user of whom more is known than the model's training says: the factors from the whole history, which is left out of recommendations.
struct LiveUser: Sendable {
    /// By index, in that order.
    let history: [(item: Int, rating: Float)]
    let seen: Set<Int>
    /// nil where the model knows none of the items, or the system is singular.
    let vector: UserVector?
    /// What the training says of the user does not count.
    let isForgotten: Bool

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
        // A singular system (regularization 0) leaves what the training knows: the rating is safe, and refused nowhere.
        vector = try? model.foldIn(history)
    }

    /// The same user after further ratings, to the bit what `init` makes of all of them; someone with thousands need not be looked up whole.
    func adding(_ ratings: [(item: Text, rating: Float)], model: MatrixFactorizationModel) -> LiveUser {
        var (history, seen) = (history, seen)
        for (item, rating) in ratings {
            guard let index = model.itemIDs.index(of: String(item)), model.knows(item: index) else { continue }
            var (low, high) = (0, history.count)
            while low < high {
                let middle = (low + high) / 2
                if history[middle].item < index { low = middle + 1 } else { high = middle }
            }
            if seen.insert(index).inserted {
                history.insert((index, rating), at: low)
            } else {
                history[low].rating = rating
            }
        }
        return LiveUser(history: history, seen: seen, isForgotten: isForgotten, model)
    }
}
