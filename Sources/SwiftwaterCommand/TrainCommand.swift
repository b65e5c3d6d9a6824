import ArgumentParser
import Swiftwater

struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a recommender by alternating least squares.",
        discussion: """
              swiftwater train ratings.csv --rank 10 --out films.model
              swiftwater train ratings.csv --out films.model --json
              swiftwater train s3a://bucket/ratings.csv --movies s3a://bucket/movies.csv
              swiftwater train --train a.csv --validation b.csv --test c.csv
              swiftwater train ratings.csv --rank 128 --max-iterations 50 \\
                --tolerance 0.001 --checkpoint films.part --out films.model

            The ratings are split for the evaluation. The model that --out writes is then \
            fitted on all of them, with the same settings; --final split writes the one that \
            was evaluated. Ctrl-C writes the last iteration's.

            With --movies, shows what the model recommends to its most active user, and \
            what is like its most-rated film. With --checkpoint, the same command resumes \
            where it was stopped, and gives the same model.
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
        help: ArgumentHelp(
            "File to save the model to after every iteration. If it exists, training resumes from it. The training on "
                + "all ratings has its own, whose name ends in .all.", valueName: "file"))
    var checkpoint: String?
    @Option(help: "Model file to write.") var out: String?
    @Option(
        help: ArgumentHelp(
            "What the model that is written knows: all ratings of FILE, or only the training part. With --train, it "
                + "knows those. (default: all)", valueName: "all|split"))
    var final: FinalModel?
    @Flag(help: "Print JSON.") var json = false
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
        if !(tolerance >= 0 && tolerance < 1) {
            throw ValidationError("--tolerance takes 0 or more, below 1, such as 0.001, not \(tolerance).")
        }
        if maxIterations < 1 { throw ValidationError("--max-iterations takes 1 or more, not \(maxIterations).") }
        if final == .all, data.train != nil {
            throw ValidationError("--final all requires one FILE of ratings, which is split.")
        }
        if json, cluster.master != nil { throw ValidationError("--json goes without --master.") }
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

    /// Whether the model that is written is fitted on all ratings.
    var fitsAll: Bool { data.train == nil && final != .split }

    private func runHere() throws {
        let console = Console()
        try OutputPlace.check(
            [("--out", out), ("--checkpoint", checkpoint)], inputs: data.paths + [movies.movies])
        let report = TrainingReport(isJSON: json, console)
        let parts = try data.load(
            ratings, seed: als.seed, console: console, keepsAll: fitsAll && out != nil, announce: report.say)
        report.note(parts)
        als.remark(on: parts.train, console)
        if data.train == nil, data.split.values.count == 2 {
            console.remark("--split has two weights, so no test data is held out")
        }
        // Before the training, so that a wrong path is known at once.
        let catalogue = try movies.read(console)
        var settings = als.settings(iterations: maxIterations)
        settings.tolerance = tolerance
        let cancellation = Cancellation()
        let signals = StopSignals { cancellation.cancel() }
        defer { withExtendedLifetime(signals) {} }
        let run = TrainingRun(settings, als.resources, report, cancellation, keepsLast: out != nil)
        do {
            // Every other part may be of users who are new in it, if it is split by time.
            let validation = parts.validation.flatMap { part in
                Self.hasKnownRow(part, parts.train) && !settings.isImplicit ? part : nil
            }
            let model = try run.fit(parts.train, validation: validation, checkpoint: checkpoint)
            try evaluate(model, parts, report)
            if movies.movies != nil, !json {
                try TrainedExamples(model: model, catalogue: catalogue, console: console).show()
            }
            guard let out else {
                if checkpoint == nil { try report.say("the model was not saved; --out FILE saves it") }
                return try report.finish(out: nil, final: .split)
            }
            guard let all = parts.all else { return try write(model, to: out, .split, report) }
            try report.say("for \(out), training again on all \(Format.count(all.count, "rating"))")
            let last = try run.fit(all, validation: nil, checkpoint: checkpoint.map { $0 + ".all" })
            try write(last, to: out, .all, report)
        } catch is CancellationError {
            try stopped(run, console)
        }
    }

    private func write(
        _ model: MatrixFactorizationModel, to out: String, _ final: FinalModel, _ report: TrainingReport
    ) throws {
        try ModelFile.write(model, to: out)
        try report.say("model written to \(out)")
        try report.finish(out: out, final: final)
    }

    /// Ends the program after a signal; the last iteration's model is kept.
    private func stopped(_ run: TrainingRun, _ console: Console) throws -> Never {
        console.endProgress()
        var kept = checkpoint.map { ["the same command continues from \($0)"] } ?? []
        if let out, let model = run.last {
            try ModelFile.write(model, to: out)
            kept.append("the model of the last one is in \(out)")
        }
        if kept.isEmpty { kept = ["nothing was kept: use --out or --checkpoint"] }
        console.remark("stopped after \(run.iterations) iterations; \(kept.joined(separator: "; "))")
        ExitStatus.leave(130)
    }

    /// Returns whether some row of a part has a user and an item of the training data.
    static func hasKnownRow(_ part: Ratings, _ train: Ratings) -> Bool {
        func known(_ table: IdentifierTable, _ trained: IdentifierTable, _ column: [UInt32]) -> [Bool] {
            var isTrained = [Bool](repeating: false, count: trained.count)
            for number in column { isTrained[Int(number)] = true }
            return (0..<table.count).map { index in trained.index(of: table[index]).map { isTrained[$0] } ?? false }
        }
        let users = known(part.userIDs, train.userIDs, train.users)
        let items = known(part.itemIDs, train.itemIDs, train.items)
        return (0..<part.count).contains { users[Int(part.users[$0])] && items[Int(part.items[$0])] }
    }

    private func evaluate(
        _ model: MatrixFactorizationModel, _ parts: SplitOptions.Parts, _ report: TrainingReport
    ) throws {
        guard !model.settings.isImplicit else {
            return try report.say(
                "implicit feedback: predictions are preferences, so there is no RMSE against ratings")
        }
        for (name, part) in [("validation", parts.validation), ("test", parts.test)] {
            guard let part else { continue }
            guard Self.hasKnownRow(part, parts.train) else {
                report.console.remark(
                    "\(name): no RMSE, since none of the \(Format.count(part.count)) rows has a user and an item of "
                        + "the training data; a random split has them")
                continue
            }
            try report.note(try model.evaluate(on: part, threads: als.resources.threads), on: name)
        }
    }
}

/// What the model that is written knows.
enum FinalModel: String, ExpressibleByArgument, CaseIterable {
    case all
    case split
}
