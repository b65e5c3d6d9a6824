import CSwiftwaterKernels
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
    /// The iterations end early once one of them changes the items' factors by less than this part of their length; 0 for never.
    public var tolerance = 0.0
    public var seed: UInt64 = 42
    /// Threads; results do not depend on it.
    public var threads = WorkerPool.coreCount
    /// What the training may take, in bytes, beside the ratings; what the machine has to give unless set.
    public var memoryMaxBytes: Int?
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

    /// About what training takes beside the ratings themselves: the index both ways and the factors.
    func memoryEstimateBytes(ratings: Int, users: Int, items: Int) -> Int {
        let index = ratings * 16 + (users + items) * (8 + 4 * 8)
        let biased = hasBiases ? ratings * 8 : 0
        return index + biased + (users + items) * rank * 4 * (tolerance > 0 ? 2 : 1)
            + threads * sw_als_scratch_floats(rank) * 4
    }

    /// - Throws: `limitExceeded` where training would not fit into memory, with the estimate.
    func checkMemory(_ ratings: Ratings) throws {
        let needed = memoryEstimateBytes(
            ratings: ratings.count, users: ratings.userIDs.count, items: ratings.itemIDs.count)
        guard let limit = memoryMaxBytes ?? availableMemoryBytes(), needed > limit else { return }
        func megabytes(_ bytes: Int) -> Int { (bytes + 999_999) / 1_000_000 }
        throw SwiftwaterError(
            .limitExceeded,
            "training rank \(rank) on \(ratings.count) ratings of \(ratings.userIDs.count) users and \(ratings.itemIDs.count) items takes about \(megabytes(needed)) MB, and there are \(megabytes(limit)) MB",
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
            "use 0 or more, 0.1 to begin with")
        try check(alpha >= 0 && alpha.isFinite, "an alpha of \(alpha)", "use 0 or more")
        try check(!(hasBiases && isImplicit), "biases with implicit feedback", "use one of the two")
        try check(
            !(hasBiases && solver == .nonNegative), "biases with non-negative factors",
            "use one of the two: what biases leave over has both signs")
        try check(
            tolerance >= 0 && tolerance < 1, "a tolerance of \(tolerance)", "use 0 or more, below 1, such as 0.001")
        try check((1...1024).contains(threads), "\(threads) threads", "use 1 to 1024")
    }
}

/// Which of the kernels' forms runs.
public enum InstructionSet: Int32, Sendable, CaseIterable {
    case portable = 0
    case avx2 = 1
    case avx512 = 2
}
