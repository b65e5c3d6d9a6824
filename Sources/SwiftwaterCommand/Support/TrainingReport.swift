import Swiftwater

/// What `train` says: lines for people, or one JSON object at the end.
final class TrainingReport {
    let console: Console
    private let isJSON: Bool
    private var counts: [(name: String, count: Int)] = []
    private var curve: [(iteration: Int, rmse: Double)] = []
    private var metrics: [(name: String, RatingMetrics)] = []
    private var settings = ALSSettings()
    private var seconds = 0.0

    init(isJSON: Bool, _ console: Console) { (self.isJSON, self.console) = (isJSON, console) }

    /// Says a line. With JSON it goes to standard error.
    func say(_ text: String) throws { if isJSON { console.remark(text) } else { try console.line(text) } }

    func note(_ parts: SplitOptions.Parts) {
        counts = [("training", parts.train.count)]
        if let part = parts.validation { counts.append(("validation", part.count)) }
        if let part = parts.test { counts.append(("test", part.count)) }
    }

    /// Notes the RMSE on validation after an iteration.
    func note(iteration: Int, rmse: Double) throws {
        curve.append((iteration, rmse))
        if isJSON { return }
        try console.line(
            "iteration \(Format.right("\(iteration)", 3))   RMSE on validation \(Format.decimal(rmse))")
    }

    func note(_ metrics: RatingMetrics, on name: String) throws {
        self.metrics.append((name, metrics))
        if !isJSON { try console.line(EvaluateCommand.describe(metrics, on: name)) }
    }

    /// Notes that a model was trained.
    func trained(_ settings: ALSSettings, iterations: Int, in time: Duration) throws {
        self.settings = settings
        seconds += time.inSeconds
        if isJSON { return }
        try console.line(
            "trained rank \(settings.rank), \(Format.count(iterations, "iteration")) in \(Format.seconds(time))")
    }

    /// Prints the object, if there is to be one.
    func finish(out: String?, final: FinalModel) throws {
        guard isJSON else { return }
        try console.line(
            JSONWriter.object { json in
                json.member("ratings", object: { json in for (name, count) in counts { json.member(name, count) } })
                json.member("rank", settings.rank)
                json.member("regularization", settings.regularization)
                json.member("iterations", settings.maxIterations)
                json.member("seconds", seconds)
                json.member("curve", array: curve) { json, point in
                    json.object {
                        $0.member("iterations", point.iteration)
                        $0.member("rmse", point.rmse)
                    }
                }
                for (name, found) in metrics {
                    json.member(name, object: { EvaluateCommand.write(found, to: &$0) })
                }
                json.member("model", out)
                if out != nil { json.member("final", final.rawValue) }
            })
    }
}
