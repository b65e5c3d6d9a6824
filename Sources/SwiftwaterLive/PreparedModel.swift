import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterStorage

/// The error for a model that contains a user who was forgotten while it was prepared.
struct OutdatedModel: Error {}

/// A model, with all live users, that is ready to serve.
struct PreparedModel: Sendable {
    let state: ServingState
    /// The ratings from which the users were computed.
    let ratings: LoggedRatings

    init(_ model: MatrixFactorizationModel, generation: Int, _ ratings: LoggedRatings) {
        state = ServingState(model: model, generation: generation)
        self.ratings = ratings
        for id in ratings.users { show(id, ratings) }
    }

    func show(_ user: Text, _ ratings: LoggedRatings) {
        let own = ratings.ratings(of: user)
        let isForgotten = ratings.forgotten.contains(ForgottenUser(user))
        let isKnown = !own.isEmpty || isForgotten
        state.set(user, isKnown ? LiveUser(user, own, isForgotten: isForgotten, model: state.model) : nil)
    }
}
