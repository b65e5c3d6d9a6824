import SwiftwaterCore

/// Tries settings against each other: every combination of ranks and regularizations, evaluated after each number of iterations that is
/// asked for, on one validation set or on the mean of several folds. A combination takes one fit a fold, however many numbers of
/// iterations.
public struct GridSearch: Sendable {
    /// One combination and how it did.
    public struct Result: Sendable, Equatable {
        /// As tried, with the best number of iterations.
        public let settings: ALSSettings
        /// The mean over the folds.
        public let curve: LearningCurve
        /// That of each fold.
        public let foldCurves: [LearningCurve]
        /// RMSE of each fold after the best number of iterations.
        public let folds: [Double]

        public var rmse: Double { folds.reduce(0, +) / Double(folds.count) }
        /// The standard deviation over the folds; 0 for one.
        public var deviation: Double {
            guard folds.count > 1 else { return 0 }
            let mean = rmse
            return (folds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(folds.count - 1)).squareRoot()
        }
    }

    /// What is the same in all of them; its threads are those of the whole search.
    public var settings: ALSSettings
    public var ranks: [Int]
    public var regularizations: [Double]
    public var iterations: [Int]

    public init(_ settings: ALSSettings, ranks: [Int], regularizations: [Double], iterations: [Int]) {
        self.settings = settings
        self.ranks = ranks
        self.regularizations = regularizations
        self.iterations = iterations
    }

    private struct Job: Sendable {
        let candidate: Int
        let fold: Int
        let settings: ALSSettings
    }

    /// Fits and evaluates all of them, as many at a time, each on one thread, as there are threads and memory for, or one at a time on all
    /// threads; the results do not depend on that.
    ///
    /// - Parameter onFit: called after each fit, in no particular order, with how many of all are done; one call at a time.
    /// - Returns: best first, of equal ones the one that was named first.
    /// - Throws: `invalidArgument` where nothing is to be tried, and what the fits throw.
    public func run(
        _ folds: [(train: Ratings, validation: Ratings)], cancellation: Cancellation? = nil,
        onFit: (@Sendable (_ done: Int, _ all: Int) -> Void)? = nil
    ) throws -> [Result] {
        guard !ranks.isEmpty, !regularizations.isEmpty, !folds.isEmpty, iterations.allSatisfy({ $0 >= 1 }),
            !iterations.isEmpty
        else {
            throw SwiftwaterError(
                .invalidArgument,
                "nothing to try: \(ranks.count) ranks, \(regularizations.count) regularizations, iterations \(iterations), \(folds.count) folds",
                remedy: "give at least one of each")
        }
        var candidates: [ALSSettings] = []
        for rank in ranks {
            for regularization in regularizations {
                var candidate = settings
                (candidate.rank, candidate.regularization) = (rank, regularization)
                candidates.append(candidate)
            }
        }
        let curves = try fitAll(candidates, folds, cancellation, onFit)
        return candidates.indices.map { Self.result(candidates[$0], curves[$0]) }
            .enumerated().sorted { $0.1.rmse != $1.1.rmse ? $0.1.rmse < $1.1.rmse : $0.0 < $1.0 }.map(\.1)
    }

    /// The curve of each fold, for each candidate.
    private func fitAll(
        _ candidates: [ALSSettings], _ folds: [(train: Ratings, validation: Ratings)],
        _ cancellation: Cancellation?, _ onFit: (@Sendable (Int, Int) -> Void)?
    ) throws -> [[LearningCurve]] {
        let atOnce = concurrentFits(candidates, folds)
        let jobs = candidates.indices.flatMap { candidate in
            folds.indices.map { fold in
                var settings = candidates[candidate]
                settings.threads = atOnce == 1 ? self.settings.threads : 1
                return Job(candidate: candidate, fold: fold, settings: settings)
            }
        }
        let (iterations, done) = (iterations, Monitor(0))
        var curves = [LearningCurve?](repeating: nil, count: jobs.count)
        try curves.withUnsafeMutableBufferPointer { output in
            let output = UncheckedSendable(output)
            try WorkerPool(threads: atOnce).run(count: jobs.count) { index in
                let (job, fold) = (jobs[index], folds[jobs[index].fold])
                output.value[index] = try LearningCurve.fit(
                    job.settings, iterations: iterations, train: fold.train, validation: fold.validation,
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

    /// How many fits fit into memory and threads side by side; at least one, which says itself where it does not fit.
    private func concurrentFits(
        _ candidates: [ALSSettings], _ folds: [(train: Ratings, validation: Ratings)]
    ) -> Int {
        let largest =
            candidates.flatMap { candidate in
                folds.map { fold in
                    candidate.memoryEstimateBytes(
                        ratings: fold.train.count, users: fold.train.userIDs.count, items: fold.train.itemIDs.count)
                }
            }.max() ?? 1
        let memory = settings.memoryMaxBytes ?? availableMemoryBytes() ?? Int.max
        return max(1, min(settings.threads, candidates.count * folds.count, memory / max(1, largest)))
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
