import SwiftwaterCore

/// A grid search over ranks, regularizations and numbers of iterations.
///
/// Every combination of rank and regularization is evaluated after each requested number of iterations, on one
/// validation set or on the mean of several folds. A combination takes one fit per fold, for any list of iterations.
public struct GridSearch: Sendable {
    /// One combination and its scores.
    public struct Result: Sendable, Equatable {
        /// The settings that were tried, with the best number of iterations.
        public let settings: ALSSettings
        /// The mean learning curve over the folds.
        public let curve: LearningCurve
        /// The learning curve of each fold.
        public let foldCurves: [LearningCurve]
        /// The RMSE of each fold after the best number of iterations.
        public let folds: [Double]

        /// The mean RMSE over the folds.
        public var rmse: Double { folds.reduce(0, +) / Double(folds.count) }
        /// The standard deviation of the RMSE over the folds; 0 for a single fold.
        public var deviation: Double {
            guard folds.count > 1 else { return 0 }
            let mean = rmse
            return (folds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(folds.count - 1)).squareRoot()
        }
    }

    /// The settings that all combinations share.
    public var settings: ALSSettings
    /// What the whole search may use of the machine.
    public var resources: TrainingResources
    /// The ranks to try.
    public var ranks: [Int]
    /// The regularizations to try.
    public var regularizations: [Double]
    /// The numbers of iterations after which to evaluate.
    public var iterations: [Int]

    /// Creates a search over every combination of these values.
    public init(
        _ settings: ALSSettings, resources: TrainingResources = TrainingResources(), ranks: [Int],
        regularizations: [Double], iterations: [Int]
    ) {
        self.settings = settings
        self.resources = resources
        self.ranks = ranks
        self.regularizations = regularizations
        self.iterations = iterations
    }

    private struct Job: Sendable {
        let candidate: Int
        let fold: Int
        let settings: ALSSettings
    }

    /// Fits and evaluates all combinations.
    ///
    /// Runs as many fits at a time as threads and memory allow, each on one thread, or one at a time on all threads.
    /// The results do not depend on which.
    ///
    /// - Parameter onFit: called after each fit, one call at a time and in no particular order, with the number of fits
    ///   done and the number of all fits.
    /// - Parameter cancellation: stops the fits.
    /// - Parameter folds: the parts to train on, and those to measure on.
    /// - Returns: the results, best first; ties keep the order in which they were named.
    /// - Throws: `invalidArgument` if there is nothing to try; errors of the fits.
    public func run(
        _ folds: [(train: Ratings, validation: Ratings)], cancellation: Cancellation? = nil,
        onFit: (@Sendable (_ done: Int, _ all: Int) -> Void)? = nil
    ) throws -> [Result] {
        guard !ranks.isEmpty, !regularizations.isEmpty, !folds.isEmpty, iterations.allSatisfy({ $0 >= 1 }),
            !iterations.isEmpty
        else {
            throw SwiftwaterError(
                .invalidArgument,
                "nothing to try: \(ranks.count) ranks, \(regularizations.count) regularizations, "
                    + "iterations \(iterations), \(folds.count) folds",
                remedy: "give at least one of each")
        }
        var candidates: [ALSSettings] = []
        for rank in ranks {
            for regularization in regularizations {
                var candidate = settings
                (candidate.rank, candidate.regularization) = (rank, regularization)
                try candidate.validate()
                candidates.append(candidate)
            }
        }
        let curves = try fitAll(candidates, folds, cancellation, onFit)
        return candidates.indices.map { Self.result(candidates[$0], curves[$0]) }
            .enumerated().sorted { $0.1.rmse != $1.1.rmse ? $0.1.rmse < $1.1.rmse : $0.0 < $1.0 }.map(\.1)
    }

    /// Returns the curve of each fold, for each candidate.
    private func fitAll(
        _ candidates: [ALSSettings], _ folds: [(train: Ratings, validation: Ratings)],
        _ cancellation: Cancellation?, _ onFit: (@Sendable (Int, Int) -> Void)?
    ) throws -> [[LearningCurve]] {
        let atOnce = concurrentFits(candidates, folds)
        let jobs = candidates.indices.flatMap { candidate in
            folds.indices.map { fold in
                Job(candidate: candidate, fold: fold, settings: candidates[candidate])
            }
        }
        var each = resources
        if atOnce > 1 { each.threads = 1 }
        let (iterations, done, resources) = (iterations, Monitor(0), each)
        var curves = [LearningCurve?](repeating: nil, count: jobs.count)
        try curves.withUnsafeMutableBufferPointer { output in
            let output = UncheckedSendable(output)
            try WorkerPool(threads: atOnce).run(count: jobs.count) { index in
                let (job, fold) = (jobs[index], folds[jobs[index].fold])
                output.value[index] = try LearningCurve.fit(
                    job.settings, resources: resources, iterations: iterations, train: fold.train,
                    validation: fold.validation,
                    cancellation: cancellation
                ).curve
                done.update { done in
                    done += 1
                    onFit?(done, jobs.count)
                }
            }
        }
        return candidates.indices.map { candidate in
            folds.indices.map { curves[candidate * folds.count + $0]! }
        }
    }

    /// Returns the number of fits that threads and memory allow at once.
    ///
    /// At least one, since `ALS.fit` reports a lack of memory itself.
    private func concurrentFits(
        _ candidates: [ALSSettings], _ folds: [(train: Ratings, validation: Ratings)]
    ) -> Int {
        let largest =
            candidates.flatMap { candidate in
                folds.map { fold in
                    candidate.memoryEstimateBytes(
                        ratings: fold.train.count, users: fold.train.userIDs.count, items: fold.train.itemIDs.count,
                        threads: resources.threads)
                }
            }.max() ?? 1
        let memory = resources.memoryBytes ?? Int.max
        return max(1, min(resources.threads, candidates.count * folds.count, memory / max(1, largest)))
    }

    private static func result(_ candidate: ALSSettings, _ folds: [LearningCurve]) -> Result {
        let points = folds[0].points.indices.map { index in
            LearningCurve.Point(
                iterations: folds[0].points[index].iterations,
                rmse: folds.reduce(0) { $0 + $1.points[index].rmse } / Double(folds.count))
        }
        let curve = LearningCurve(points: points)
        let best = points.indices.min { points[$0].rmse < points[$1].rmse }!
        var settings = candidate
        settings.maxIterations = points[best].iterations
        return Result(settings: settings, curve: curve, foldCurves: folds, folds: folds.map { $0.points[best].rmse })
    }
}
