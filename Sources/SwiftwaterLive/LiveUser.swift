import Algorithms
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterPlatform

/// A user with ratings since the training, or who was forgotten: the whole history and the factors that follow from it.
struct LiveUser: Sendable {
    /// A rating of an item of the model.
    struct Rated: Sendable {
        let item: UInt32
        var rating: Float
    }

    /// Ordered by item index. These items are left out of recommendations.
    let history: [Rated]
    /// nil if the model knows none of the items, or the system is singular.
    let vector: UserVector?
    /// Whether the user's ratings in the training do not count.
    let isForgotten: Bool

    /// The history with the indices of items as the model has them.
    var indexedHistory: [(item: Int, rating: Float)] { history.map { (Int($0.item), $0.rating) } }

    /// Creates a user from the training's ratings and later ones.
    ///
    /// - Parameter logged: the ratings since the training, with item ids.
    init(
        _ user: Text, _ logged: [(item: Text, rating: LoggedRatings.Rating)], isForgotten: Bool,
        model: MatrixFactorizationModel
    ) {
        var ratings: [Int: Float] = [:]
        if !isForgotten, let index = model.userIDs.index(of: String(user)) {
            for place in model.history.range(of: index) {
                ratings[Int(model.history.columns[place])] = model.history.values[place]
            }
        }
        for (item, rating) in logged {
            guard let index = model.itemIDs.index(of: String(item)), model.knows(itemIndex: index) else { continue }
            ratings[index] = rating.rating
        }
        self.init(
            history: ratings.sorted { $0.key < $1.key }.map { Rated(item: UInt32($0.key), rating: $0.value) },
            isForgotten: isForgotten, model)
    }

    private init(history: [Rated], isForgotten: Bool, _ model: MatrixFactorizationModel) {
        (self.history, self.isForgotten) = (history, isForgotten)
        // If the system is singular (regularization 0), the training's factors stay in use; the rating is still kept.
        vector = try? model.foldIn(history.map { (Int($0.item), $0.rating) })
    }

    /// Returns the user after further ratings, bit for bit what `init` makes of all ratings, without looking all of
    /// them up again.
    func adding(_ ratings: [(item: Text, rating: Float)], model: MatrixFactorizationModel) -> LiveUser {
        var history = history
        for (item, rating) in ratings {
            guard let index = model.itemIDs.index(of: String(item)), model.knows(itemIndex: index) else { continue }
            let place = history.partitioningIndex { $0.item >= index }
            if place < history.count, history[place].item == index {
                history[place].rating = rating
            } else {
                history.insert(Rated(item: UInt32(index), rating: rating), at: place)
            }
        }
        return LiveUser(history: history, isForgotten: isForgotten, model)
    }
}
