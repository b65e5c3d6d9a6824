import SwiftwaterCore

/// Matrix factorization by stochastic gradient descent, as in textbooks.
///
/// For each rating in random order, with error e = r - p.q:
///
///     p += rate (e q - lambda p)
///     q += rate (e p - lambda q)        with the previous p
///
/// Runs on one thread, since each step reads what the last one wrote. A baseline for ALS, which is faster here and
/// needs no learning rate. O(ratings x rank) per epoch.
public struct StochasticGradientDescent: Sendable {
    /// Settings of stochastic gradient descent.
    public struct Settings: Sendable, Equatable {
        /// The number of latent factors, 1 to 512.
        public var rank: Int
        /// The number of passes over the ratings.
        public var epochs: Int
        /// The step size.
        public var learningRate: Double
        /// Lambda, the penalty on the factors.
        public var regularization: Double
        /// The seed of the initial factors and the order of the ratings.
        public var seed: UInt64

        /// Creates settings.
        public init(
            rank: Int = 10, epochs: Int = 20, learningRate: Double = 0.01, regularization: Double = 0.05,
            seed: UInt64 = 42
        ) {
            (self.rank, self.epochs, self.learningRate) = (rank, epochs, learningRate)
            (self.regularization, self.seed) = (regularization, seed)
        }
    }

    /// The settings of the next fit.
    public var settings: Settings

    /// Creates a trainer.
    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Fits a model.
    ///
    /// - Throws: `invalidArgument` for settings that cannot work or without ratings; `numerical` if the factors
    ///   diverge.
    public func fit(_ ratings: Ratings) throws -> MatrixFactorizationModel {
        guard (1...512).contains(settings.rank), settings.epochs >= 1, settings.learningRate > 0,
            settings.regularization >= 0,
            ratings.count > 0
        else {
            throw SwiftwaterError(
                .invalidArgument,
                "rank \(settings.rank), \(settings.epochs) epochs, rate \(settings.learningRate) on "
                    + "\(ratings.count) ratings",
                remedy: "use a rank of 1 to 512, at least one epoch, a rate above 0, and some ratings")
        }
        // A model says how it was trained in the terms of ALS, which fold-in goes by.
        let als = ALSSettings(
            rank: settings.rank, maxIterations: settings.epochs, regularization: settings.regularization,
            seed: settings.seed)
        var model = MatrixFactorizationModel(
            ratings: ratings, matrix: RatingMatrix(ratings), settings: als, instructionSet: .best)
        var random = SeededRandom(seed: settings.seed, stream: 3)
        // Initial products of the factors are near the mean.
        let start = (max(abs(ratings.mean), 1e-6) / Double(settings.rank)).squareRoot()
        func factors(_ rows: Int) -> [Float] {
            (0..<rows * settings.rank).map { _ in Float(start * (1 + 0.1 * random.normal())) }
        }
        var users = factors(ratings.userIDs.count)
        var items = factors(ratings.itemIDs.count)
        var order = Array(0..<ratings.count)
        for epoch in 1...settings.epochs {
            order.shuffle(using: &random)
            let error = step(&users, &items, ratings, order)
            guard error.isFinite else {
                throw SwiftwaterError(
                    .numerical, "the factors diverged in epoch \(epoch)",
                    remedy: "use a smaller learning rate")
            }
        }
        (model.userFactors, model.itemFactors) = (NumberColumn(users), NumberColumn(items))
        return model
    }

    /// Runs one epoch and returns the sum of the squared errors before each step.
    private func step(
        _ userFactors: inout [Float], _ itemFactors: inout [Float], _ ratings: Ratings, _ order: [Int]
    ) -> Float {
        let (rank, rate, lambda) = (settings.rank, Float(settings.learningRate), Float(settings.regularization))
        return userFactors.withUnsafeMutableBufferPointer { users in
            itemFactors.withUnsafeMutableBufferPointer { items in
                var total: Float = 0
                for row in order {
                    let p = users.baseAddress! + Int(ratings.users[row]) * rank
                    let q = items.baseAddress! + Int(ratings.items[row]) * rank
                    var error = ratings.values[row]
                    for factor in 0..<rank { error -= p[factor] * q[factor] }
                    total += error * error
                    for factor in 0..<rank {
                        let before = p[factor]
                        p[factor] += rate * (error * q[factor] - lambda * before)
                        q[factor] += rate * (error * before - lambda * q[factor])
                    }
                }
                return total
            }
        }
    }
}
