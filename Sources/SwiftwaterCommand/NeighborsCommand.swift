import ArgumentParser
import Swiftwater
import SwiftwaterSamples

struct NeighborsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "neighbors",
        abstract: "Runs user- or item-based collaborative filtering.",
        discussion: """
            Shows the matrix of a small file with predictions in parentheses. Without a \
            file, uses the textbook example of six users and five films. With --split, \
            holds out data and reports the RMSE.

              swiftwater neighbors --by users --similarity cosine
              swiftwater neighbors ratings.csv --by items -k 30 --split 80,0,20
            """,
        aliases: ["neighbours"])

    @Argument(help: "CSV file of ratings.") var file: String?
    @Option(help: "Whose neighbors to use.") var by = NeighborhoodSettings.Basis.users
    @Option(help: "Similarity measure.") var similarity = NeighborhoodSettings.Similarity.cosine
    @Option(name: [.customShort("k"), .long, .customLong("neighbours")], help: "Maximum neighbors per prediction.")
    var neighbors = 20
    @Option(help: "Minimum number of ratings two neighbors share.") var overlapMin = 2
    @Option(help: "Scale similarity by n / (n + shrinkage) for n common ratings.") var shrinkage = 0.0
    @Option(help: "Weights: training,validation,test. Evaluates on test.") var split: NumberList<Double>?
    @Option(help: "Seed for the split. (default: 42)") var seed: UInt64?
    @Option(help: "Recommend for this user.") var user: String?
    @Option(help: "With --user, number of items. (default: 10)") var top: Int?
    @OptionGroup var ratings: RatingsOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (top ?? 1) >= 1 else { throw ValidationError("--top takes 1 or more.") }
        if file == nil, let option = ratings.columns.anyOption ?? ratings.preset.map({ _ in "--format" }) {
            throw ValidationError("\(option) requires a file of ratings.")
        }
        guard neighbors >= 1 else { throw ValidationError("--neighbors takes 1 or more.") }
        if split != nil, user != nil { throw ValidationError("Give --split or --user, not both.") }
        try RequiredOption.check("--split", isThere: split != nil, for: ["--seed": seed != nil])
        try RequiredOption.check("--user", isThere: user != nil, for: ["--top": top != nil])
    }

    func run() throws {
        let console = Console()
        let settings = NeighborhoodSettings(
            basis: by, similarity: similarity, neighbors: neighbors, overlapMin: overlapMin, shrinkage: shrinkage)
        let all = try file.map { try ratings.read($0, console: console) } ?? TextbookRatings.sixUsers
        if let split {
            let parts = try all.split(weights: split.values, seed: seed ?? 42)
            guard parts.count >= 2, parts.last!.count > 0 else {
                throw SwiftwaterError(
                    .invalidArgument, "the split leaves no test data",
                    remedy: "end --split with a weight above 0, such as 80,0,20")
            }
            let clock = SystemClock()
            let start = clock.elapsed()
            let model = try NeighborhoodModel(parts[0], settings: settings)
            let predictions = model.predictions(for: parts.last!, threads: WorkerPool.coreCount) {
                console.progress("predicting", $0)
            }
            console.endProgress()
            guard let metrics = RatingMetrics(predictions: predictions, ratings: parts.last!.values) else {
                throw SwiftwaterError(
                    .invalidArgument, "no row of the test data can be predicted",
                    remedy: "hold out less, or use more neighbors")
            }
            try console.line(
                json
                    ? JSONWriter.object { EvaluateCommand.write(metrics, to: &$0) }
                    : EvaluateCommand.describe(metrics, on: "\(by.rawValue), \(similarity.rawValue), k = \(neighbors)"))
            console.remark(
                "trained on \(Format.count(parts[0].count, "rating")) in \(Format.seconds(clock.elapsed() - start))")
            return
        }
        let model = try NeighborhoodModel(all, settings: settings)
        if let user {
            try recommend(user, model, console)
        } else {
            let table = MatrixTable(
                all, users: .first(20), items: .first(8), predict: { model.predict(userIndex: $0, itemIndex: $1) })
            if json { return try console.line(JSONOutput.matrix(table, of: all.count, nil)) }
            try console.line(
                "\(by.rawValue), \(similarity.rawValue), up to \(neighbors) neighbors; predictions in parentheses")
            for line in table.lines() { try console.line(line) }
        }
    }

    private func recommend(_ user: String, _ model: NeighborhoodModel, _ console: Console) throws {
        guard let index = model.userIDs.index(of: user) else {
            throw SwiftwaterError(
                .invalidArgument, "there is no user '\(user)'", remedy: "give a user id from the file")
        }
        let best = model.recommendItems(forUserIndex: index, limit: top ?? 10)
        if json {
            return try console.line(
                JSONWriter.object { json in
                    json.member("user", user)
                    JSONOutput.write("items", best, model.itemIDs, kind: "item", nil, to: &json)
                })
        }
        try console.line(console.styled("For user \(TerminalText.safe(user))", .bold))
        try RecommendCommand.show(best, model.itemIDs, Catalogue(), console)
        if best.isEmpty {
            console.remark(
                "no item can be predicted: no neighbor shares \(overlapMin) ratings and has others; a smaller "
                    + "--overlap-min finds more")
        }
    }
}

extension NeighborhoodSettings.Basis: ExpressibleByArgument {}
extension NeighborhoodSettings.Similarity: ExpressibleByArgument {}
