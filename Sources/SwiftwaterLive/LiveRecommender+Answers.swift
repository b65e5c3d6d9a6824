import SwiftwaterCore
import SwiftwaterRecommender

extension LiveRecommender {
    /// Returns the best items for a user.
    ///
    /// A user with ratings since the training gets items by the whole history; other users, by the training's factors.
    /// An unknown user gets the most-rated items. O(items x rank).
    public func recommendations(user: String, _ query: LiveQuery = LiveQuery()) -> LiveRecommendation {
        let state = serving.read { $0 }
        let model = state.model
        let live = state.user(Text(user))
        var filter = filter(query, model)
        if let live, let vector = live.vector {
            if !query.includesSeen {
                filter.deniedIndexes.formUnion(live.history.map { Int($0.item) })
            }
            return answer(.foldIn, query, state) { model.recommendItems(for: vector, limit: $0, filter: filter) }
        }
        if live == nil || live!.isForgotten == false, let index = model.userIDs.index(of: user),
            model.knows(userIndex: index), model.hasPreferences(userIndex: index)
        {
            return answer(.model, query, state) {
                model.recommendItems(forUserIndex: index, limit: $0, includeSeen: query.includesSeen, filter: filter)
            }
        }
        return answer(.popular, query, state) { model.popularItems(limit: $0, filter: filter) }
    }

    /// Returns the best items for someone with these ratings. The ratings are not kept.
    ///
    /// - Throws: `numerical` if the system is singular.
    public func recommendations(
        ratings: [RatedItem], _ query: LiveQuery = LiveQuery()
    ) throws -> LiveRecommendation {
        let state = serving.read { $0 }
        let model = state.model
        var known: [Int: Float] = [:]
        for rated in ratings { if let index = index(rated.item, model) { known[index] = rated.rating } }
        var filter = filter(query, model)
        guard let vector = try model.foldIn(known.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) else {
            return answer(.popular, query, state) { model.popularItems(limit: $0, filter: filter) }
        }
        if !query.includesSeen { filter.deniedIndexes.formUnion(known.keys) }
        return answer(.foldIn, query, state) { model.recommendItems(for: vector, limit: $0, filter: filter) }
    }

    /// Returns the items whose factors are nearest to an item's (cosine); nil if the model does not know the item.
    public func similar(to item: String, limit: Int) -> [LiveRecommendation.Item]? {
        let model = model
        return index(item, model).map { index in
            model.similarItems(toItemIndex: index, limit: limit).map {
                .init(id: model.itemIDs[$0.index], score: $0.score, boost: 0)
            }
        }
    }

    /// Returns the items with the most ratings.
    ///
    /// - Parameter recent: counts recent ratings (`LiveSettings.popularityHalfLife`) instead of those of the training.
    /// - Parameter limit: the length of the list, at most.
    public func popular(limit: Int, recent: Bool = false) -> [LiveRecommendation.Item] {
        if recent {
            return trending.best(limit, at: settings.clock.now().milliseconds).map {
                .init(id: String($0.item), score: Float($0.weight), boost: 0)
            }
        }
        let model = model
        return model.popularItems(limit: limit).map { .init(id: model.itemIDs[$0.index], score: $0.score, boost: 0) }
    }

    /// Returns the ratings of a user: those of items that the model knows, then the others, by item id. Empty for an
    /// unknown user. O(ratings of the user).
    public func history(of user: String) -> [RatedItem] {
        let state = serving.read { $0 }
        let known = indexedHistory(of: user, state).map {
            RatedItem(item: state.model.itemIDs[$0.item], rating: $0.rating)
        }
        let others = writer.ratings(of: user).filter { index(String($0.item), state.model) == nil }
        return known + others.map { RatedItem(item: String($0.item), rating: $0.rating.rating) }
    }

    private func indexedHistory(of user: String, _ state: ServingState) -> [(item: Int, rating: Float)] {
        if let live = state.user(Text(user)) { return live.indexedHistory }
        guard let index = state.model.userIDs.index(of: user) else { return [] }
        let history = state.model.history
        return history.range(of: index).map { (Int(history.columns[$0]), history.values[$0]) }
    }

    /// Explains an item's score for a user: what each of the user's ratings contributes, largest share first.
    ///
    /// The score is the one that follows from the ratings. A list shows it for users with ratings since the training;
    /// for others, it shows the score by the factors of the training, which may differ by some hundredths.
    ///
    /// - Throws: the errors of `MatrixFactorizationModel.explain`.
    public func explain(user: String, item: String) throws -> LiveExplanation {
        let state = serving.read { $0 }
        let index = index(item, state.model) ?? state.model.itemIDs.count
        let explanation = try state.model.explain(
            itemIndex: index, from: indexedHistory(of: user, state).map { ($0.item, $0.rating) })
        let ids = state.model.itemIDs
        return LiveExplanation(
            base: explanation.base, score: explanation.score,
            reasons: explanation.contributions.map {
                .init(item: ids[$0.itemIndex], rating: $0.rating, share: $0.share)
            })
    }

    // MARK: Parts

    private func index(_ item: String, _ model: MatrixFactorizationModel) -> Int? {
        model.itemIDs.index(of: item).flatMap { model.knows(itemIndex: $0) ? $0 : nil }
    }

    private func filter(_ query: LiveQuery, _ model: MatrixFactorizationModel) -> RecommendationFilter {
        RecommendationFilter(deniedIndexes: Set(query.excluded.compactMap { model.itemIDs.index(of: $0) }))
    }

    /// Returns the answer to a query. If recent popularity counts, four times as many candidates are reordered.
    private func answer(
        _ source: Recommendation.Source, _ query: LiveQuery, _ state: ServingState, _ best: (Int) -> [Scored]
    ) -> LiveRecommendation {
        let ids = state.model.itemIDs
        guard query.popularityWeight != 0, source != .popular else {
            return LiveRecommendation(
                source: source, items: best(query.limit).map { .init(id: ids[$0.index], score: $0.score, boost: 0) },
                generation: state.generation)
        }
        let candidates = best(4 * query.limit)
        let boosts = trending.boosts(candidates.map { Text(ids[$0.index]) }, at: settings.clock.now().milliseconds)
        let ranked = zip(candidates, boosts).map { candidate, boost in
            let gain = boost * query.popularityWeight
            return LiveRecommendation.Item(id: ids[candidate.index], score: candidate.score + gain, boost: gain)
        }
        // Equal scores stay in the model's order.
        let order = ranked.indices.sorted {
            ranked[$0].score != ranked[$1].score ? ranked[$0].score > ranked[$1].score : $0 < $1
        }
        return LiveRecommendation(
            source: source, items: order.prefix(query.limit).map { ranked[$0] }, generation: state.generation)
    }
}
