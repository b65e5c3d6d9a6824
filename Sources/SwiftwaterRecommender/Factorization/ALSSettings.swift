import SwiftwaterCore

/// Settings of alternating least squares, with the field's names and Spark's defaults.
public struct ALSSettings: Sendable, Equatable {
    /// The number of latent factors. 1 to 512.
    public var rank = 10
    public var maxIterations = 10
    /// Lambda; each row's penalty is lambda times the number of its ratings (ALS-WR: Zhou et al., 2008).
    public var regularization = 0.1
    /// Ratings are counts or strengths of interest, not opinions (Hu, Koren and Volinsky, 2008).
    public var isImplicit = false
    /// For implicit feedback: confidence is 1 + alpha |r|.
    public var alpha = 1.0
    /// How each row's system is solved.
    public var solver = Solver.cholesky
    /// Predicts mean + user's bias + item's bias + the factors' product; the factors are fitted to what the biases leave.
    /// Not for implicit feedback.
    public var hasBiases = false
    public var seed: UInt64 = 42
    /// Threads; results do not depend on it.
    public var threads = WorkerPool.coreCount
    /// The kernels to use; the best of this processor unless forced. Results differ in the last digits between them.
    public var instructionSet = InstructionSet.best

    public init() {}

    /// How each row's system is solved.
    public enum Solver: Int32, Sendable, CaseIterable {
        /// Exactly: O(rank^2) a rating and O(rank^3) a row.
        case cholesky = 0
        /// Three steps of conjugate gradient from the last iteration's solution: O(rank) a rating. For large ranks.
        case conjugateGradient = 1
        /// The best factors without negative numbers, so that each can be read as "has so much of this".
        case nonNegative = 2
    }

    func validate() throws {
        func check(_ isGood: Bool, _ what: String, _ remedy: String) throws {
            if !isGood { throw SwiftwaterError(.invalidArgument, what, remedy: remedy) }
        }
        try check((1...512).contains(rank), "a rank of \(rank)", "use 1 to 512")
        try check(maxIterations >= 1, "\(maxIterations) iterations", "use at least 1")
        try check(
            (0...1e6).contains(regularization), "a regularization of \(regularization)",
            "use 0 or more, 0.1 to begin with")
        try check(alpha >= 0 && alpha.isFinite, "an alpha of \(alpha)", "use 0 or more")
        try check(!(hasBiases && isImplicit), "biases with implicit feedback", "use one of the two")
        try check(
            !(hasBiases && solver == .nonNegative), "biases with non-negative factors",
            "use one of the two: what biases leave over has both signs")
        try check((1...1024).contains(threads), "\(threads) threads", "use 1 to 1024")
    }
}

/// Which of the kernels' forms runs.
public enum InstructionSet: Int32, Sendable, CaseIterable {
    case portable = 0
    case avx2 = 1
    case avx512 = 2
}
