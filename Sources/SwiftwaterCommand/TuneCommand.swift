import ArgumentParser
import Swiftwater

struct TuneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Plots RMSE by iteration and searches hyperparameters.",
        discussion: """
            Trains once and evaluates after each of the given iteration counts. With \
            several ranks or regularizations, tries every combination on the validation \
            data or by cross-validation. The last line is the command that trains the best; \
            --out writes its model, fitted on all ratings.

              swiftwater tune ratings.csv --max-iterations 1,3,5,7 --plot rmse.svg
              swiftwater tune ratings.csv --ranks 8,16,32 --regularizations 0.05,0.1,0.2
              swiftwater tune ratings.csv --ranks 8,16 --folds 5 --out films.model
            """)

    @OptionGroup var data: SplitOptions
    @OptionGroup var ratings: RatingsOptions
    @OptionGroup var als: ALSOptions
    @OptionGroup var cluster: ClusterOptions
    @Option(help: "Iteration counts to evaluate.") var maxIterations = NumberList<Int>([1, 3, 5, 7])
    @Option(help: "Ranks to try, instead of --rank.") var ranks: NumberList<Int>?
    @Option(help: "Regularizations to try, instead of --regularization.") var regularizations: NumberList<Double>?
    @Option(help: "Cross-validate with this many folds of training data.") var folds: Int?
    @Option(help: "SVG file for the curve, the best twelve of a search, or each fold.") var plot: String?
    @Option(help: "Model file to write: the best settings, fitted on all ratings.") var out: String?
    @Flag(help: "Print JSON instead of a table and a chart.") var json = false

    func validate() throws {
        if ranks != nil, als.givenRank != nil { throw ValidationError("--ranks takes the place of --rank.") }
        if regularizations != nil, als.givenRegularization != nil {
            throw ValidationError("--regularizations takes the place of --regularization.")
        }
        if let folds, folds < 2 { throw ValidationError("--folds takes 2 or more.") }
        if let plot, let kind = plot.split(separator: ".").last, plot.contains("."), kind != "svg", !kind.contains("/")
        {
            throw ValidationError("--plot writes an SVG document: name a file that ends in .svg, not .\(kind).")
        }
        if out == "-" { throw ValidationError("--out takes a file: a model cannot be written to standard output.") }
        if out != nil, cluster.master != nil {
            throw ValidationError("--out goes without --master; train the best settings there.")
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
        try OutputPlace.check([("--plot", plot), ("--out", out)], inputs: data.paths)
        let settings = als.settings(iterations: 1)
        guard !settings.isImplicit else {
            throw SwiftwaterError(
                .invalidArgument, "tune compares the RMSE of ratings, which an implicit model does not predict",
                remedy: "train each candidate with --implicit, and compare them by evaluate --ranking 10")
        }
        let parts = try data.load(ratings, seed: als.seed, console: console, keepsAll: out != nil) { text in
            if json { console.remark(text) } else { try console.line(text) }
        }
        if let folds {
            return try search(settings, try parts.train.folds(folds, seed: als.seed), parts, console)
        }
        guard let validation = parts.validation else {
            throw SwiftwaterError(
                .invalidArgument, "there is no validation data",
                remedy: "give --validation FILE, a second weight to --split, or --folds")
        }
        if ranks != nil || regularizations != nil {
            return try search(settings, [(parts.train, validation)], parts, console)
        }
        let fit = try LearningCurve.fit(
            settings, resources: als.resources, iterations: maxIterations.values, train: parts.train,
            validation: validation)
        let (curve, model) = (fit.curve, fit.model)
        var best = settings
        best.maxIterations = curve.best?.iterations ?? 1
        let last = curve.points.map(\.iterations).max() ?? 0
        let metrics = try knownTest(parts, console).map { try model.evaluate(on: $0) }
        try finish(curve, best, test: metrics.map { ($0, last) }, console)
        try write(best, parts, console)
    }

    /// Returns the test data; nil if nothing in it can be predicted, which is said.
    private func knownTest(_ parts: SplitOptions.Parts, _ console: Console) -> Ratings? {
        guard let test = parts.test, !TrainCommand.hasKnownRow(test, parts.train) else { return parts.test }
        console.remark(
            "test: no RMSE, since none of the \(Format.count(test.count, "row")) has a user and an item of the training "
                + "data; a random split has them")
        return nil
    }

    /// Draws and shows a curve.
    ///
    /// - Parameter test: what was found on the test data, after how many iterations.
    func finish(
        _ curve: LearningCurve, _ best: ALSSettings, test: (metrics: RatingMetrics, iterations: Int)?,
        _ console: Console
    ) throws {
        try draw(curve.svg())
        if json {
            return try console.line(
                JSONWriter.object { json in
                    TuneCommand.write(curve, to: &json)
                    json.member("enough", curve.enough()?.iterations ?? 0)
                    if let test { json.member("test", object: { EvaluateCommand.write(test.metrics, to: &$0) }) }
                    json.member("command", ShellWord.line(TuneCommand.command(for: best)))
                })
        }
        try TuneCommand.show(curve, console)
        if let test {
            try console.line(
                EvaluateCommand.describe(test.metrics, on: "test, after \(test.iterations)"))
        }
        if let plot { try console.line("plot written to \(plot)") }
        try showCommand(best, console)
    }

    // MARK: The best model

    /// Returns the command that trains with settings: this one's options, without those that search.
    static func command(for best: ALSSettings, arguments: [String] = CommandLine.arguments) -> [String] {
        let searching = [
            "--ranks", "--regularizations", "--max-iterations", "--folds", "--plot", "--rank", "--regularization",
            "--out",
        ]
        var (kept, rest) = ([String](), arguments.drop { $0 != "tune" }.dropFirst())
        while let argument = rest.popFirst() {
            if argument == "--json" { continue }
            if searching.contains(argument) {
                _ = rest.popFirst()
            } else if !searching.contains(where: { argument.hasPrefix($0 + "=") }) {
                kept.append(argument)
            }
        }
        let own = [
            "--rank", "\(best.rank)", "--regularization", "\(best.regularization)", "--max-iterations",
            "\(best.maxIterations)", "--out", "films.model",
        ]
        return ["swiftwater", "train"] + kept + own
    }

    func showCommand(_ best: ALSSettings, _ console: Console) throws {
        guard out == nil else { return }
        try console.line("\n" + console.styled("to train the best:", .dim))
        try console.line(ShellWord.lines(TuneCommand.command(for: best), 79).joined(separator: "\n"))
    }

    /// Writes the model of the best settings, if there is to be one.
    private func write(_ best: ALSSettings, _ parts: SplitOptions.Parts, _ console: Console) throws {
        guard let out else { return }
        let ratings = parts.all ?? parts.train
        try ModelFile.write(ALS(best, resources: als.resources).fit(ratings), to: out)
        let text =
            "model of rank \(best.rank), regularization \(best.regularization) and \(best.maxIterations) iterations, "
            + "fitted on \(Format.count(ratings.count, "rating")), written to \(out)"
        if json { console.remark(text) } else { try console.line(text) }
    }

    // MARK: Grids

    private func search(
        _ settings: ALSSettings, _ rows: [(train: Ratings, validation: Ratings)], _ parts: SplitOptions.Parts,
        _ console: Console
    ) throws {
        let grid = GridSearch(
            settings, resources: als.resources, ranks: ranks?.values ?? [als.rank],
            regularizations: regularizations?.values ?? [als.regularization], iterations: maxIterations.values)
        let results = try grid.run(rows) { done, all in console.progress("fits", Double(done) / Double(all)) }
        console.endProgress()
        let best = results[0]
        try draw(LearningCurvesPlot(results).svg())
        let metrics = try knownTest(parts, console).map { test in
            try ALS(best.settings, resources: als.resources).fit(parts.train).evaluate(on: test)
        }
        if json {
            try console.line(TuneCommand.json(results, test: metrics))
            return try write(best.settings, parts, console)
        }
        try console.line("  rank   regularization   iterations   RMSE" + (rows.count > 1 ? "     deviation" : ""))
        for (place, result) in results.enumerated() {
            let line =
                Format.right("\(result.settings.rank)", 6) + Format.right("\(result.settings.regularization)", 17)
                + Format.right("\(result.settings.maxIterations)", 13) + "   " + Format.decimal(result.rmse)
                + (rows.count > 1 ? "   " + Format.decimal(result.deviation) : "")
            try console.line(place == 0 ? console.styled(line + "   best", .good) : line)
        }
        try console.line()
        try console.line(best.curve.terminalChart())
        if let metrics { try console.line(EvaluateCommand.describe(metrics, on: "best model on test data")) }
        if let plot { try console.line("plot written to \(plot)") }
        try showCommand(best.settings, console)
        try write(best.settings, parts, console)
    }

    // MARK: Curves

    private func draw(_ svg: String) throws {
        guard let plot else { return }
        try URLFileSystem().replace(plot, with: Array(svg.utf8))
    }

    private static func json(_ results: [GridSearch.Result], test: RatingMetrics?) -> String {
        JSONWriter.object { json in
            if let test { json.member("test", object: { EvaluateCommand.write(test, to: &$0) }) }
            json.member("command", ShellWord.line(command(for: results[0].settings)))
            json.member("results", array: results) { json, result in
                json.object { json in
                    json.member("rank", result.settings.rank)
                    json.member("regularization", result.settings.regularization)
                    json.member("iterations", result.settings.maxIterations)
                    json.member("rmse", result.rmse)
                    json.member("deviation", result.deviation)
                    write(result.curve, to: &json)
                }
            }
        }
    }

    /// Writes a curve as the member `curve`.
    static func write(_ curve: LearningCurve, to json: inout JSONWriter) {
        json.member("curve", array: curve.points) { json, point in
            json.object {
                $0.member("iterations", point.iterations)
                $0.member("rmse", point.rmse)
            }
        }
    }

    static func show(_ curve: LearningCurve, _ console: Console) throws {
        try console.line("iterations   RMSE on validation")
        for point in curve.points {
            try console.line(Format.right("\(point.iterations)", 10) + "   " + Format.decimal(point.rmse))
        }
        try console.line()
        try console.line(curve.terminalChart())
        if let enough = curve.enough(), let best = curve.best {
            let count = "\(enough.iterations) iteration\(enough.iterations == 1 ? "" : "s")"
            let verb = enough.iterations == 1 ? "is" : "are"
            try console.line(
                enough.iterations == best.iterations
                    ? "\n\(count) \(verb) the best: RMSE \(Format.decimal(best.rmse))"
                    : "\n\(count) \(verb) enough: RMSE \(Format.decimal(enough.rmse)), within 1% of the best "
                        + "(\(Format.decimal(best.rmse)) after \(best.iterations))")
            if enough.iterations == best.iterations, curve.points.count > 1, curve.points.last == best {
                try console.line("It is the last that was tried, and the curve still falls: try more iterations.")
            }
            // More iterations fit the training better and other ratings worse.
            if let last = curve.points.last, last.iterations > best.iterations, last.rmse > best.rmse {
                try console.line(
                    "After \(best.iterations), the RMSE on validation rises: the model fits the training too\n"
                        + "closely. A larger --regularization helps.")
            }
        }
    }
}
