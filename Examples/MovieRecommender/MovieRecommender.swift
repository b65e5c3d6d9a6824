// Film recommendations: splits ratings, trains ALS, plots RMSE by iteration, lists the top 10 for a user and a film.
// Run `MovieRecommender ratings.csv movies.csv`, or without arguments to use generated ratings.
import Swiftwater
import SwiftwaterSamples

@main
struct MovieRecommender {
    static func main() throws {
        let ratings: Ratings
        let films: Catalogue
        if CommandLine.arguments.count > 2 {
            (ratings, films) = (
                try Ratings.read(CommandLine.arguments[1]).ratings,
                try Catalogue.read(CommandLine.arguments[2]).catalogue
            )
        } else {
            let sample = try RatingsGenerator(.init(preset: .hundredThousand, seed: 7)).make()
            (ratings, films) = (sample.ratings, sample.catalogue)
        }
        for line in MatrixTable(ratings, users: .first(6), items: .mostRated(5)).lines(title: films.title) {
            print(line)
        }

        let parts = try ratings.split(weights: [60, 20, 20], seed: 42)
        let fit = try LearningCurve.fit(
            ALSSettings(), iterations: [1, 3, 5, 7], train: parts[0], validation: parts[1])
        let model = fit.model
        print(fit.curve.terminalChart())
        print("RMSE on test:", try model.evaluate(on: parts[2]).rmse)

        for best in model.recommendItems(forUser: 1, limit: 10) {
            print(films.title(best.id), best.score)
        }
        for best in model.recommendUsers(forItem: model.itemIDs[0], limit: 10) { print("user", best.id, best.score) }
    }
}
