import SwiftwaterCore

/// Settings of user- and item-based collaborative filtering.
public struct NeighbourhoodSettings: Sendable, Equatable {
    public enum Basis: String, Sendable, CaseIterable {
        /// Neighbours are users who rate alike.
        case users
        /// Neighbours are items that are rated alike.
        case items
    }

    public enum Similarity: String, Sendable, CaseIterable {
        /// Cosine of the two rows over the entries that both have.
        case cosine
        /// Pearson correlation over the entries that both have, each row less its mean over them.
        case pearson
        /// Cosine of what is left when each column's mean is taken away: between items, of ratings less their user's mean, so that the
        /// mild and the strict count alike (Sarwar et al., 2001).
        case adjustedCosine = "adjusted-cosine"
    }

    public var basis = Basis.users
    public var similarity = Similarity.cosine
    /// How many neighbours a prediction uses, at most.
    public var neighbours = 20
    /// Rows with fewer entries in common are no neighbours.
    public var overlapMin = 2
    /// Draws similarities over few entries towards 0: with n in common a similarity counts n / (n + shrinkage) (Koren, 2008).
    public var shrinkage = 0.0

    public init() {}
}

/// Collaborative filtering by neighbours.
///
/// By users, with u the user and i the item, over the `neighbours` users v with the largest positive similarity who rated i:
///
///     cosine    r(u,i) = sum s(u,v) r(v,i) / sum s(u,v)                               (adjusted cosine, too)
///     pearson   r(u,i) = mean(u) + sum s(u,v) (r(v,i) - mean(v)) / sum s(u,v)         (Resnick et al., 1994)
///
/// By items the two change places. Equal similarities go by the lower index. There is no prediction where no neighbour has a
/// rating. Similarities are computed when they are needed, sparsely: for one row, O(sum over its entries of the entries of
/// that column); all rows of the 1m set take seconds.
public struct NeighbourhoodModel: Sendable {
    public let settings: NeighbourhoodSettings
    public let userIDs: IdentifierTable
    public let itemIDs: IdentifierTable
    /// Rows are users where the basis is users, else items; `columns` is the same matrix the other way.
    private let rows: RatingMatrix.Rows
    private let columns: RatingMatrix.Rows
    private let rowMeans: [Double]
    /// What is taken from the values of each column before rows are compared; empty for nothing.
    private let columnMeans: [Double]

    public init(_ ratings: Ratings, settings: NeighbourhoodSettings = NeighbourhoodSettings()) throws {
        guard settings.neighbours >= 1, settings.overlapMin >= 1, settings.shrinkage >= 0, settings.shrinkage.isFinite
        else {
            throw SwiftwaterError(
                .invalidArgument,
                "\(settings.neighbours) neighbours with at least \(settings.overlapMin) entries in common, shrinkage \(settings.shrinkage)",
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

    /// The similarity of two users (or items, by the basis) by index; 0 where they have too little in common.
    public func similarity(_ left: Int, _ right: Int) -> Double {
        similarities(of: left).first { $0.row == right }?.similarity ?? 0
    }

    /// Rows with a positive or negative similarity to `row`, without itself, in order of their indexes.
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

    /// The predicted rating by index, or nil.
    public func predict(user: Int, item: Int) -> Float? {
        let (row, column) = settings.basis == .users ? (user, item) : (item, user)
        guard row < rows.rowCount, column < columns.rowCount, rows.count(of: row) > 0 else { return nil }
        return predict(row: row, column: column, similarities: lookup(similarities(of: row)))
    }

    /// The predicted rating by id, or nil.
    public func predict(user: String, item: String) -> Float? {
        guard let user = userIDs.index(of: user), let item = itemIDs.index(of: item) else { return nil }
        return predict(user: user, item: item)
    }

    /// The best items for a user, best first, without those the user rated unless asked.
    public func recommendItems(forUser user: Int, limit: Int, includeSeen: Bool = false) -> [Scored] {
        let byUser = settings.basis == .users ? rows : columns
        guard user < byUser.rowCount else { return [] }
        let seen = Set(byUser.columns[byUser.range(of: user)])
        var best = BestScores(limit: limit)
        let own = settings.basis == .users ? lookup(similarities(of: user)) : []
        for item in 0..<itemIDs.count where includeSeen || !seen.contains(UInt32(item)) {
            let prediction =
                settings.basis == .users
                ? predict(row: user, column: item, similarities: own) : predict(user: user, item: item)
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
        if candidates.count > settings.neighbours {
            candidates.sort { $0.similarity != $1.similarity ? $0.similarity > $1.similarity : $0.row < $1.row }
            candidates.removeLast(candidates.count - settings.neighbours)
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

/// Sums over the entries that two rows have in common.
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

    /// 0 where either row has no variance over the common entries.
    var pearson: Double {
        let covariance = products - left * right / count
        let spread = (leftSquares - left * left / count) * (rightSquares - right * right / count)
        // Rounding leaves a spread of about 1e-16 of the squares where there is none.
        guard spread > 1e-12 * leftSquares * rightSquares else { return 0 }
        return max(-1, min(1, covariance / spread.squareRoot()))
    }
}

extension NeighbourhoodModel: RatingPredictor {
    /// Rows are grouped so that each user's (or item's) similarities are computed once.
    public func predictions(for ratings: Ratings, threads: Int) -> [Float?] {
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
