import SwiftwaterCore

/// Settings of user- and item-based collaborative filtering.
public struct NeighborhoodSettings: Sendable, Equatable {
    /// What the neighbors of a prediction are.
    public enum Basis: String, Sendable, CaseIterable {
        /// Neighbors are users with similar ratings.
        case users
        /// Neighbors are items with similar ratings.
        case items
    }

    /// How the similarity of two rows is measured.
    public enum Similarity: String, Sendable, CaseIterable {
        /// Cosine of the two rows over their common entries.
        case cosine
        /// Pearson correlation over the common entries, each row minus its mean over them.
        case pearson
        /// Cosine of the entries minus the mean of their column. Between items, that is ratings minus their user's
        /// mean, so that lenient and strict users count alike (Sarwar et al., 2001).
        case adjustedCosine = "adjusted-cosine"
    }

    /// Whether neighbors are users or items.
    public var basis: Basis
    /// The similarity measure.
    public var similarity: Similarity
    /// The maximum number of neighbors of a prediction.
    public var neighbors: Int
    /// The minimum number of common entries for two rows to be neighbors.
    public var overlapMin: Int
    /// Shrinks similarities over few entries toward 0: with n common entries, the factor is n / (n + shrinkage) (Koren,
    /// 2008).
    public var shrinkage: Double

    /// Creates settings; what is left out has its default.
    public init(
        basis: Basis = .users, similarity: Similarity = .cosine, neighbors: Int = 20, overlapMin: Int = 2,
        shrinkage: Double = 0
    ) {
        self.basis = basis
        self.similarity = similarity
        self.neighbors = neighbors
        self.overlapMin = overlapMin
        self.shrinkage = shrinkage
    }
}

/// Neighborhood-based collaborative filtering.
///
/// By users, with user u and item i, over the `neighbors` users v with the largest positive similarity who rated i:
///
///     cosine    r(u,i) = sum s(u,v) r(v,i) / sum s(u,v)                               (adjusted cosine, too)
///     pearson   r(u,i) = mean(u) + sum s(u,v) (r(v,i) - mean(v)) / sum s(u,v)         (Resnick et al., 1994)
///
/// By items, the two change places. Ties in similarity go to the lower index. A prediction needs at least one neighbor
/// with a rating. Similarities are computed on demand and sparsely: for one row, O(sum over its entries of the entries
/// of that column). All rows of the 1m set take seconds.
public struct NeighborhoodModel: Sendable {
    /// The settings of the model.
    public let settings: NeighborhoodSettings
    /// The ids of the users.
    public let userIDs: IdentifierTable
    /// The ids of the items.
    public let itemIDs: IdentifierTable
    /// Rows are users if the basis is users, else items; `columns` is the transpose.
    private let rows: RatingMatrix.Rows
    private let columns: RatingMatrix.Rows
    private let rowMeans: [Double]
    /// What is subtracted from each column before rows are compared; empty for nothing.
    private let columnMeans: [Double]

    /// Creates a model of these ratings.
    ///
    /// - Throws: `invalidArgument` for settings that cannot work.
    public init(_ ratings: Ratings, settings: NeighborhoodSettings = NeighborhoodSettings()) throws {
        guard settings.neighbors >= 1, settings.overlapMin >= 1, settings.shrinkage >= 0, settings.shrinkage.isFinite
        else {
            throw SwiftwaterError(
                .invalidArgument,
                "\(settings.neighbors) neighbors with at least \(settings.overlapMin) common entries, shrinkage "
                    + "\(settings.shrinkage)",
                remedy: "use at least 1 of each, and a shrinkage of 0 or more")
        }
        let matrix = RatingMatrix(ratings)
        self.settings = settings
        userIDs = ratings.userIDs
        itemIDs = ratings.itemIDs
        (rows, columns) = settings.basis == .users ? (matrix.byUser, matrix.byItem) : (matrix.byItem, matrix.byUser)
        rowMeans = (0..<rows.rowCount).map { [rows] in rows.mean(of: $0) ?? 0 }
        columnMeans =
            settings.similarity == .adjustedCosine
            ? (0..<columns.rowCount).map { [columns] in columns.mean(of: $0) ?? 0 } : []
    }

    /// Returns the similarity of two users (or items, by the basis) by index; 0 if they have too few common entries.
    public func similarity(_ left: Int, _ right: Int) -> Double {
        similarities(of: left).first { $0.row == right }?.similarity ?? 0
    }

    /// Returns the other rows with a nonzero similarity to `row`, by index.
    func similarities(of row: Int) -> [(row: Int, similarity: Double)] {
        var sums = [PairSums](repeating: PairSums(), count: rows.rowCount)
        for entry in rows.range(of: row) {
            let column = Int(rows.columns[entry])
            let mean = columnMeans.isEmpty ? 0 : columnMeans[column]
            let own = Double(rows.values[entry]) - mean
            for other in columns.range(of: column) {
                sums[Int(columns.columns[other])].add(own, Double(columns.values[other]) - mean)
            }
        }
        return sums.indices.compactMap { other in
            guard other != row, sums[other].count >= Double(settings.overlapMin) else { return nil }
            let value = settings.similarity == .pearson ? sums[other].pearson : sums[other].cosine
            let shrunk = value * sums[other].count / (sums[other].count + settings.shrinkage)
            return shrunk == 0 ? nil : (other, shrunk)
        }
    }

    /// Returns the predicted rating by the user at an index of the item at another, or nil if there is none.
    public func predict(userIndex user: Int, itemIndex item: Int) -> Float? {
        let (row, column) = settings.basis == .users ? (user, item) : (item, user)
        guard row < rows.rowCount, column < columns.rowCount, rows.count(of: row) > 0 else { return nil }
        return predict(row: row, column: column, similarities: lookup(similarities(of: row)))
    }

    /// Returns the predicted rating by id, or nil if there is none.
    public func predict(user: String, item: String) -> Float? {
        guard let user = userIDs.index(of: user), let item = itemIDs.index(of: item) else { return nil }
        return predict(userIndex: user, itemIndex: item)
    }

    /// Returns the best items for the user at an index, best first, without those the user rated unless `includeSeen`.
    public func recommendItems(forUserIndex user: Int, limit: Int, includeSeen: Bool = false) -> [Scored] {
        let byUser = settings.basis == .users ? rows : columns
        guard user < byUser.rowCount else { return [] }
        let seen = Set(byUser.columns[byUser.range(of: user)])
        var best = BestScores(limit: limit)
        let own = settings.basis == .users ? lookup(similarities(of: user)) : []
        for item in 0..<itemIDs.count where includeSeen || !seen.contains(UInt32(item)) {
            let prediction =
                settings.basis == .users
                ? predict(row: user, column: item, similarities: own) : predict(userIndex: user, itemIndex: item)
            if let prediction { best.offer(item, prediction) }
        }
        return best.sorted
    }

    // MARK: Parts

    private func lookup(_ list: [(row: Int, similarity: Double)]) -> [Double] {
        var table = [Double](repeating: 0, count: rows.rowCount)
        for entry in list { table[entry.row] = entry.similarity }
        return table
    }

    private func predict(row: Int, column: Int, similarities: [Double]) -> Float? {
        var candidates: [(row: Int, similarity: Double, value: Double)] = []
        for entry in columns.range(of: column) {
            let other = Int(columns.columns[entry])
            if other != row, similarities[other] > 0 {
                candidates.append((other, similarities[other], Double(columns.values[entry])))
            }
        }
        if candidates.count > settings.neighbors {
            candidates.sort { $0.similarity != $1.similarity ? $0.similarity > $1.similarity : $0.row < $1.row }
            candidates.removeLast(candidates.count - settings.neighbors)
        }
        guard !candidates.isEmpty else { return nil }
        let isCentred = settings.similarity == .pearson
        var (weighted, weights) = (0.0, 0.0)
        for candidate in candidates.sorted(by: { $0.row < $1.row }) {
            weighted += candidate.similarity * (candidate.value - (isCentred ? rowMeans[candidate.row] : 0))
            weights += candidate.similarity
        }
        return Float((isCentred ? rowMeans[row] : 0) + weighted / weights)
    }
}

/// Sums over the common entries of two rows.
struct PairSums {
    var count = 0.0
    private var left = 0.0
    private var right = 0.0
    private var leftSquares = 0.0
    private var rightSquares = 0.0
    private var products = 0.0

    init() {}

    mutating func add(_ a: Double, _ b: Double) {
        count += 1
        left += a
        right += b
        leftSquares += a * a
        rightSquares += b * b
        products += a * b
    }

    var cosine: Double {
        let length = (leftSquares * rightSquares).squareRoot()
        return length > 0 ? products / length : 0
    }

    /// The Pearson correlation; 0 if either row has no variance over the common entries.
    var pearson: Double {
        let covariance = products - left * right / count
        let spread = (leftSquares - left * left / count) * (rightSquares - right * right / count)
        // Without variance, rounding leaves a spread of about 1e-16 of the squares.
        guard spread > 1e-12 * leftSquares * rightSquares else { return 0 }
        return max(-1, min(1, covariance / spread.squareRoot()))
    }
}

extension NeighborhoodModel: RatingPredictor {
    /// Returns the predictions for rows of ratings, in their order.
    ///
    /// Groups the rows so that the similarities of each user (or item) are computed once.
    public func predictions(for ratings: Ratings, threads: Int) -> [Float?] {
        predictions(for: ratings, threads: threads) { _ in }
    }

    /// Returns the predictions, as `predictions(for:threads:)` does.
    ///
    /// - Parameter onProgress: receives the part of the rows that is done, on any thread.
    package func predictions(
        for ratings: Ratings, threads: Int, onProgress: @escaping @Sendable (Double) -> Void
    ) -> [Float?] {
        let done = Monitor(0)
        let users = (0..<ratings.userIDs.count).map { ownIndex(ratings.userIDs, $0, userIDs) }
        let items = (0..<ratings.itemIDs.count).map { ownIndex(ratings.itemIDs, $0, itemIDs) }
        let byUsers = settings.basis == .users
        let groups = CompressedRows(
            rows: byUsers ? ratings.users : ratings.items,
            rowCount: byUsers ? ratings.userIDs.count : ratings.itemIDs.count)
        var result = [Float?](repeating: nil, count: ratings.count)
        result.withUnsafeMutableBufferPointer { output in
            let output = UncheckedSendable(output)
            try? WorkerPool(threads: threads).run(count: groups.starts.count - 1) { group in
                let entries = groups.entries(of: group)
                guard !entries.isEmpty, let row = byUsers ? users[group] : items[group], row < rows.rowCount,
                    rows.count(of: row) > 0
                else { return }
                defer {
                    let part = done.update { done in
                        done += entries.count
                        return Double(done) / Double(ratings.count)
                    }
                    onProgress(part)
                }
                let own = lookup(similarities(of: row))
                for entry in entries {
                    let column = byUsers ? items[Int(ratings.items[entry])] : users[Int(ratings.users[entry])]
                    guard let column, column < columns.rowCount else { continue }
                    output.value[entry] = predict(row: row, column: column, similarities: own)
                }
            }
        }
        return result
    }
}
