import CSwiftwaterKernels
import SwiftwaterCore

/// Settings of alternating least squares, with the usual names and Spark's defaults.
public struct ALSSettings: Sendable, Equatable {
    /// The number of latent factors. 1 to 512.
    public var rank: Int
    /// The maximum number of iterations.
    public var maxIterations: Int
    /// Lambda. Each row's penalty is lambda times its number of ratings (ALS-WR: Zhou et al., 2008).
    public var regularization: Double
    /// Whether ratings are counts or strengths of interest, not opinions (Hu, Koren and Volinsky, 2008).
    public var isImplicit: Bool
    /// The confidence weight for implicit feedback: confidence is 1 + alpha |r|.
    public var alpha: Double
    /// How each row's system is solved.
    public var solver: Solver
    /// Whether the model predicts mean + user's bias + item's bias + the factors' product, with the factors fitted to
    /// the residuals of the biases. Not for implicit feedback.
    public var hasBiases: Bool
    /// Ends the training early once an iteration changes the item factors by less than this fraction of their length; 0
    /// for never.
    public var tolerance: Double
    /// The seed of the initial factors.
    public var seed: UInt64

    /// Creates settings.
    public init(
        rank: Int = 10, maxIterations: Int = 10, regularization: Double = 0.1, isImplicit: Bool = false,
        alpha: Double = 1, solver: Solver = .cholesky, hasBiases: Bool = false, tolerance: Double = 0, seed: UInt64 = 42
    ) {
        (self.rank, self.maxIterations, self.regularization) = (rank, maxIterations, regularization)
        (self.isImplicit, self.alpha, self.solver, self.hasBiases) = (isImplicit, alpha, solver, hasBiases)
        (self.tolerance, self.seed) = (tolerance, seed)
    }

    /// How each row's system is solved.
    public enum Solver: Int32, Sendable, CaseIterable {
        /// Exactly: O(rank^2) per rating and O(rank^3) per row.
        case cholesky = 0
        /// Three steps of conjugate gradient from the last iteration's solution: O(rank) per rating. For large ranks.
        case conjugateGradient = 1
        /// The best non-negative factors, so that each can be read as an amount of something.
        case nonNegative = 2
    }

    /// Estimates the memory of training, not counting the ratings themselves: the index in both directions and the
    /// factors.
    func memoryEstimateBytes(ratings: Int, users: Int, items: Int, threads: Int) -> Int {
        let index = ratings * 16 + (users + items) * (8 + 4 * 8)
        let biased = hasBiases ? ratings * 8 : 0
        return index + biased + (users + items) * rank * 4 * (tolerance > 0 ? 2 : 1)
            + threads * sw_als_scratch_floats(rank) * 4
    }

    /// Checks that training fits in memory.
    ///
    /// - Throws: `limitExceeded`, with the estimate, if it does not.
    func checkMemory(_ ratings: Ratings, _ resources: TrainingResources) throws {
        let needed = memoryEstimateBytes(
            ratings: ratings.count, users: ratings.userIDs.count, items: ratings.itemIDs.count,
            threads: resources.threads)
        guard let limit = resources.memoryBytes, needed > limit else { return }
        func megabytes(_ bytes: Int) -> Int { (bytes + 999_999) / 1_000_000 }
        throw SwiftwaterError(
            .limitExceeded,
            "training rank \(rank) on \(ratings.count) ratings of \(ratings.userIDs.count) users and "
                + "\(ratings.itemIDs.count) items takes about \(megabytes(needed)) MB, and only "
                + "\(megabytes(limit)) MB are available",
            remedy: "use a smaller rank or fewer ratings, or a machine with more memory")
    }

    func validate() throws {
        func check(_ isGood: Bool, _ what: String, _ remedy: String) throws {
            if !isGood { throw SwiftwaterError(.invalidArgument, what, remedy: remedy) }
        }
        try check((1...512).contains(rank), "a rank of \(rank)", "use 1 to 512")
        try check(maxIterations >= 1, "\(maxIterations) iterations", "use at least 1")
        try check(
            (0...1e6).contains(regularization), "a regularization of \(regularization)",
            "use 0 to 1000000, such as 0.1")
        try check(alpha >= 0 && alpha.isFinite, "an alpha of \(alpha)", "use 0 or more")
        try check(!(hasBiases && isImplicit), "biases with implicit feedback", "use one of the two")
        try check(
            !(hasBiases && solver == .nonNegative), "biases with non-negative factors",
            "use one of the two: residuals of biases have both signs")
        try check(
            tolerance >= 0 && tolerance < 1, "a tolerance of \(tolerance)", "use 0 or more, below 1, such as 0.001")
    }

    /// What to do about a system of equations without a solution.
    var remedyIfSingular: String {
        regularization > 0 && isImplicit
            ? "the values are too large or too far apart: use their logarithms, or a smaller alpha"
            : regularization > 0
                ? "the ratings are too large or too far apart: scale them" : "use a regularization above 0, such as 0.1"
    }
}
