import ArgumentParser
import Logging
import Swiftwater
import SwiftwaterSamples

/// The recommendations demo: generated ratings, a model, its learning curve, and its recommendations.
struct MoviesDemo {
    let console: Console
    let seed: UInt64

    /// What the demo makes.
    private struct Result {
        let made: SampleRatings
        let curve: LearningCurve
        let test: RatingMetrics
        let model: MatrixFactorizationModel
        let spent: Duration

        /// The user who gets recommendations, and their films.
        var user: Int { model.userIDs.index(of: "42") ?? 0 }
        var films: [Scored] { model.recommendItems(forUserIndex: user, limit: 10) }
        func users(of film: Int) -> [Scored] { model.recommendUsers(forItemIndex: film, limit: 10) }
    }

    private let settings: ALSSettings

    init(console: Console, seed: UInt64) {
        (self.console, self.seed) = (console, seed)
        settings = ALSSettings(seed: seed)
    }

    /// - Parameter show: called with the ratings before the training.
    private func result(_ show: (SampleRatings) throws -> Void = { _ in }) throws -> Result {
        let clock = SystemClock()
        let made = try RatingsGenerator(.init(preset: .oneMillion, seed: seed)).make()
        try show(made)
        let parts = try made.ratings.split(weights: [60, 20, 20], seed: seed)
        let start = clock.elapsed()
        let fit = try LearningCurve.fit(
            settings, iterations: [1, 3, 5, 7], train: parts[0], validation: parts[1])
        let spent = clock.elapsed() - start
        return Result(
            made: made, curve: fit.curve, test: try fit.model.evaluate(on: parts[2]), model: fit.model, spent: spent)
    }

    func run() throws {
        let result = try result { made in
            let (ratings, catalogue) = (made.ratings, made.catalogue)
            try console.line(
                "\(Format.count(ratings.count, "rating")) by \(Format.count(ratings.userIDs.count, "user")) "
                    + "of \(Format.count(ratings.itemIDs.count, "film"));\n"
                    + "a perfect model would reach RMSE \(Format.decimal(made.report.noiseFloor))\n")
            for line in MatrixTable(ratings, users: .first(5), items: .mostRated(4)).lines(title: catalogue.title) {
                try console.line("  " + line)
            }
        }
        try console.line(
            "\nALS, rank \(settings.rank), 7 iterations and their evaluation in \(Format.seconds(result.spent)):\n")
        try TuneCommand.show(result.curve, console)
        try console.line(EvaluateCommand.describe(result.test, on: "test"))
        try console.line()
        try recommend(result)
    }

    private func recommend(_ result: Result) throws {
        let (model, catalogue, best) = (result.model, result.made.catalogue, result.films)
        let user = model.userIDs[result.user]
        try console.line(console.styled("Top 10 films for user \(user) (rated ones left out)", .bold))
        try RecommendCommand.show(best, model.itemIDs, catalogue, console)
        guard let film = best.first?.index else { return }
        try console.line(console.styled("\nTop 10 users for \(catalogue.title(model.itemIDs[film]))", .bold))
        let names = result.users(of: film).map {
            "user \(model.userIDs[$0.index]) (\(Format.decimal(Double($0.score), 2)))"
        }
        for start in stride(from: 0, to: names.count, by: 4) {
            try console.line("     " + names[start..<min(start + 4, names.count)].joined(separator: ", "))
        }
    }

    /// Returns the same as one JSON object.
    func json() throws -> String {
        let result = try result()
        let (model, films, catalogue) = (result.model, result.films, result.made.catalogue)
        return JSONWriter.object { json in
            json.member("ratings", result.made.ratings.count)
            json.member("users", result.made.ratings.userIDs.count)
            json.member("items", result.made.ratings.itemIDs.count)
            json.member("noiseFloor", result.made.report.noiseFloor)
            json.member("rank", settings.rank)
            json.member("seconds", result.spent.inSeconds)
            TuneCommand.write(result.curve, to: &json)
            json.member("test", object: { EvaluateCommand.write(result.test, to: &$0) })
            json.member("user", model.userIDs[result.user])
            JSONOutput.write("recommendedItems", films, model.itemIDs, kind: "item", catalogue, to: &json)
            guard let film = films.first?.index else { return }
            json.member("item", model.itemIDs[film])
            JSONOutput.write("recommendedUsers", result.users(of: film), model.userIDs, kind: "user", nil, to: &json)
        }
    }
}
