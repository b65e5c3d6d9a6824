import Swiftwater

/// The training of `train`: it shows each iteration, saves it, and can be stopped.
final class TrainingRun {
    private let settings: ALSSettings
    private let resources: TrainingResources
    private let report: TrainingReport
    private let cancellation: Cancellation
    private let keepsLast: Bool
    /// The model of the last iteration, if it was to be kept.
    private(set) var last: MatrixFactorizationModel?
    /// The number of iterations of the training that ran last.
    private(set) var iterations = 0

    /// - Parameter keepsLast: whether the model of the last iteration is wanted if the training is stopped.
    init(
        _ settings: ALSSettings, _ resources: TrainingResources, _ report: TrainingReport, _ cancellation: Cancellation,
        keepsLast: Bool
    ) {
        (self.settings, self.resources, self.report) = (settings, resources, report)
        (self.cancellation, self.keepsLast) = (cancellation, keepsLast)
    }

    /// Trains, or continues from what was saved.
    ///
    /// - Throws: `CancellationError` if it was stopped.
    func fit(_ ratings: Ratings, validation: Ratings?, checkpoint: String?) throws -> MatrixFactorizationModel {
        let start = try checkpoint.flatMap { try TrainingCheckpoint.read($0, settings, ratings) }
        let done = start?.settings.maxIterations ?? 0
        if let checkpoint, done > 0 { try report.say("continuing after \(done) iterations, from \(checkpoint)") }
        var rest = settings
        rest.maxIterations = settings.maxIterations - done
        iterations = done
        if let start, rest.maxIterations <= 0 { return start }
        let clock = SystemClock()
        var spent = Duration.zero
        var mark = clock.elapsed()
        let model = try ALS(rest, resources: resources).fit(ratings, from: start, cancellation: cancellation) {
            [self] progress in
            spent += clock.elapsed() - mark
            iterations = done + progress.iteration
            if keepsLast { last = progress.model }
            if let checkpoint { try ModelFile.write(progress.model, to: checkpoint) }
            if let validation {
                let metrics = try progress.model.evaluate(on: validation, threads: resources.threads)
                try report.note(iteration: iterations, rmse: metrics.rmse)
            } else {
                report.console.progress("training", Double(iterations) / Double(settings.maxIterations))
            }
            mark = clock.elapsed()
        }
        report.console.endProgress()
        last = keepsLast ? model : nil
        try report.trained(model.settings, iterations: model.settings.maxIterations - done, in: spent)
        return model
    }
}
