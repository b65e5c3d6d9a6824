import ArgumentParser
import Swiftwater

/// Options for training.
struct ALSOptions: ParsableArguments {
    @Option(name: .customLong("rank"), help: "Number of latent factors. (default: 10)") var givenRank: Int?
    @Option(name: .customLong("regularization"), help: "Lambda, scaled by ratings per row. (default: 0.1)")
    var givenRegularization: Double?
    @Option(help: "Seed for the split and the factors.") var seed: UInt64 = 42
    @Option(help: "Threads; no effect on the model. Default: all cores.") var threads: Int?
    @Option(help: "Solver: exact, for large ranks, or non-negative.") var solver = SolverArgument.cholesky
    @Flag(help: "Model the mean and biases; factors fit the residuals.") var biases = false
    @Flag(help: "Treat ratings as counts or strengths of interest.") var implicit = false
    @Option(help: "With --implicit, confidence is 1 + alpha |rating|. (default: 1)") var alpha: Double?

    func validate() throws {
        guard rank >= 1 else { throw ValidationError("--rank takes 1 or more, not \(rank).") }
        try RequiredOption.check("--implicit", isThere: implicit, for: ["--alpha": alpha != nil])
        if rank > 512 { throw ValidationError("--rank takes 1 to 512, not \(rank).") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads takes 1 to 1024, not \(threads).")
        }
        if !(0...1e6).contains(regularization) {
            throw ValidationError("--regularization takes 0 to 1000000, such as 0.1, not \(regularization).")
        }
        if let alpha, alpha < 0 || !alpha.isFinite { throw ValidationError("--alpha takes 0 or more, not \(alpha).") }
        if biases, implicit { throw ValidationError("--biases does not go with --implicit; use one of the two.") }
        if biases, solver == .nonNegative {
            throw ValidationError("--biases does not go with --solver non-negative: residuals have both signs.")
        }
    }

    var rank: Int { givenRank ?? 10 }
    var regularization: Double { givenRegularization ?? 0.1 }

    /// Says what has little effect.
    func remark(on ratings: Ratings, _ console: Console) {
        let rows = max(ratings.userIDs.count, 1)
        if ratings.count / 10 < rank, ratings.count < 1000 {
            console.remark(
                "\(Format.count(ratings.count, "rating")) of \(Format.count(rows)) users are few for \(rank) factors: "
                    + "predictions will be poor")
        }
    }

    var resources: TrainingResources { TrainingResources(threads: threads) }

    func settings(iterations: Int) -> ALSSettings {
        ALSSettings(
            rank: rank, maxIterations: iterations, regularization: regularization, isImplicit: implicit,
            alpha: alpha ?? 1,
            solver: solver.solver, hasBiases: biases, seed: seed)
    }
}

enum SolverArgument: String, ExpressibleByArgument, CaseIterable {
    case cholesky
    case conjugateGradient = "conjugate-gradient"
    case nonNegative = "non-negative"

    var solver: ALSSettings.Solver {
        switch self {
        case .cholesky: .cholesky
        case .conjugateGradient: .conjugateGradient
        case .nonNegative: .nonNegative
        }
    }
}
