import ArgumentParser
import Swiftwater

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a recommender by alternating least squares.",
        discussion: """
              swiftwater train ratings.csv --rank 10 --out films.model
              swiftwater train --train a.csv --validation b.csv --test c.csv
              swiftwater train ratings.csv --rank 128 --max-iterations 50 --tolerance 0.001 \
                --checkpoint films.part --out films.model

            With --checkpoint, the same command goes on where it was stopped, and gives \
            the same model.
            """)

    @OptionGroup var data: SplitOptions
    @OptionGroup var ratings: RatingsOptions
    @OptionGroup var als: ALSOptions
    @Option(help: "How many times users and items are solved.") var maxIterations = 10
    @Option(
        help: "End once an iteration changes the items' factors by less than this part of their length; 0 for never.")
    var tolerance = 0.0
    @Option(
        help: "A file that keeps the model after every iteration; where it is there already, training goes on from it.")
    var checkpoint: String?
    @Option(help: "The model file to write.") var out: String?

    func run() throws {
        let console = Console()
        let parts = try data.load(ratings, seed: als.seed, console: console, announce: console.line)
        var settings = als.settings(iterations: maxIterations)
        settings.tolerance = tolerance
        let start = try checkpoint.flatMap { try TrainingCheckpoint.read($0, settings, parts.train) }
        let done = start?.settings.maxIterations ?? 0
        if let checkpoint, done > 0 { try console.line("going on after \(done) iterations, from \(checkpoint)") }
        if let start, done >= maxIterations { return try finish(start, parts, settings, console) }
        settings.maxIterations = maxIterations - done
        let clock = ContinuousClock()
        var spent = Duration.zero
        var mark = clock.now
        let cancellation = Cancellation()
        let signals = StopSignals { cancellation.cancel() }
        defer { withExtendedLifetime(signals) {} }
        var finished = done
        let model = try stoppable(console, { finished }) {
            try ALS(settings).fit(parts.train, from: start, cancellation: cancellation) { progress in
                finished = done + progress.iteration
                spent += clock.now - mark
                let iteration = done + progress.iteration
                if let checkpoint { try ModelFile.write(progress.model, to: checkpoint) }
                if let validation = parts.validation, !settings.isImplicit {
                    let metrics = try progress.model.evaluate(on: validation, threads: settings.threads)
                    try console.line(
                        "iteration \(Format.right("\(iteration)", 3))   RMSE on validation \(Format.decimal(metrics.rmse))"
                    )
                } else {
                    console.progress("training", Double(iteration) / Double(maxIterations))
                }
                mark = clock.now
            }
        }
        console.endProgress()
        try console.line(
            "trained rank \(settings.rank), \(model.settings.maxIterations - done) iterations in \(Format.seconds(spent))"
        )
        try finish(model, parts, settings, console)
    }

    /// Ends the program where training is stopped by a signal, and says what there is of it.
    private func stoppable(
        _ console: Console, _ iterations: () -> Int, _ body: () throws -> MatrixFactorizationModel
    ) throws -> MatrixFactorizationModel {
        do { return try body() } catch is CancellationError {
            console.endProgress()
            let kept =
                checkpoint.map { ", kept in \($0): the same command goes on from there" }
                ?? ", not kept: use --checkpoint"
            console.remark("stopped after \(iterations()) iterations\(kept)")
            ExitStatus.leave(130)
        }
    }

    private func finish(
        _ model: MatrixFactorizationModel, _ parts: SplitOptions.Parts, _ settings: ALSSettings, _ console: Console
    ) throws {
        if settings.isImplicit {
            try console.line("implicit feedback: predictions are preferences, so there is no RMSE against ratings")
        } else {
            for (name, part) in [("validation", parts.validation), ("test", parts.test)] {
                guard let part else { continue }
                try console.line(
                    EvaluateCommand.describe(try model.evaluate(on: part, threads: settings.threads), on: name))
            }
        }
        if let out {
            try ModelFile.write(model, to: out)
            try console.line("model written to \(out)")
        }
    }
}

/// What training leaves on its way.
enum TrainingCheckpoint {
    /// The model to go on from, or nil where there is none yet.
    ///
    /// - Throws: `invalidArgument` where it belongs to another training.
    static func read(
        _ path: String, _ settings: ALSSettings, _ ratings: Ratings
    ) throws -> MatrixFactorizationModel? {
        let model: MatrixFactorizationModel
        do { model = try ModelFile.read(path) } catch let error as SwiftwaterError where error.code == .notFound {
            return nil
        }
        var (own, wanted) = (model.settings, settings)
        for keyPath in [\ALSSettings.maxIterations, \ALSSettings.threads] {
            own[keyPath: keyPath] = 1
            wanted[keyPath: keyPath] = 1
        }
        (own.tolerance, wanted.tolerance) = (0, 0)
        guard own == wanted, model.history == RatingMatrix(ratings).byUser, model.userIDs == ratings.userIDs else {
            throw SwiftwaterError(
                .invalidArgument, "the checkpoint comes from other ratings or other settings", at: .init(file: path),
                remedy: "use those, or remove the file to begin anew")
        }
        return model
    }
}

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Predicts ratings for pairs of users and items.",
        discussion: """
            The file needs the columns of users and items, not that of ratings. A pair \
            with an unknown user or item gets an empty prediction, or is left out \
            with --drop-unknown.

              swiftwater predict --model films.model pairs.csv --out predictions.csv
            """)

    @Argument(help: "A CSV file of pairs.") var file: String
    @Option(help: "A model file.") var model: String
    @Option(help: "The CSV file to write; standard output unless given.") var out: String?
    @OptionGroup var ratings: RatingsOptions
    @Flag(help: "Leave out pairs that cannot be predicted.") var dropUnknown = false

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        let pairs = try ratings.read(file, pairs: true, console: console)
        let predictions = model.predictions(for: pairs, threads: WorkerPool.coreCount)
        let output = try RowOutput(path: out)
        try output.write("\(ratings.userColumn),\(ratings.itemColumn),prediction\n")
        var unknown = 0
        for (row, prediction) in predictions.enumerated() {
            if prediction == nil {
                unknown += 1
                if dropUnknown { continue }
            }
            let user = CSVReader.quoted(pairs.userIDs[Int(pairs.users[row])])
            let item = CSVReader.quoted(pairs.itemIDs[Int(pairs.items[row])])
            try output.write("\(user),\(item),\(prediction.map { "\($0)" } ?? "")\n")
        }
        try output.finish()
        console.remark(
            "\(Format.count(predictions.count - unknown)) predictions" + (out.map { " written to \($0)" } ?? "")
                + (unknown > 0
                    ? "; \(Format.count(unknown)) pairs of unknown users or items \(dropUnknown ? "left out" : "left empty")"
                    : ""))
    }
}

/// Rows to a file that appears when it is complete, or to standard output.
final class RowOutput {
    private let file: AtomicFile?
    private var pending = ""

    init(path: String?) throws { file = try path.map { try AtomicFile(path: $0) } }

    func write(_ text: String) throws {
        pending += text
        if pending.utf8.count >= 65536 { try flush() }
    }

    private func flush() throws {
        if let file { try file.write(pending) } else { try StandardStream.output.write(pending) }
        pending = ""
    }

    func finish() throws {
        try flush()
        try file?.commit()
    }
}
