import SwiftwaterCore

/// Why a model gives an item a score for someone: what each of the ratings behind it adds.
public struct Explanation: Sendable, Equatable {
    public struct Contribution: Sendable, Equatable {
        /// The item that was rated.
        public let item: Int
        public let rating: Float
        /// What the rating adds to the score; negative where it speaks against.
        public let share: Float
    }

    /// What the score would be without the ratings' factors: mean and biases, 0 in a model without.
    public let base: Float
    /// Largest share first, of equal ones the lower index.
    public let contributions: [Contribution]
    /// The base and all shares.
    public var score: Float { base + contributions.reduce(0) { $0 + $1.share } }
}

extension MatrixFactorizationModel {
    /// "Because you liked": divides an item's score among the ratings that the user's factors come from (Hu, Koren and Volinsky, 2008,
    /// section 5). With the items' factors as they are, the user's are a linear function of the ratings, p = A^-1 sum r_j q_j, so the
    /// score q_i p is the sum of r_j q_j A^-1 q_i, exactly: that of `foldIn` with these ratings.
    ///
    /// O(ratings x rank^2 + rank^3), in double precision; implicit models add O(items x rank^2).
    ///
    /// - Parameter ratings: item indexes and ratings; the user's training history unless given. Unknown items are passed over.
    /// - Throws: `invalidArgument` for an unknown item, for a user without ratings, and for a non-negative model, whose factors are no linear
    ///   function of the ratings; `numerical` where the user's system is singular.
    public func explain(item: Int, forUser user: Int) throws -> Explanation {
        let range = user < userIDs.count ? history.range(of: user) : 0..<0
        return try explain(item: item, from: range.map { (Int(history.columns[$0]), history.values[$0]) })
    }

    /// As above, for someone with these ratings.
    public func explain(item: Int, from ratings: [(item: Int, rating: Float)]) throws -> Explanation {
        let known = ratings.filter { knows(item: $0.item) }
        guard knows(item: item), !known.isEmpty else {
            throw SwiftwaterError(
                .invalidArgument,
                knows(item: item) ? "there are no ratings to explain by" : "the model does not know the item",
                remedy: "ask for an item and a user of the training data")
        }
        guard settings.solver != .nonNegative else {
            throw SwiftwaterError(
                .invalidArgument, "scores of a non-negative model cannot be divided among ratings",
                remedy: "train with another solver")
        }
        let wanted = row(of: item)
        var system = explanationSystem(known)
        guard let direction = system.solve(wanted) else {
            throw SwiftwaterError(
                .numerical, "the user's system is singular", remedy: "train with a regularization above 0")
        }
        let bias = biases.map { biases in
            biases.damped(known.map { $0.rating - biases.mean - biases.items[$0.item] })
        }
        let contributions = known.map { rated in
            let target: Double
            if settings.isImplicit {
                target = rated.rating > 0 ? 1 + settings.alpha * Double(rated.rating) : 0
            } else {
                target = Double(biases.map { rated.rating - $0.mean - bias! - $0.items[rated.item] } ?? rated.rating)
            }
            let weight = zip(row(of: rated.item), direction).reduce(0.0) { $0 + $1.0 * $1.1 }
            return Explanation.Contribution(item: rated.item, rating: rated.rating, share: Float(target * weight))
        }
        return Explanation(
            base: biases.map { $0.mean + bias! + $0.items[item] } ?? 0,
            contributions: contributions.sorted { $0.share != $1.share ? $0.share > $1.share : $0.item < $1.item })
    }

    private func row(of item: Int) -> [Double] {
        itemFactors[item * rank..<(item + 1) * rank].map(Double.init)
    }

    private func explanationSystem(_ ratings: [(item: Int, rating: Float)]) -> DenseSystem {
        var system = DenseSystem(size: rank)
        if settings.isImplicit { for other in 0..<itemIDs.count { system.add(row(of: other), weight: 1) } }
        for rated in ratings {
            system.add(
                row(of: rated.item), weight: settings.isImplicit ? settings.alpha * Double(abs(rated.rating)) : 1)
        }
        let count = settings.isImplicit ? ratings.count { $0.rating > 0 } : ratings.count
        system.addDiagonal(settings.regularization * Double(count))
        return system
    }
}

/// A symmetric positive definite system in double precision, for what is asked once in a while.
struct DenseSystem {
    private let size: Int
    /// The lower triangle, by rows.
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

    /// The solution for this right side, by Cholesky's factorisation in place; nil where the matrix is not positive definite.
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
