import ArgumentParser
import Swiftwater

struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Draws RMSE against the number of iterations, and says how many are enough.",
        discussion: """
            Trains once and evaluates after each of the given numbers of iterations.

              swiftwater tune ratings.csv --max-iterations 1,3,5,7 --plot rmse.svg
            """)

    @OptionGroup var data: SplitOptions
    @OptionGroup var ratings: RatingsOptions
    @OptionGroup var als: ALSOptions
    @Option(help: "Numbers of iterations.") var maxIterations = NumberList<Int>([1, 3, 5, 7])
    @Option(help: "An SVG file to draw the curve in.") var plot: String?
    @Flag(help: "A JSON object instead of a table and a drawing.") var json = false

    func run() throws {
        let console = Console()
        let parts = try data.load(ratings, seed: als.seed, console: console) { text in
            if json { console.remark(text) } else { try console.line(text) }
        }
        guard let validation = parts.validation else {
            throw SwiftwaterError(
                .invalidArgument, "there is no validation data",
                remedy: "give --validation FILE, or a second weight to --split")
        }
        let settings = als.settings(iterations: 1)
        let (curve, model) = try LearningCurve.fit(
            settings, iterations: maxIterations.values, train: parts.train, validation: validation)
        if let plot {
            let file = try AtomicFile(path: plot)
            try file.write(curve.svg())
            try file.commit()
        }
        if json {
            let points = curve.points.map { "{\"iterations\":\($0.iterations),\"rmse\":\($0.rmse)}" }
            try console.line(
                "{\"curve\":[\(points.joined(separator: ","))],\"enough\":\(curve.enough()?.iterations ?? 0)}")
            return
        }
        try TuneCommand.show(curve, console)
        if let test = parts.test {
            let last = curve.points.map(\.iterations).max() ?? 0
            try console.line(
                EvaluateCommand.describe(try model.evaluate(on: test), on: "test, after \(last) iterations"))
        }
        if let plot { try console.line("plot written to \(plot)") }
    }

    static func show(_ curve: LearningCurve, _ console: Console) throws {
        try console.line("iterations   RMSE on validation")
        for point in curve.points {
            try console.line(Format.right("\(point.iterations)", 10) + "   " + Format.decimal(point.rmse))
        }
        try console.line()
        try console.line(curve.terminalChart())
        if let enough = curve.enough(), let best = curve.best {
            try console.line(
                "\n\(enough.iterations) iteration\(enough.iterations == 1 ? " is" : "s are") enough: RMSE \(Format.decimal(enough.rmse)), within 1 % of the best (\(Format.decimal(best.rmse)) after \(best.iterations))"
            )
        }
    }
}
