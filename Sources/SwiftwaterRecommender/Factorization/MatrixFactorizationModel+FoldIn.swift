import CSwiftwaterKernels
import SwiftwaterCore

extension MatrixFactorizationModel {
    /// Returns the vector of a user with this whole history of ratings.
    ///
    /// The factors are the exact solution of the user's system, with the item factors held fixed.
    /// O(ratings x rank^2 + rank^3); implicit models add O(items x rank^2).
    ///
    /// - Parameter ratings: item indexes and ratings, each item once; unknown items are ignored.
    /// - Returns: nil if no item is known.
    /// - Throws: `numerical` if the system is singular (regularization 0).
    public func foldIn(_ ratings: [(itemIndex: Int, rating: Float)]) throws -> UserVector? {
        let known = ratings.filter { knows(itemIndex: $0.itemIndex) }
        guard !known.isEmpty else { return nil }
        let bias = biases.map { biases in
            biases.damped(known.map { $0.rating - biases.mean - biases.items[$0.itemIndex] })
        }
        let targets = known.map { rating in
            biases.map { rating.rating - $0.mean - bias! - $0.items[rating.itemIndex] } ?? rating.rating
        }
        let factors = try solve(known.map(\.itemIndex), targets, itemFactors, "user")
        return UserVector(factors: factors, offset: biases.map { $0.mean + bias! } ?? 0)
    }

    /// Returns the vector of an item with these ratings, given by user index, with the user factors held fixed.
    ///
    /// The counterpart of `foldIn`.
    public func foldInItem(_ ratings: [(userIndex: Int, rating: Float)]) throws -> UserVector? {
        let known = ratings.filter { knows(userIndex: $0.userIndex) }
        guard !known.isEmpty else { return nil }
        // Item biases are computed before user biases.
        let bias = biases.map { biases in biases.damped(known.map { $0.rating - biases.mean }) }
        let targets = known.map { rating in
            biases.map { rating.rating - $0.mean - bias! - $0.users[rating.userIndex] } ?? rating.rating
        }
        let factors = try solve(known.map(\.userIndex), targets, userFactors, "item")
        return UserVector(factors: factors, offset: biases.map { $0.mean + bias! } ?? 0)
    }

    private func solve(_ columns: [Int], _ targets: [Float], _ fixed: NumberColumn<Float>, _ what: String) throws
        -> [Float]
    {
        let shared = settings.isImplicit ? RowSolver.gram(fixed, settings, instructionSet, WorkerPool(threads: 1)) : nil
        var exact = settings
        if exact.solver == .conjugateGradient { exact.solver = .cholesky }
        let solver = RowSolver(settings: exact, instructionSet: instructionSet, shared: shared)
        var solution = [Float](repeating: 0, count: rank)
        let isSolved = columns.map { UInt32($0) }.withUnsafeBufferPointer { columns in
            targets.withUnsafeBufferPointer { values in
                fixed.withUnsafeBufferPointer {
                    solver.solve(columns, values, fixed: $0.baseAddress!, into: &solution)
                }
            }
        }
        guard isSolved else {
            throw SwiftwaterError(
                .numerical, "the \(what)'s system is singular", remedy: "train with a regularization above 0")
        }
        return solution
    }
}
