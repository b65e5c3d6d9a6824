import ArgumentParser
import Swiftwater

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Evaluates a model's predictions and ranked lists.",
        discussion: """
            Reports RMSE, MAE, and R2. With --ranking, also evaluates lists over the full \
            catalog, excluding items that the user rated in training. MAP, NDCG, \
            precision, and recall are defined as in Spark.

              swiftwater evaluate --model films.model test.csv
              swiftwater evaluate --model films.model test.csv --ranking 10 \\
                --relevant-from 4
              swiftwater evaluate --model s3a://films/als s3a://films/test.csv \\
                --master sc://spark.example:15002
            """)

    @Argument(help: "CSV file of ratings.") var file: String
    @Option(help: "Model file; with --master, the folder of train --cluster-model.") var model: String
    @OptionGroup var ratings: RatingsOptions
    @Option(
        help: """
            Also evaluate lists of this many items per user, among the items that the model knows: relevant items that \
            it does not know are left out.
            """)
    var ranking: Int?
    @Option(help: "Minimum rating of a relevant item. (default: 4; for an implicit model, above 0)")
    var relevantFrom: Float?
    @OptionGroup var cluster: ClusterOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if let ranking, ranking < 1 { throw ValidationError("--ranking takes 1 or more.") }
        try RequiredOption.check("--ranking", isThere: ranking != nil, for: ["--relevant-from": relevantFrom != nil])
    }

    func run() async throws {
        #if SparkConnect
            if let master = cluster.master { return try await run(on: master) }
        #endif
        let console = Console()
        let model = try ModelFile.read(model)
        let isImplicit = model.settings.isImplicit
        try checkMeasure(isImplicit: isImplicit)
        let held = try ratings.read(file, console: console)
        let metrics = isImplicit ? nil : try model.evaluate(on: held)
        let lists = try ranking.map {
            try model.evaluateRanking(on: held, k: $0, relevantFrom: relevantRating(isImplicit: isImplicit))
        }
        try show(metrics, lists, console)
        remarkOnTraining(held, model, console)
    }

    /// Says how many of the ratings the model was trained on, since it knows them.
    private func remarkOnTraining(_ held: Ratings, _ model: MatrixFactorizationModel, _ console: Console) {
        let known = model.trainingCount(of: held)
        guard known > 0 else { return }
        console.remark(
            """
            \(Format.count(known)) of these \(Format.count(held.count)) ratings are in the model's training data.
            Errors are lower for those than for new ratings, and rankings leave them out.
            'train --final split' writes a model that does not know the test data.
            """)
    }

    /// Refuses a model that has no RMSE, if nothing else is asked for.
    func checkMeasure(isImplicit: Bool) throws {
        guard isImplicit, ranking == nil else { return }
        throw SwiftwaterError(
            .invalidArgument, "an implicit model predicts preferences, which have no RMSE against ratings",
            remedy: "give --ranking 10")
    }

    func relevantRating(isImplicit: Bool) -> Float { relevantFrom ?? (isImplicit ? .leastNonzeroMagnitude : 4) }

    func show(_ metrics: RatingMetrics?, _ lists: RankingMetrics?, _ console: Console) throws {
        if json {
            try console.line(EvaluateCommand.json(metrics, lists))
        } else {
            if let metrics { try console.line(EvaluateCommand.describe(metrics, on: file)) }
            if let lists { try console.line(EvaluateCommand.describe(lists)) }
        }
    }

    private static func json(_ metrics: RatingMetrics?, _ lists: RankingMetrics?) -> String {
        JSONWriter.object { json in
            write(metrics, to: &json)
            guard let lists else { return }
            json.member(
                "ranking",
                object: { json in
                    json.member("k", lists.k)
                    json.member("precision", lists.precision)
                    json.member("recall", lists.recall)
                    json.member("map", lists.meanAveragePrecision)
                    json.member("ndcg", lists.ndcg)
                    json.member("mrr", lists.meanReciprocalRank)
                    json.member("coverage", lists.coverage)
                    json.member("users", lists.lists)
                })
        }
    }

    /// Writes the members of metrics, which are null if there are none.
    static func write(_ metrics: RatingMetrics?, to json: inout JSONWriter) {
        json.member("rmse", metrics?.rmse)
        json.member("mse", metrics?.mse)
        json.member("mae", metrics?.mae)
        json.member("r2", metrics?.r2)
        json.member("evaluated", metrics?.evaluated)
        json.member("unknown", metrics?.unknown)
    }

    static func describe(_ lists: RankingMetrics) -> String {
        """
        top \(lists.k) for \(Format.count(lists.lists, "user")): precision \(Format.decimal(lists.precision))   \
        recall \(Format.decimal(lists.recall))
          MAP \(Format.decimal(lists.meanAveragePrecision))   \
        NDCG \(Format.decimal(lists.ndcg))   MRR \(Format.decimal(lists.meanReciprocalRank))   \
        coverage \(Format.decimal(lists.coverage))
        """
    }

    static func describe(_ metrics: RatingMetrics, on name: String) -> String {
        "\(name): RMSE \(Format.decimal(metrics.rmse))   MAE \(Format.decimal(metrics.mae))"
            + "   R2 \(Format.decimal(metrics.r2))"
            + "   over \(Format.count(metrics.evaluated, "rating"))"
            + (metrics.unknown > 0 ? ", \(Format.count(metrics.unknown)) with an unknown user or item skipped" : "")
    }
}
