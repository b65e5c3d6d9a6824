import ArgumentParser
import Swiftwater

struct SimilarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "Lists the items or users most similar to one.",
        usage: "swiftwater similar [<options>] --model <model>",
        discussion: """
            Similarity is the cosine of the angle between factor vectors.

              swiftwater similar --model films.model --item 11 --movies movies.csv
              swiftwater similar --model films.model --user 42
            """)

    @Option(help: "Model file.") var model: String
    @Option(help: "Item id.") var item: String?
    @Option(help: "User id.") var user: String?
    @Option(help: "Number of results to show.") var top = 10
    @OptionGroup var movies: MoviesOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard top >= 1 else { throw ValidationError("--top takes 1 or more.") }
        guard (item == nil) != (user == nil) else { throw ValidationError("Give either --item or --user.") }
        try RequiredOption.check("--item", isThere: item != nil, for: ["--movies": movies.movies != nil])
    }

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        if let user {
            guard let index = model.userIDs.index(of: user), model.knows(userIndex: index) else {
                throw SwiftwaterError(
                    .invalidArgument, "the model does not know user '\(user)'",
                    remedy: "train with this user's ratings")
            }
            let similar = model.similarUsers(toUserIndex: index, limit: top)
            if json { return try show(similar, model.userIDs, "user", user, nil, console) }
            try console.line(console.styled("Most similar to user \(TerminalText.safe(user))", .bold))
            return try RecommendCommand.show(similar, model.userIDs, Catalogue(), console)
        }
        let catalogue = try movies.read(console)
        movies.remark(on: catalogue, for: model.itemIDs, console)
        let index = try RecommendCommand.index(ofItem: item!, in: model)
        let similar = model.similarItems(toItemIndex: index, limit: top)
        if json {
            return try show(similar, model.itemIDs, "item", item!, movies.movies.map { _ in catalogue }, console)
        }
        try console.line(console.styled("Most similar to \(TerminalText.safe(catalogue.title(item!)))", .bold))
        try RecommendCommand.show(similar, model.itemIDs, catalogue, console)
    }

    private func show(
        _ list: [Scored], _ ids: IdentifierTable, _ kind: String, _ id: String, _ titles: Catalogue?,
        _ console: Console
    ) throws {
        try console.line(
            JSONWriter.object { json in
                json.member(kind, id)
                JSONOutput.write("similar", list, ids, kind: kind, titles, score: "similarity", to: &json)
            })
    }
}
