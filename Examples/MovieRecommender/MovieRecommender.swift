// Film recommendations: splits ratings, trains ALS, plots RMSE by iteration, lists the top 10 for a user and a film.
// Run `MovieRecommender ratings.csv movies.csv`, or without arguments to use generated ratings.
import Swiftwater

@main
struct MovieRecommender {
    static func main() throws {
        let ratings: Ratings
        let films: Catalogue
        if CommandLine.arguments.count > 2 {
            (ratings, films) = (
                try Ratings.read(CommandLine.arguments[1]).ratings, try Catalogue.read(CommandLine.arguments[2])
            )
        } else {
            (ratings, _, films) = try RatingsGenerator(.init(preset: .hundredThousand, seed: 7)).make()
        }
        for line in MatrixTable(ratings, users: .first(6), items: .mostRated(5)).lines(title: films.title) {
            print(line)
        }

        let parts = try ratings.split(weights: [60, 20, 20], seed: 42)
        let (curve, model) = try LearningCurve.fit(
            ALSSettings(), iterations: [1, 3, 5, 7], train: parts[0], validation: parts[1])
        print(curve.terminalChart())
        print("RMSE on test:", try model.evaluate(on: parts[2]).rmse)

        for best in model.recommendItems(forUser: 0, limit: 10) {
            print(films.title(model.itemIDs[best.index]), best.score)
        }
        for best in model.recommendUsers(forItem: 0, limit: 10) { print("user", model.userIDs[best.index], best.score) }
    }
}
