import ArgumentParser
import Swiftwater

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "RMSE, MAE and R2 of a model on ratings, and how good its lists are.",
        discussion: """
              swiftwater evaluate --model films.model test.csv
              swiftwater evaluate --model films.model test.csv --ranking 10 --relevant-from 4

            Lists are made over the full catalogue, without what the user rated in \
            training; MAP, NDCG, precision and recall are as Spark defines them.
            """)

    @Argument(help: "A CSV file of ratings.") var file: String
    @Option(help: "A model file.") var model: String
    @OptionGroup var ratings: RatingsOptions
    @Option(help: "Also evaluate lists of so many recommendations for each user.") var ranking: Int?
    @Option(help: "Ratings from this on are right to recommend.") var relevantFrom: Float = 4
    @Flag(help: "A JSON object.") var json = false

    func validate() throws {
        if let ranking, ranking < 1 { throw ValidationError("--ranking takes 1 or more.") }
    }

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        let held = try ratings.read(file, console: console)
        let metrics = try model.evaluate(on: held)
        let lists = try ranking.map { try model.evaluateRanking(on: held, k: $0, relevantFrom: relevantFrom) }
        if json {
            try console.line(
                "{\"rmse\":\(metrics.rmse),\"mse\":\(metrics.mse),\"mae\":\(metrics.mae),\"r2\":\(metrics.r2),\"evaluated\":\(metrics.evaluated),\"unknown\":\(metrics.unknown)\(lists.map(EvaluateCommand.json) ?? "")}"
            )
        } else {
            try console.line(EvaluateCommand.describe(metrics, on: file))
            if let lists { try console.line(EvaluateCommand.describe(lists)) }
        }
    }

    private static func json(_ lists: RankingMetrics) -> String {
        ",\"ranking\":{\"k\":\(lists.k),\"precision\":\(lists.precision),\"recall\":\(lists.recall),\"map\":\(lists.meanAveragePrecision),\"ndcg\":\(lists.ndcg),\"mrr\":\(lists.meanReciprocalRank),\"coverage\":\(lists.coverage),\"users\":\(lists.lists)}"
    }

    static func describe(_ lists: RankingMetrics) -> String {
        "first \(lists.k) for \(Format.count(lists.lists)) users: precision \(Format.decimal(lists.precision))   recall \(Format.decimal(lists.recall))   MAP \(Format.decimal(lists.meanAveragePrecision))   NDCG \(Format.decimal(lists.ndcg))   MRR \(Format.decimal(lists.meanReciprocalRank))   coverage \(Format.decimal(lists.coverage))"
    }

    static func describe(_ metrics: RatingMetrics, on name: String) -> String {
        "\(name): RMSE \(Format.decimal(metrics.rmse))   MAE \(Format.decimal(metrics.mae))   R2 \(Format.decimal(metrics.r2))"
            + "   over \(Format.count(metrics.evaluated)) ratings"
            + (metrics.unknown > 0 ? ", \(Format.count(metrics.unknown)) of unknown users or items left out" : "")
    }
}
