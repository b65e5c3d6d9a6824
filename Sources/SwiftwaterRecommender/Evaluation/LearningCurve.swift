import SwiftwaterCore

/// RMSE against the number of iterations, from one fit.
///
/// The model is evaluated after each requested number of iterations.
public struct LearningCurve: Sendable, Equatable {
    /// One evaluation of the model during training.
    public struct Point: Sendable, Equatable {
        /// The number of iterations before the evaluation.
        public let iterations: Int
        /// The RMSE on the validation ratings.
        public let rmse: Double

        /// Creates a point.
        public init(iterations: Int, rmse: Double) {
            self.iterations = iterations
            self.rmse = rmse
        }
    }

    /// A curve, and the model after the last iteration.
    public struct Fit: Sendable {
        /// The curve.
        public let curve: LearningCurve
        /// The model after the largest number of iterations.
        public let model: MatrixFactorizationModel
    }

    /// The evaluated points.
    public let points: [Point]

    /// Creates a curve from points.
    public init(points: [Point]) { self.points = points }

    /// Fits once, for the largest of `iterations`, and evaluates on `validation` after each of them.
    ///
    /// - Throws: errors of `ALS.fit` and `evaluate`; `invalidArgument` if `iterations` is empty or not positive.
    public static func fit(
        _ settings: ALSSettings, resources: TrainingResources = TrainingResources(), iterations: [Int], train: Ratings,
        validation: Ratings, cancellation: Cancellation? = nil, onPoint: ((Point) -> Void)? = nil
    ) throws -> Fit {
        guard let last = iterations.max(), iterations.allSatisfy({ $0 >= 1 }) else {
            throw SwiftwaterError(
                .invalidArgument, "the numbers of iterations are \(iterations)",
                remedy: "give numbers of at least 1, such as 1,3,5,7")
        }
        var settings = settings
        settings.maxIterations = last
        let wanted = Set(iterations)
        var points: [Point] = []
        let model = try ALS(settings, resources: resources).fit(train, cancellation: cancellation) { progress in
            guard wanted.contains(progress.iteration) else { return }
            let metrics = try progress.model.evaluate(on: validation, threads: resources.threads)
            points.append(Point(iterations: progress.iteration, rmse: metrics.rmse))
            onPoint?(points.last!)
        }
        return Fit(curve: LearningCurve(points: points), model: model)
    }

    /// The point with the lowest RMSE.
    public var best: Point? { points.min { $0.rmse < $1.rmse } }

    /// Returns the point with the fewest iterations whose RMSE is within `tolerance` (0.01 is 1%) of the best.
    public func enough(within tolerance: Double = 0.01) -> Point? {
        guard let best else { return nil }
        return points.filter { $0.rmse <= best.rmse * (1 + tolerance) }.min { $0.iterations < $1.iterations }
    }
}
