import ArgumentParser
import Swiftwater

struct FactorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "factors",
        abstract: "Describes a model's latent factors by item genres.",
        usage: "swiftwater factors [<options>] --model <model>",
        discussion: """
            For each factor, shows the genres whose items score highest and lowest on \
            it, in standard errors from the mean of all items, and the items at each end.

              swiftwater factors --model films.model --movies movies.csv
            """)

    @Option(help: "Model file.") var model: String
    @OptionGroup var movies: MoviesOptions
    @Option(help: "Number of genres and items to show at each end.") var top = 3
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard movies.movies != nil else { throw ValidationError("--movies is required: a file with genres.") }
        guard top >= 1 else { throw ValidationError("--top takes 1 or more.") }
    }

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        let catalogue = try movies.read(console)
        movies.remark(on: catalogue, for: model.itemIDs, console)
        func titles(_ items: [Int]) -> String {
            items.map { Format.cut(TerminalText.safe(catalogue.title(model.itemIDs[$0])), 22) }.joined(separator: ", ")
        }
        func genres(_ loadings: some Sequence<FactorGenres.Loading>) -> String {
            loadings.map { loading in
                let strength = Format.decimal(loading.strength, 1)
                return "\(TerminalText.safe(loading.genre)) \(loading.strength > 0 ? "+" : "")\(strength)"
            }.joined(separator: ", ")
        }
        if json { return try console.line(json(model, catalogue)) }
        for factor in model.genresByFactor(catalogue, examples: top) {
            try console.line(console.styled("factor \(factor.factor + 1)", .bold))
            try console.line("  more  " + genres(factor.loadings.prefix(top)))
            try console.line("        " + console.styled(titles(factor.most), .dim))
            try console.line("  less  " + genres(factor.loadings.suffix(top).reversed()))
            try console.line("        " + console.styled(titles(factor.least), .dim))
        }
    }

    private func json(_ model: MatrixFactorizationModel, _ catalogue: Catalogue) -> String {
        func write(_ items: [Int], _ name: String, _ json: inout JSONWriter) {
            json.member(name, array: items) { json, item in
                json.object {
                    $0.member("item", model.itemIDs[item])
                    $0.member("title", catalogue.title(model.itemIDs[item]))
                }
            }
        }
        return JSONWriter.object { json in
            json.member("factors", array: model.genresByFactor(catalogue, examples: top)) { json, factor in
                json.object { json in
                    json.member("factor", factor.factor + 1)
                    json.member("genres", array: factor.loadings) { json, loading in
                        json.object {
                            $0.member("genre", loading.genre)
                            $0.member("strength", loading.strength)
                        }
                    }
                    write(factor.most, "most", &json)
                    write(factor.least, "least", &json)
                }
            }
        }
    }
}
