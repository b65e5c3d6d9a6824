import ArgumentParser
import Swiftwater

struct SimilarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "The items or users most like one, by the angle between their factors.",
        discussion: """
              swiftwater similar --model films.model --item 17 --movies movies.csv
              swiftwater similar --model films.model --user 42
            """)

    @Option(help: "A model file.") var model: String
    @Option(help: "The item.") var item: String?
    @Option(help: "The user.") var user: String?
    @Option(help: "How many to show.") var top = 10
    @Option(help: "A CSV file of titles.") var movies: String?

    func validate() throws {
        guard top >= 1 else { throw ValidationError("--top takes 1 or more.") }
        guard (item == nil) != (user == nil) else { throw ValidationError("Give --item or --user.") }
    }

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        if let user {
            guard let index = model.userIDs.index(of: user), model.knows(user: index) else {
                throw SwiftwaterError(
                    .invalidArgument, "the model does not know user '\(user)'",
                    remedy: "train with this user's ratings")
            }
            try console.line(console.styled("Most like user \(TerminalText.safe(user))", .bold))
            let similar = model.similarUsers(to: index, limit: top)
            return try RecommendCommand.show(similar, model.userIDs, Catalogue(), console)
        }
        let catalogue = try movies.map { try Catalogue.read($0) } ?? Catalogue()
        let index = try RecommendCommand.index(ofItem: item!, in: model)
        try console.line(console.styled("Most like \(TerminalText.safe(catalogue.title(item!)))", .bold))
        try RecommendCommand.show(model.similarItems(to: index, limit: top), model.itemIDs, catalogue, console)
    }
}

struct FactorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "factors",
        abstract: "What a model's latent factors seem to stand for, by the genres of their items.",
        discussion: """
            For each factor the genres whose items have most and least of it, in \
            standard errors from the mean of all items, and the items at both ends.

              swiftwater factors --model films.model --movies movies.csv
            """)

    @Option(help: "A model file.") var model: String
    @Option(help: "A CSV file of titles and genres.") var movies: String
    @Option(help: "How many genres and items to show at either end.") var top = 3

    func validate() throws {
        guard top >= 1 else { throw ValidationError("--top takes 1 or more.") }
    }

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        let catalogue = try Catalogue.read(movies)
        func titles(_ items: [Int]) -> String {
            items.map { Format.cut(TerminalText.safe(catalogue.title(model.itemIDs[$0])), 24) }.joined(separator: ", ")
        }
        func genres(_ loadings: some Sequence<FactorGenres.Loading>) -> String {
            loadings.map { loading in
                let strength = Format.decimal(loading.strength, 1)
                return "\(TerminalText.safe(loading.genre)) \(loading.strength > 0 ? "+" : "")\(strength)"
            }.joined(separator: ", ")
        }
        for factor in model.genresByFactor(catalogue, examples: top) {
            try console.line(console.styled("factor \(factor.factor + 1)", .bold))
            try console.line("  more  " + genres(factor.loadings.prefix(top)))
            try console.line("        " + console.styled(titles(factor.most), .dim))
            try console.line("  less  " + genres(factor.loadings.suffix(top).reversed()))
            try console.line("        " + console.styled(titles(factor.least), .dim))
        }
    }
}
