import ArgumentParser
import Swiftwater

struct RecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "The best items for users, or the best users for items.",
        discussion: """
            For one user or item a table; for all of them CSV. What a user rated in \
            training is left out unless --include-seen is given.

              swiftwater recommend --model films.model --user 42
              swiftwater recommend --model films.model --for-users 10 --out top10.csv
              swiftwater recommend --model films.model --for-items 10 --item 17
            """)

    @Option(help: "A model file.") var model: String
    @Option(help: "So many items for each user.") var forUsers: Int?
    @Option(help: "So many users for each item.") var forItems: Int?
    @Option(help: "Only this user.") var user: String?
    @Option(help: "Only this item.") var item: String?
    @Option(help: "A CSV file of titles (movieId,title,genres).") var movies: String?
    @Option(help: "The CSV file to write; standard output unless given.") var out: String?
    @Flag(help: "Keep what the user rated in training.") var includeSeen = false

    func validate() throws {
        if user != nil && item != nil { throw ValidationError("Give --user or --item, not both.") }
        if forUsers != nil && forItems != nil { throw ValidationError("Give --for-users or --for-items, not both.") }
        if [forUsers, forItems, user.map { _ in 10 }, item.map { _ in 10 }].allSatisfy({ $0 == nil }) {
            throw ValidationError("Say for whom: --for-users N, --for-items N, --user ID or --item ID.")
        }
        if user != nil && forItems != nil || item != nil && forUsers != nil {
            throw ValidationError("--user goes with --for-users, --item with --for-items.")
        }
        if let count = forUsers ?? forItems, count < 1 { throw ValidationError("At least 1 recommendation.") }
    }

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        let catalogue = try movies.map { try Catalogue.read($0) } ?? Catalogue()
        if let user {
            try forUser(user, model, catalogue, console)
        } else if let item {
            try forItem(item, model, catalogue, console)
        } else {
            try forAll(model, console)
        }
    }

    private var seenNote: String { includeSeen ? "rated ones included" : "rated ones left out" }

    private func forUser(
        _ user: String, _ model: MatrixFactorizationModel, _ catalogue: Catalogue, _ console: Console
    ) throws {
        guard let index = model.userIDs.index(of: user), model.knows(user: index) else {
            throw SwiftwaterError(
                .invalidArgument, "the model does not know user '\(user)'", remedy: "train with this user's ratings")
        }
        let best = model.recommendItems(forUser: index, limit: forUsers ?? 10, includeSeen: includeSeen)
        if out != nil { return try writeOne(user, best, model.itemIDs, header: "userId,rank,movieId,score", console) }
        try console.line(
            console.styled("Top \(best.count) films for user \(TerminalText.safe(user)) (\(seenNote))", .bold))
        try RecommendCommand.show(best, model.itemIDs, catalogue, console)
    }

    private func forItem(
        _ item: String, _ model: MatrixFactorizationModel, _ catalogue: Catalogue, _ console: Console
    ) throws {
        let index = try RecommendCommand.index(ofItem: item, in: model)
        let best = model.recommendUsers(forItem: index, limit: forItems ?? 10, includeSeen: includeSeen)
        if out != nil { return try writeOne(item, best, model.userIDs, header: "movieId,rank,userId,score", console) }
        let title = TerminalText.safe(catalogue.title(item))
        try console.line(console.styled("Top \(best.count) users for \(title) (\(seenNote))", .bold))
        for (rank, scored) in best.enumerated() {
            try console.line(
                Format.right("\(rank + 1)", 3) + "  user "
                    + Format.left(TerminalText.safe(model.userIDs[scored.index]), 12)
                    + Format.right(Format.decimal(Double(scored.score), 2), 7))
        }
    }

    private static func rows(_ first: String, _ list: [Scored], _ ids: IdentifierTable) -> String {
        list.enumerated().map { rank, scored in
            "\(CSVReader.quoted(first)),\(rank + 1),\(CSVReader.quoted(ids[scored.index])),\(scored.score)\n"
        }.joined()
    }

    private func writeOne(
        _ first: String, _ list: [Scored], _ ids: IdentifierTable, header: String, _ console: Console
    ) throws {
        let output = try RowOutput(path: out)
        try output.write(header + "\n" + RecommendCommand.rows(first, list, ids))
        try output.finish()
        report(list.count, console)
    }

    private func report(_ rows: Int, _ console: Console) {
        console.remark(
            "\(Format.count(rows)) recommendations (\(seenNote))" + (out.map { " written to \($0)" } ?? ""))
    }

    private func forAll(_ model: MatrixFactorizationModel, _ console: Console) throws {
        let output = try RowOutput(path: out)
        var rows = 0
        func put(_ first: String, _ list: [Scored], _ ids: IdentifierTable) throws {
            rows += list.count
            try output.write(RecommendCommand.rows(first, list, ids))
        }
        if let forItems {
            try output.write("movieId,rank,userId,score\n")
            try model.recommendForAllItems(limit: forItems, includeSeen: includeSeen) { index, list in
                if index & 0xFF == 0 { console.progress("items", Double(index) / Double(model.itemIDs.count)) }
                try put(model.itemIDs[index], list, model.userIDs)
            }
        } else {
            try output.write("userId,rank,movieId,score\n")
            try model.recommendForAllUsers(limit: forUsers ?? 10, includeSeen: includeSeen) { index, list in
                if index & 0xFF == 0 { console.progress("users", Double(index) / Double(model.userIDs.count)) }
                try put(model.userIDs[index], list, model.itemIDs)
            }
        }
        try output.finish()
        console.endProgress()
        report(rows, console)
    }

    static func index(ofItem item: String, in model: MatrixFactorizationModel) throws -> Int {
        guard let index = model.itemIDs.index(of: item), model.knows(item: index) else {
            throw SwiftwaterError(
                .invalidArgument, "the model does not know item '\(item)'", remedy: "train with ratings of this item")
        }
        return index
    }

    static func show(_ best: [Scored], _ ids: IdentifierTable, _ catalogue: Catalogue, _ console: Console) throws {
        for (rank, scored) in best.enumerated() {
            let id = ids[scored.index]
            let entry = catalogue[id]
            let title = Format.cut(TerminalText.safe(entry?.title ?? id), 40)
            let genres = entry.map { TerminalText.safe($0.genres.joined(separator: ", ")) } ?? ""
            try console.line(
                Format.right("\(rank + 1)", 3) + "  " + Format.left(title, 40)
                    + Format.right(Format.decimal(Double(scored.score), 2), 7)
                    + (genres.isEmpty ? "" : "  " + console.styled(genres, .dim)))
        }
    }
}

struct SimilarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "The items most like one item, by the angle between their factors.",
        discussion: "  swiftwater similar --model films.model --item 17 --movies movies.csv")

    @Option(help: "A model file.") var model: String
    @Option(help: "The item.") var item: String
    @Option(help: "How many to show.") var top = 10
    @Option(help: "A CSV file of titles.") var movies: String?

    func validate() throws {
        guard top >= 1 else { throw ValidationError("--top takes 1 or more.") }
    }

    func run() throws {
        let console = Console()
        let model = try ModelFile.read(model)
        let catalogue = try movies.map { try Catalogue.read($0) } ?? Catalogue()
        let index = try RecommendCommand.index(ofItem: item, in: model)
        try console.line(console.styled("Most like \(TerminalText.safe(catalogue.title(item)))", .bold))
        try RecommendCommand.show(model.similarItems(to: index, limit: top), model.itemIDs, catalogue, console)
    }
}
