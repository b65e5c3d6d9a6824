import ArgumentParser
import Swiftwater

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a recommender by alternating least squares.",
        discussion: """
              swiftwater train ratings.csv --rank 10 --out films.model
              swiftwater train --train a.csv --validation b.csv --test c.csv
            """)

    @OptionGroup var data: SplitOptions
    @OptionGroup var ratings: RatingsOptions
    @OptionGroup var als: ALSOptions
    @Option(help: "How many times users and items are solved.") var maxIterations = 10
    @Option(help: "The model file to write.") var out: String?

    func run() throws {
        let console = Console()
        let parts = try data.load(ratings, seed: als.seed, console: console, announce: console.line)
        let settings = als.settings(iterations: maxIterations)
        let clock = ContinuousClock()
        var spent = Duration.zero
        var mark = clock.now
        let model = try ALS(settings).fit(parts.train) { progress in
            spent += clock.now - mark
            if let validation = parts.validation, !settings.isImplicit {
                let metrics = try progress.model.evaluate(on: validation, threads: settings.threads)
                try console.line(
                    "iteration \(Format.right("\(progress.iteration)", 3))   RMSE on validation \(Format.decimal(metrics.rmse))"
                )
            } else {
                console.progress("training", Double(progress.iteration) / Double(maxIterations))
            }
            mark = clock.now
        }
        console.endProgress()
        try console.line("trained rank \(settings.rank), \(maxIterations) iterations in \(Format.seconds(spent))")
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

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "RMSE, MAE and R2 of a model on ratings.",
        discussion: "  swiftwater evaluate --model films.model test.csv")

    @Argument(help: "A CSV file of ratings.") var file: String
    @Option(help: "A model file.") var model: String
    @OptionGroup var ratings: RatingsOptions
    @Flag(help: "A JSON object.") var json = false

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        let metrics = try model.evaluate(on: try ratings.read(file, console: console))
        if json {
            try console.line(
                "{\"rmse\":\(metrics.rmse),\"mse\":\(metrics.mse),\"mae\":\(metrics.mae),\"r2\":\(metrics.r2),\"evaluated\":\(metrics.evaluated),\"unknown\":\(metrics.unknown)}"
            )
        } else {
            try console.line(EvaluateCommand.describe(metrics, on: file))
        }
    }

    static func describe(_ metrics: RatingMetrics, on name: String) -> String {
        "\(name): RMSE \(Format.decimal(metrics.rmse))   MAE \(Format.decimal(metrics.mae))   R2 \(Format.decimal(metrics.r2))"
            + "   over \(Format.count(metrics.evaluated)) ratings"
            + (metrics.unknown > 0 ? ", \(Format.count(metrics.unknown)) of unknown users or items left out" : "")
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
