import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterRecommender
import SwiftwaterStorage

extension LiveRecommender {
    /// Whether a training is running, and the result of the last one.
    public var trainingState: TrainingState { training.read { $0 } }

    /// Trains on all ratings, including those since the last training, and then serves the new model.
    ///
    /// Answers are not delayed, neither during the training nor while the models are exchanged. Takes seconds for ten
    /// million ratings. A fit on nine tenths of the ratings gives the learning curve; a second fit on all of them gives
    /// the model.
    ///
    /// - Parameter threads: the number of threads; by default, all cores but one.
    /// - Throws: `invalidState` if a training is running, or if `replace` installed another model in the meantime,
    ///   which stays; the errors of `ALS.fit`, after which the current model stays.
    @discardableResult
    public func retrain(threads: Int? = nil) async throws -> TrainingReport {
        try await SystemThread.run(named: "swiftwater-training") { try self.retrainBlocking(threads: threads) }
    }

    /// Does what `retrain(threads:)` does, but blocks the thread.
    @discardableResult
    public func retrainBlocking(threads: Int? = nil) throws -> TrainingReport {
        guard let claim = claimTraining() else {
            throw SwiftwaterError(.invalidState, "a training is already running", remedy: "wait until it is done")
        }
        return try train(threads, claim)
    }

    /// Starts a training, as `retrain(threads:)` does, on another thread.
    ///
    /// - Parameter whenDone: called on that thread when the training has ended.
    /// - Returns: false if a training is running. When it returns true, `trainingState.isRunning` is true.
    package func beginRetraining(
        threads: Int? = nil,
        whenDone: @escaping @Sendable (Result<TrainingReport, any Error>) -> Void
    ) -> Bool {
        guard let claim = claimTraining() else { return false }
        SystemThread.start(named: "swiftwater-training") { [self] in whenDone(Result { try train(threads, claim) }) }
        return true
    }

    /// The right to run a training; there is at most one at a time.
    private struct TrainingClaim: Sendable {
        /// The value of `replacements` when the training started.
        let replacements: Int
    }

    /// Returns nil if a training is running.
    private func claimTraining() -> TrainingClaim? {
        let replacements = self.replacements.read { $0 }
        return training.update { state in
            guard !state.isRunning else { return nil }
            state.isRunning = true
            return TrainingClaim(replacements: replacements)
        }
    }

    private func train(_ threads: Int?, _ claim: TrainingClaim) throws -> TrainingReport {
        do {
            let report = try fit(threads, claim)
            training.update { ($0.isRunning, $0.last, $0.lastFailure) = (false, report, nil) }
            return report
        } catch {
            training.update { ($0.isRunning, $0.lastFailure) = (false, "\(error)") }
            throw error
        }
    }

    private func fit(_ threads: Int?, _ claim: TrainingClaim) throws -> TrainingReport {
        let started = settings.clock.elapsed()
        let known = writer.ratings
        var newer: [(user: String, item: String, rating: Float, timestamp: Int64)] = []
        for user in known.sortedUsers {
            for (item, rating) in known.ratings(of: user) {
                newer.append((String(user), String(item), rating.rating, rating.time / 1000))
            }
        }
        let ratings = model.trainingRatings(
            without: { known.forgotten.contains(ForgottenUser(Text($0))) }, adding: newer)
        var als = model.settings
        let resources = TrainingResources(threads: threads ?? max(1, WorkerPool.coreCount - 1))
        als.maxIterations = max(als.maxIterations, 1)
        let parts = try ratings.split(weights: [90, 10], seed: als.seed)
        var curve: [LearningCurve.Point] = []
        if parts.count == 2, parts[1].count > 0, parts[0].count > 0 {
            curve = try LearningCurve.fit(
                als, resources: resources, iterations: Array(1...als.maxIterations), train: parts[0],
                validation: parts[1]
            ).curve.points
        }
        let model = try ALS(als, resources: resources).fit(ratings)
        try installing {
            guard replacements.read({ $0 }) == claim.replacements else {
                throw SwiftwaterError(
                    .invalidState, "another model was installed during the training and stays",
                    remedy: "retrain from the new model")
            }
            try install(model)
        }
        let spent = settings.clock.elapsed() - started
        let report = TrainingReport(
            ended: settings.clock.now().milliseconds, milliseconds: spent.wholeMilliseconds, ratings: ratings.count,
            users: model.userIDs.count,
            items: model.itemIDs.count, curve: curve)
        if let directory { try report.write(directory, settings.files) }
        return report
    }

    /// Replaces the current model with one trained elsewhere. The ratings in the log still count.
    ///
    /// - Throws: `io` if the model cannot be written to the directory; the current model stays.
    public func replace(model: MatrixFactorizationModel) async throws {
        try await SystemThread.run(named: "swiftwater-replace") { try self.replaceBlocking(model: model) }
    }

    /// Does what `replace(model:)` does, but blocks the thread.
    public func replaceBlocking(model: MatrixFactorizationModel) throws {
        try installing {
            try install(model)
            replacements.update { $0 += 1 }
        }
    }
}
