import ArgumentParser
import Swiftwater

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a recommender by alternating least squares.",
        discussion: """
              swiftwater train ratings.csv --rank 10 --out films.model
              swiftwater train s3a://bucket/ratings.csv --movies s3a://bucket/movies.csv
              swiftwater train --train a.csv --validation b.csv --test c.csv
              swiftwater train ratings.csv --rank 128 --max-iterations 50 --tolerance 0.001 \\
                --checkpoint films.part --out films.model

            With --movies, shows what the model recommends to its most active user, and \
            what is like its most-rated film. With --checkpoint, the same command resumes where it was stopped, and gives \
            the same model.
            """)

    @OptionGroup var data: SplitOptions
    @OptionGroup var ratings: RatingsOptions
    @OptionGroup var als: ALSOptions
    @OptionGroup var cluster: ClusterOptions
    @Option(help: "Number of times to solve for users and items.") var maxIterations = 10
    @Option(
        help: "Stop when an iteration changes the item factors by less than this fraction of their norm; 0 for never.")
    var tolerance = 0.0
    @Option(
        help: "File to save the model to after every iteration. If it exists, training resumes from it.")
    var checkpoint: String?
    @Option(help: "Model file to write.") var out: String?
    @OptionGroup var movies: MoviesOptions
    @Option(
        help: ArgumentHelp(
            "With --master: folder of the cluster to save the model in, for evaluate and recommend there.",
            valueName: "folder"))
    var clusterModel: String?

    func validate() throws {
        for (option, path) in [("--out", out), ("--checkpoint", checkpoint)] where path == "-" {
            throw ValidationError("\(option) takes a file: a model cannot be written to standard output.")
        }
        if clusterModel != nil, cluster.master == nil {
            throw ValidationError("--cluster-model requires --master; here, --out saves the model.")
        }
    }

    func run() async throws {
        #if SparkConnect
            if let master = cluster.master { return try await run(on: master) }
        #endif
        try runHere()
    }

    private func runHere() throws {
        let console = Console()
        let parts = try data.load(ratings, seed: als.seed, console: console, announce: console.line)
        // Before the training, so that a wrong path is known at once.
        let catalogue = try movies.read(console)
        var settings = als.settings(iterations: maxIterations)
        settings.tolerance = tolerance
        let start = try checkpoint.flatMap { try TrainingCheckpoint.read($0, settings, parts.train) }
        let done = start?.settings.maxIterations ?? 0
        if let checkpoint, done > 0 { try console.line("continuing after \(done) iterations, from \(checkpoint)") }
        if let start, done >= maxIterations { return try finish(start, parts, settings, catalogue, console) }
        settings.maxIterations = maxIterations - done
        // Every other part may be of users who are new in it, if it is split by time.
        let validation = parts.validation.flatMap { part in
            Self.hasKnownRow(part, parts.train) && !settings.isImplicit ? part : nil
        }
        let clock = SystemClock()
        var spent = Duration.zero
        var mark = clock.elapsed()
        let cancellation = Cancellation()
        let signals = StopSignals { cancellation.cancel() }
        defer { withExtendedLifetime(signals) {} }
        var finished = done
        let model = try stoppable(console, { finished }) {
            try ALS(settings, resources: als.resources).fit(parts.train, from: start, cancellation: cancellation) {
                progress in
                finished = done + progress.iteration
                spent += clock.elapsed() - mark
                let iteration = done + progress.iteration
                if let checkpoint { try ModelFile.write(progress.model, to: checkpoint) }
                if let validation {
                    let metrics = try progress.model.evaluate(on: validation, threads: als.resources.threads)
                    try console.line(
                        "iteration \(Format.right("\(iteration)", 3))   "
                            + "RMSE on validation \(Format.decimal(metrics.rmse))"
                    )
                } else {
                    console.progress("training", Double(iteration) / Double(maxIterations))
                }
                mark = clock.elapsed()
            }
        }
        console.endProgress()
        try console.line(
            "trained rank \(settings.rank), \(model.settings.maxIterations - done) iterations "
                + "in \(Format.seconds(spent))"
        )
        try finish(model, parts, settings, catalogue, console)
    }

    /// Runs the training. If a signal stops it, reports what was saved and ends the program.
    private func stoppable(
        _ console: Console, _ iterations: () -> Int, _ body: () throws -> MatrixFactorizationModel
    ) throws -> MatrixFactorizationModel {
        do { return try body() } catch is CancellationError {
            console.endProgress()
            let kept =
                checkpoint.map { ", kept in \($0): the same command continues from there" }
                ?? ", not kept: use --checkpoint"
            console.remark("stopped after \(iterations()) iterations\(kept)")
            ExitStatus.leave(130)
        }
    }

    /// Returns whether some row of a part has a user and an item of the training data.
    private static func hasKnownRow(_ part: Ratings, _ train: Ratings) -> Bool {
        func known(_ table: IdentifierTable, _ trained: IdentifierTable, _ column: [UInt32]) -> [Bool] {
            var isTrained = [Bool](repeating: false, count: trained.count)
            for number in column { isTrained[Int(number)] = true }
            return (0..<table.count).map { index in trained.index(of: table[index]).map { isTrained[$0] } ?? false }
        }
        let users = known(part.userIDs, train.userIDs, train.users)
        let items = known(part.itemIDs, train.itemIDs, train.items)
        return (0..<part.count).contains { users[Int(part.users[$0])] && items[Int(part.items[$0])] }
    }

    private func finish(
        _ model: MatrixFactorizationModel, _ parts: SplitOptions.Parts, _ settings: ALSSettings,
        _ catalogue: Catalogue, _ console: Console
    ) throws {
        if settings.isImplicit {
            try console.line("implicit feedback: predictions are preferences, so there is no RMSE against ratings")
        } else {
            for (name, part) in [("validation", parts.validation), ("test", parts.test)] {
                guard let part else { continue }
                guard Self.hasKnownRow(part, parts.train) else {
                    console.remark(
                        "\(name): no RMSE, since none of the \(Format.count(part.count)) rows has a user and an item of "
                            + "the training data; a random split has them")
                    continue
                }
                try console.line(
                    EvaluateCommand.describe(try model.evaluate(on: part, threads: als.resources.threads), on: name))
            }
        }
        if movies.movies != nil { try TrainedExamples(model: model, catalogue: catalogue, console: console).show() }
        if let out {
            try ModelFile.write(model, to: out)
            try console.line("model written to \(out)")
        } else if checkpoint == nil {
            try console.line("the model was not saved; --out FILE saves it")
        }
    }
}
