import ArgumentParser
import Swiftwater

/// Options for training.
struct ALSOptions: ParsableArguments {
    @Option(help: "Number of latent factors.") var rank = 10
    @Option(help: "Lambda, scaled by ratings per row.") var regularization = 0.1
    @Option(help: "Seed for the split and the factors.") var seed: UInt64 = 42
    @Option(help: "Threads; no effect on the model. Default: all cores.") var threads: Int?
    @Option(help: "Solver: exact, for large ranks, or non-negative.") var solver = SolverArgument.cholesky
    @Flag(help: "Model the mean and biases; factors fit the residuals.") var biases = false
    @Flag(help: "Treat ratings as counts or strengths of interest.") var implicit = false
    @Option(help: "With --implicit, confidence is 1 + alpha |rating|.") var alpha = 1.0

    func validate() throws {
        guard rank >= 1 else { throw ValidationError("--rank takes 1 or more, not \(rank).") }
        if let threads, threads < 1 { throw ValidationError("--threads takes 1 or more, not \(threads).") }
    }

    /// Says what has no effect, or little.
    func remark(on ratings: Ratings, _ console: Console) {
        if alpha != 1, !implicit { console.remark("--alpha has no effect without --implicit") }
        let rows = max(ratings.userIDs.count, 1)
        if ratings.count / 10 < rank, ratings.count < 1000 {
            console.remark(
                "\(Format.count(ratings.count)) ratings of \(Format.count(rows)) users are few for \(rank) factors: "
                    + "predictions will be poor")
        }
    }

    var resources: TrainingResources { TrainingResources(threads: threads) }

    func settings(iterations: Int) -> ALSSettings {
        ALSSettings(
            rank: rank, maxIterations: iterations, regularization: regularization, isImplicit: implicit, alpha: alpha,
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
