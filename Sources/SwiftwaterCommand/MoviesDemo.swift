import ArgumentParser
import Logging
import Swiftwater
import SwiftwaterSamples

/// The recommendations demo: generated ratings, a model, its learning curve, and its recommendations.
struct MoviesDemo {
    let console: Console
    let seed: UInt64

    func run() throws {
        let clock = SystemClock()
        let made = try RatingsGenerator(.init(preset: .oneMillion, seed: seed)).make()
        let (ratings, report, catalogue) = (made.ratings, made.report, made.catalogue)
        try console.line(
            "\(Format.count(ratings.count)) ratings by \(Format.count(ratings.userIDs.count)) users "
                + "of \(Format.count(ratings.itemIDs.count)) films;\n"
                + "a perfect model would reach RMSE \(Format.decimal(report.noiseFloor))\n")
        for line in MatrixTable(ratings, users: .first(5), items: .mostRated(4)).lines(title: catalogue.title) {
            try console.line("  " + line)
        }
        let parts = try ratings.split(weights: [60, 20, 20], seed: seed)
        let settings = ALSSettings(seed: seed)
        let start = clock.elapsed()
        let fit = try LearningCurve.fit(
            settings, iterations: [1, 3, 5, 7], train: parts[0], validation: parts[1])
        let spent = clock.elapsed() - start
        let (curve, model) = (fit.curve, fit.model)
        try console.line(
            "\nALS, rank \(settings.rank), 7 iterations and their evaluation in \(Format.seconds(spent)):\n")
        try TuneCommand.show(curve, console)
        try console.line(EvaluateCommand.describe(try model.evaluate(on: parts[2]), on: "test"))
        try console.line()
        try recommend(model, catalogue)
    }

    private func recommend(_ model: MatrixFactorizationModel, _ catalogue: Catalogue) throws {
        let user = model.userIDs.index(of: "42") ?? 0
        try console.line(console.styled("Top 10 films for user \(model.userIDs[user]) (rated ones left out)", .bold))
        let best = model.recommendItems(forUserIndex: user, limit: 10)
        try RecommendCommand.show(best, model.itemIDs, catalogue, console)
        guard let film = best.first?.index else { return }
        try console.line(console.styled("\nTop 10 users for \(catalogue.title(model.itemIDs[film]))", .bold))
        let users = model.recommendUsers(forItemIndex: film, limit: 10)
        let names = users.map { "user \(model.userIDs[$0.index]) (\(Format.decimal(Double($0.score), 2)))" }
        for start in stride(from: 0, to: names.count, by: 4) {
            try console.line("     " + names[start..<min(start + 4, names.count)].joined(separator: ", "))
        }
    }
}
