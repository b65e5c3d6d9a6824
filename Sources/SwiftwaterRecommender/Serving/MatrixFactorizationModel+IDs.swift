// Users and items by their ids, as they were written in the ratings: text, or integers.

extension MatrixFactorizationModel {
    /// Returns whether the user has a training rating, or was created with factors.
    public func knows(user: String) -> Bool { index(ofUser: user) != nil }

    /// Returns whether the item has a training rating, or was created with factors.
    public func knows(item: String) -> Bool { index(ofItem: item) != nil }

    /// Returns the predicted rating of an item by a user, by their integer ids; nil if either is unknown.
    public func predict(user: some BinaryInteger, item: some BinaryInteger) -> Float? {
        predict(user: "\(user)", item: "\(item)")
    }

    // MARK: Recommendations

    /// Returns the best items for a user, best first; none for a user that the model does not know, for whom
    /// `recommend(user:limit:)` has the most-rated ones.
    ///
    /// - Parameters:
    ///   - includeSeen: whether to keep items that the user rated in training.
    ///   - filter: the items that may be recommended.
    ///   - limit: the length of the list, at most.
    ///   - user: the user.
    /// - Complexity: O(items x rank) at most.
    public func recommendItems(
        forUser user: String, limit: Int, includeSeen: Bool = false, filter: RecommendationFilter = .none
    ) -> [ScoredID] {
        guard let index = index(ofUser: user) else { return [] }
        return named(
            recommendItems(forUserIndex: index, limit: limit, includeSeen: includeSeen, filter: filter), itemIDs)
    }

    /// Returns the best items for a user with an integer id, as the user's id as text does.
    public func recommendItems(
        forUser user: some BinaryInteger, limit: Int, includeSeen: Bool = false, filter: RecommendationFilter = .none
    ) -> [ScoredID] {
        recommendItems(forUser: "\(user)", limit: limit, includeSeen: includeSeen, filter: filter)
    }

    /// Returns the users with the highest predictions for an item, best first; none for an item that the model does not
    /// know.
    ///
    /// - Parameter includeSeen: whether to keep users who rated the item in training.
    /// - Parameter limit: the length of the list, at most.
    /// - Parameter item: the item.
    /// - Complexity: O(users x rank), and O(training ratings) to find who rated the item.
    public func recommendUsers(forItem item: String, limit: Int, includeSeen: Bool = false) -> [ScoredID] {
        guard let index = index(ofItem: item) else { return [] }
        return named(recommendUsers(forItemIndex: index, limit: limit, includeSeen: includeSeen), userIDs)
    }

    /// Returns the best users for an item with an integer id, as the item's id as text does.
    public func recommendUsers(
        forItem item: some BinaryInteger, limit: Int, includeSeen: Bool = false
    ) -> [ScoredID] {
        recommendUsers(forItem: "\(item)", limit: limit, includeSeen: includeSeen)
    }

    // MARK: Similarity

    /// Returns the items with the highest cosine similarity to this one, most similar first; none for an item that the
    /// model does not know. O(items x rank).
    public func similarItems(to item: String, limit: Int) -> [ScoredID] {
        index(ofItem: item).map { named(similarItems(toItemIndex: $0, limit: limit), itemIDs) } ?? []
    }

    /// Returns the most similar items to one with an integer id, as the item's id as text does.
    public func similarItems(to item: some BinaryInteger, limit: Int) -> [ScoredID] {
        similarItems(to: "\(item)", limit: limit)
    }

    /// Returns the users with the highest cosine similarity to this one, most similar first; none for a user that the
    /// model does not know. O(users x rank).
    public func similarUsers(to user: String, limit: Int) -> [ScoredID] {
        index(ofUser: user).map { named(similarUsers(toUserIndex: $0, limit: limit), userIDs) } ?? []
    }

    /// Returns the most similar users to one with an integer id, as the user's id as text does.
    public func similarUsers(to user: some BinaryInteger, limit: Int) -> [ScoredID] {
        similarUsers(to: "\(user)", limit: limit)
    }

    // MARK: Ids

    private func index(ofUser user: String) -> Int? {
        userIDs.index(of: user).flatMap { knows(userIndex: $0) ? $0 : nil }
    }

    private func index(ofItem item: String) -> Int? {
        itemIDs.index(of: item).flatMap { knows(itemIndex: $0) ? $0 : nil }
    }

    private func named(_ list: [Scored], _ ids: IdentifierTable) -> [ScoredID] {
        list.map { ScoredID(id: ids[$0.index], score: $0.score) }
    }
}
