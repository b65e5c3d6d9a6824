import CSwiftwaterKernels
import SwiftwaterCore

extension MatrixFactorizationModel {
    /// Returns the best items for the user at an index, best first.
    ///
    /// - Parameters:
    ///   - includeSeen: whether to keep items that the user rated in training.
    ///   - filter: the items that may be recommended.
    ///   - limit: the length of the list, at most.
    ///   - user: the user.
    /// - Complexity: O(items x rank) at most: the search stops when the factors of all other items are too short to be
    ///   among the best.
    public func recommendItems(
        forUserIndex user: Int, limit: Int, includeSeen: Bool = false, filter: RecommendationFilter = .none
    ) -> [Scored] {
        guard knows(userIndex: user) else { return [] }
        let seen = history.columns[includeSeen ? 0..<0 : history.range(of: user)]
        let excluded = filter == .none ? seen : NumberColumn(filter.excluded(of: itemIDs.count) + seen)[...]
        return best(vector(ofUser: user), among: serving.items(of: self), limit: limit, excluded: excluded)
    }

    /// Returns the best items for a user vector, such as one from `foldIn`.
    public func recommendItems(
        for user: UserVector, limit: Int, filter: RecommendationFilter = .none
    ) -> [Scored] {
        best(
            user, among: serving.items(of: self), limit: limit,
            excluded: NumberColumn(filter.excluded(of: itemIDs.count))[...])
    }

    /// Returns the users with the highest predictions for the item at an index, best first.
    ///
    /// - Parameter includeSeen: whether to keep users who rated the item in training.
    /// - Parameter item: the item.
    /// - Parameter limit: the length of the list, at most.
    /// - Complexity: O(users x rank), and O(training ratings) to find who rated the item.
    public func recommendUsers(forItemIndex item: Int, limit: Int, includeSeen: Bool = false) -> [Scored] {
        guard knows(itemIndex: item) else { return [] }
        let row = UserVector(
            factors: Array(itemFactors[item * rank..<(item + 1) * rank]),
            offset: biases.map { $0.mean + $0.items[item] } ?? 0)
        let raters = (0..<(includeSeen ? 0 : userIDs.count)).filter { user in
            history.columns[history.range(of: user)].contains(UInt32(item))
        }
        return best(
            row, among: serving.users(of: self), limit: limit, excluded: NumberColumn(raters.map { UInt32($0) })[...])
    }

    /// Returns the items with the highest cosine similarity to the one at an index, most similar first.
    /// O(items x rank).
    public func similarItems(toItemIndex item: Int, limit: Int) -> [Scored] {
        guard knows(itemIndex: item) else { return [] }
        return nearest(to: item, among: itemFactors, limit: limit, isWanted: knows(itemIndex:))
    }

    /// Returns the users with the highest cosine similarity to the one at an index, most similar first.
    /// O(users x rank).
    public func similarUsers(toUserIndex user: Int, limit: Int) -> [Scored] {
        guard knows(userIndex: user) else { return [] }
        return nearest(to: user, among: userFactors, limit: limit, isWanted: knows(userIndex:))
    }

    private func nearest(
        to row: Int, among factors: NumberColumn<Float>, limit: Int, isWanted: (Int) -> Bool
    ) -> [Scored] {
        func norm(_ index: Int) -> Float {
            factors[index * rank..<(index + 1) * rank].reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        let own = norm(row)
        let scores = allScores(Array(factors[row * rank..<(row + 1) * rank]), factors)
        var best = BestScores(limit: limit)
        for other in scores.indices where other != row && isWanted(other) {
            let length = own * norm(other)
            if length > 0 { best.offer(other, scores[other] / length) }
        }
        return best.sorted
    }

    /// Computes the top list of every user, on all threads, and calls `body` with each in the order of the users.
    ///
    /// - Complexity: O(users x items x rank), by a blocked product.
    public func recommendForAllUsers(
        limit: Int, includeSeen: Bool = false, filter: RecommendationFilter = .none,
        threads: Int = WorkerPool.coreCount, _ body: (Int, [Scored]) throws -> Void
    ) throws {
        let never = Set(filter.excluded(of: itemIDs.count))
        let items =
            never.isEmpty
            ? serving.items(of: self)
            : PackedFactors(
                itemFactors, rank: rank, biases: biases?.items, instructionSet: instructionSet
            ) { knows(itemIndex: $0) && !never.contains(UInt32($0)) }
        try forAll(userIDs.count, userFactors, items, limit, threads: threads, body) { user in
            guard knows(userIndex: user), hasPreferences(userIndex: user) else { return nil }
            return (
                biases.map { $0.mean + $0.users[user] } ?? 0,
                history.columns[includeSeen ? 0..<0 : history.range(of: user)]
            )
        }
    }

    /// Computes the top list of users for every item, and calls `body` with each in the order of the items.
    public func recommendForAllItems(
        limit: Int, includeSeen: Bool = false, threads: Int = WorkerPool.coreCount,
        _ body: (Int, [Scored]) throws -> Void
    ) throws {
        let raters = includeSeen ? nil : history.transposed(rowCount: itemIDs.count, threads: threads)
        try forAll(itemIDs.count, itemFactors, serving.users(of: self), limit, threads: threads, body) { item in
            guard knows(itemIndex: item) else { return nil }
            return (
                biases.map { $0.mean + $0.items[item] } ?? 0,
                raters.map { $0.columns[$0.range(of: item)] } ?? NumberColumn([])[...]
            )
        }
    }

    // MARK: Scoring

    private func allScores(_ row: [Float], _ factors: NumberColumn<Float>) -> [Float] {
        let rows = factors.count / rank
        return [Float](unsafeUninitializedCapacity: rows) { output, count in
            if rows > 0 {
                factors.withUnsafeBufferPointer {
                    sw_scores(
                        instructionSet.rawValue, rank, row, $0.baseAddress!, rows, output.baseAddress!)
                }
            }
            count = rows
        }
    }

    /// Returns the best matches of one row: of a user among items, or of an item among users.
    private func best(
        _ row: UserVector, among others: PackedFactors, limit: Int, excluded: Slice<NumberColumn<UInt32>>
    ) -> [Scored] {
        let best = others.best(count: 1, limit: max(0, limit)) { _, output in
            for factor in 0..<rank { output[factor] = row.factors[factor] }
            if others.depth > rank { output[rank] = 1 }
        } excluded: { _ in
            excluded
        }
        return best[0].map { Scored(index: $0.index, score: $0.score + row.offset) }
    }

    /// Computes the top list of every row, and calls `body` with each in order.
    ///
    /// - Parameter about: the offset of a row's scores and the indexes to leave out; nil for an empty list.
    private func forAll(
        _ count: Int, _ factors: NumberColumn<Float>, _ others: PackedFactors, _ limit: Int, threads: Int,
        _ body: (Int, [Scored]) throws -> Void,
        about: @escaping @Sendable (Int) -> (offset: Float, excluded: Slice<NumberColumn<UInt32>>)?
    ) throws {
        let pool = WorkerPool(threads: threads)
        let (size, rank) = (PackedFactors.rowsMax, rank)
        let window = 16 * size
        for start in stride(from: 0, to: count, by: window) {
            let rows = start..<min(count, start + window)
            var lists = [[Scored]](repeating: [], count: rows.count)
            try lists.withUnsafeMutableBufferPointer { output in
                let output = UncheckedSendable(output)
                try pool.run(count: (rows.count + size - 1) / size) { group in
                    let first = start + group * size
                    let wanted = (first..<min(rows.upperBound, first + size)).compactMap { row in
                        about(row).map { (row: row, about: $0) }
                    }
                    let best = others.best(count: wanted.count, limit: limit) { index, row in
                        for factor in 0..<rank { row[factor] = factors[wanted[index].row * rank + factor] }
                        if others.depth > rank { row[rank] = 1 }
                    } excluded: {
                        wanted[$0].about.excluded
                    }
                    for (entry, list) in zip(wanted, best) {
                        output.value[entry.row - start] =
                            entry.about.offset == 0
                            ? list : list.map { Scored(index: $0.index, score: $0.score + entry.about.offset) }
                    }
                }
            }
            for (offset, list) in lists.enumerated() { try body(start + offset, list) }
        }
    }
}
