import SwiftwaterCore

/// Matrix factorisation by stochastic gradient descent, as textbooks write it: for each rating in random order, with error
/// e = r - p.q,
///
///     p += rate (e q - lambda p)
///     q += rate (e p - lambda q)        with the p from before
///
/// One thread, since each step reads what the last wrote. A comparison for ALS, which is faster here and needs no rate.
/// O(ratings x rank) an epoch.
public struct StochasticGradientDescent: Sendable {
    public struct Settings: Sendable, Equatable {
        public var rank = 10
        public var epochs = 20
        public var learningRate = 0.01
        public var regularization = 0.05
        public var seed: UInt64 = 42

        public init() {}
    }

    public var settings: Settings

    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Fits a model.
    ///
    /// - Throws: `invalidArgument` for settings that cannot work or no ratings; `numerical` where the factors grow without
    ///   bound.
    public func fit(_ ratings: Ratings) throws -> MatrixFactorizationModel {
        guard (1...512).contains(settings.rank), settings.epochs >= 1, settings.learningRate > 0,
            settings.regularization >= 0,
            ratings.count > 0
        else {
            throw SwiftwaterError(
                .invalidArgument,
                "rank \(settings.rank), \(settings.epochs) epochs, rate \(settings.learningRate) on \(ratings.count) ratings",
                remedy: "use a rank of 1 to 512, at least one epoch, a rate above 0, and some ratings")
        }
        var als = ALSSettings()
        (als.rank, als.maxIterations, als.seed) = (settings.rank, settings.epochs, settings.seed)
        als.regularization = settings.regularization
        var model = MatrixFactorizationModel(ratings: ratings, matrix: RatingMatrix(ratings), settings: als)
        var random = SeededRandom(seed: settings.seed, stream: 3)
        // A product of the factors near the mean to begin with.
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
                    .numerical, "the factors grew without bound in epoch \(epoch)",
                    remedy: "use a smaller learning rate")
            }
        }
        (model.userFactors, model.itemFactors) = (NumberColumn(users), NumberColumn(items))
        return model
    }

    /// One epoch; the sum of squared errors before each step.
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
