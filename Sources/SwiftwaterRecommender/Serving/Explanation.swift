import SwiftwaterCore

/// An explanation of an item's score for a user: the contribution of each of the user's ratings.
public struct Explanation: Sendable, Equatable {
    /// The contribution of one rating.
    public struct Contribution: Sendable, Equatable {
        /// The index of the rated item.
        public let itemIndex: Int
        /// The user's rating of the item.
        public let rating: Float
        /// What the rating adds to the score; negative if it lowers the score.
        public let share: Float
    }

    /// The part of the score that does not come from factors: mean and biases, or 0 in a model without biases.
    public let base: Float
    /// The contributions, largest share first; ties go to the lower index.
    public let contributions: [Contribution]
    /// The sum of the base and all shares.
    public var score: Float { base + contributions.reduce(0) { $0 + $1.share } }
}

extension MatrixFactorizationModel {
    /// Divides an item's score among the user's training ratings ("because you liked").
    ///
    /// With the item factors held fixed, the user's factors are a linear function of the ratings, p = A^-1 sum r_j q_j.
    /// So the score q_i p is exactly the sum of r_j q_j A^-1 q_i (Hu, Koren and Volinsky, 2008, section 5). It is the
    /// score of `foldIn` with these ratings.
    ///
    /// O(ratings x rank^2 + rank^3), in double precision; implicit models add O(items x rank^2).
    ///
    /// - Throws: `invalidArgument` for an unknown item, for a user without ratings, and for a non-negative model, whose
    ///   factors are not a linear function of the ratings; `numerical` if the user's system is singular.
    public func explain(itemIndex item: Int, forUserIndex user: Int) throws -> Explanation {
        let range = user < userIDs.count ? history.range(of: user) : 0..<0
        return try explain(itemIndex: item, from: range.map { (Int(history.columns[$0]), history.values[$0]) })
    }

    /// Divides an item's score among these ratings, as `explain(itemIndex:forUserIndex:)` does.
    ///
    /// - Parameter ratings: item indexes and ratings. Unknown items are ignored.
    /// - Parameter item: the item.
    public func explain(itemIndex item: Int, from ratings: [(itemIndex: Int, rating: Float)]) throws -> Explanation {
        let known = ratings.filter { knows(itemIndex: $0.itemIndex) }
        guard knows(itemIndex: item), !known.isEmpty else {
            throw SwiftwaterError(
                .invalidArgument,
                knows(itemIndex: item)
                    ? "no known ratings to explain the score with" : "the model does not know the item",
                remedy: "ask for an item and a user of the training data")
        }
        guard settings.solver != .nonNegative else {
            throw SwiftwaterError(
                .invalidArgument, "scores of a non-negative model cannot be explained by ratings",
                remedy: "train with another solver")
        }
        let wanted = row(of: item)
        var system = explanationSystem(known)
        guard let direction = system.solve(wanted) else {
            throw SwiftwaterError(
                .numerical, "the user's system is singular", remedy: "train with a regularization above 0")
        }
        let bias = biases.map { biases in
            biases.damped(known.map { $0.rating - biases.mean - biases.items[$0.itemIndex] })
        }
        let contributions = known.map { rated in
            let target: Double
            if settings.isImplicit {
                target = rated.rating > 0 ? 1 + settings.alpha * Double(rated.rating) : 0
            } else {
                target = Double(
                    biases.map { rated.rating - $0.mean - bias! - $0.items[rated.itemIndex] } ?? rated.rating)
            }
            let weight = zip(row(of: rated.itemIndex), direction).reduce(0.0) { $0 + $1.0 * $1.1 }
            return Explanation.Contribution(
                itemIndex: rated.itemIndex, rating: rated.rating, share: Float(target * weight))
        }
        return Explanation(
            base: biases.map { $0.mean + bias! + $0.items[item] } ?? 0,
            contributions: contributions.sorted {
                $0.share != $1.share ? $0.share > $1.share : $0.itemIndex < $1.itemIndex
            })
    }

    private func row(of item: Int) -> [Double] {
        itemFactors[item * rank..<(item + 1) * rank].map(Double.init)
    }

    private func explanationSystem(_ ratings: [(itemIndex: Int, rating: Float)]) -> DenseSystem {
        var system = DenseSystem(size: rank)
        if settings.isImplicit { for other in 0..<itemIDs.count { system.add(row(of: other), weight: 1) } }
        for rated in ratings {
            system.add(
                row(of: rated.itemIndex), weight: settings.isImplicit ? settings.alpha * Double(abs(rated.rating)) : 1)
        }
        let count = settings.isImplicit ? ratings.count { $0.rating > 0 } : ratings.count
        system.addDiagonal(settings.regularization * Double(count))
        return system
    }
}

/// A symmetric positive definite system in double precision, for rare use.
struct DenseSystem {
    private let size: Int
    /// The lower triangle, row by row.
    private var a: [Double]

    init(size: Int) {
        self.size = size
        a = [Double](repeating: 0, count: size * size)
    }

    /// Adds weight q q^T.
    mutating func add(_ q: [Double], weight: Double) {
        for r in 0..<size { for c in 0...r { a[r * size + c] += weight * q[r] * q[c] } }
    }

    mutating func addDiagonal(_ value: Double) { for r in 0..<size { a[r * size + r] += value } }

    /// Returns the solution for a right-hand side, by Cholesky factorization in place; nil if the matrix is not
    /// positive definite.
    mutating func solve(_ b: [Double]) -> [Double]? {
        for j in 0..<size {
            var pivot = a[j * size + j]
            for k in 0..<j { pivot -= a[j * size + k] * a[j * size + k] }
            guard pivot > 0, pivot.isFinite else { return nil }
            a[j * size + j] = pivot.squareRoot()
            for i in j + 1..<max(j + 1, size) {
                var sum = a[i * size + j]
                for k in 0..<j { sum -= a[i * size + k] * a[j * size + k] }
                a[i * size + j] = sum / a[j * size + j]
            }
        }
        var x = b
        for i in 0..<size {
            for k in 0..<i { x[i] -= a[i * size + k] * x[k] }
            x[i] /= a[i * size + i]
        }
        for i in (0..<size).reversed() {
            for k in i + 1..<max(i + 1, size) { x[i] -= a[k * size + i] * x[k] }
            x[i] /= a[i * size + i]
        }
        return x
    }
}
