import ArgumentParser
import Swiftwater

struct RecommendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "Recommends items for users, or users for items.",
        usage: "swiftwater recommend [<options>] --model <model>",
        discussion: """
            Prints a table for one user or item, and CSV for all of them. Items that a \
            user rated in training are left out; --include-seen keeps them. A user \
            unknown to the model gets the most-rated items, and the output says so.

              swiftwater recommend --model films.model --user 42
              swiftwater recommend --model films.model --for-users 10 --out top10.csv
              swiftwater recommend --model films.model --for-users 10 \\
                --sink postgresql://shop@db.example/shop
              swiftwater recommend --model films.model --for-items 10 --item 11
              swiftwater recommend --model films.model --user 42 --because --deny seen.txt
              swiftwater recommend --model s3a://films/als --for-users 10 \\
                --master sc://spark.example:15002 --cluster-out s3a://films/top10
            """)

    @Option(help: "Model file; with --master, the folder of train --cluster-model.") var model: String
    @Option(help: "Length of a list: 10 by default.") var top: Int?
    @Option(help: "Number of items per user.") var forUsers: Int?
    @Option(help: "Number of users per item.") var forItems: Int?
    @Option(help: "Recommend for this user only.") var user: String?
    @Option(help: "Recommend for this item only.") var item: String?
    @OptionGroup var movies: MoviesOptions
    @Option(help: "Output file; standard output by default.") var out: String?
    @Option(
        help: ArgumentHelp(
            "Write all lists to postgresql://, mongodb://, kafka://, https://, sqlite:, files: or csv:, in place of "
                + "--out (docs/FORMATS.md).", valueName: "url"))
    var sink: SinkArgument?
    @Option(help: "Format of rows: csv, the default for all users or items, or ndjson.") var format:
        RecommendationFormat?
    @Flag(help: "Print the list of one user or item as JSON.") var json = false
    @Option(help: "File of the only item ids to list, one per line.") var allow: String?
    @Option(help: "File of item ids to exclude, one per line.") var deny: String?
    @Flag(help: "Include items the user rated in training.") var includeSeen = false
    @Flag(help: "With --user, show the ratings behind each item.") var because = false
    @OptionGroup var place: MasterOptions
    @Option(
        help: ArgumentHelp(
            "With --master: folder of the cluster to write all lists to, in place of --out.", valueName: "folder"))
    var clusterOut: String?

    func validate() throws {
        if user != nil && item != nil { throw ValidationError("Give --user or --item, not both.") }
        if forUsers != nil && forItems != nil { throw ValidationError("Give --for-users or --for-items, not both.") }
        if [forUsers, forItems, user.map { _ in 10 }, item.map { _ in 10 }].allSatisfy({ $0 == nil }) {
            throw ValidationError("Give --for-users N, --for-items N, --user ID, or --item ID.")
        }
        if let top, top < 1 { throw ValidationError("--top takes 1 or more.") }
        if top != nil, forUsers != nil || forItems != nil {
            throw ValidationError("--for-users and --for-items give the length of all lists; --top that of one.")
        }
        if json,
            user == nil && item == nil && format == .csv || user != nil && format != nil
                || item != nil && format != nil || out != nil || sink != nil || place.master != nil
        {
            throw ValidationError(
                "--json prints the list of one --user or --item, or a line for each row of all lists, without --format, "
                    + "--out, --sink and --master.")
        }
        if user != nil && forItems != nil || item != nil && forUsers != nil {
            throw ValidationError("--user goes with --for-users, --item with --for-items.")
        }
        if because, user == nil || json || out != nil || format != nil {
            throw ValidationError("--because requires --user, and goes without --json, --out and --format.")
        }
        if (allow != nil || deny != nil) && (forItems != nil || item != nil) {
            throw ValidationError("--allow and --deny filter items, not users.")
        }
        if let count = forUsers ?? forItems, count < 1 {
            throw ValidationError("--for-users and --for-items take 1 or more.")
        }
        if sink != nil,
            place.master != nil || out != nil || format != nil || movies.movies != nil || user != nil || item != nil
        {
            throw ValidationError("--sink goes without --out, --format, --movies, --user, --item and --master.")
        }
        if clusterOut != nil, place.master == nil || out != nil || user != nil || item != nil {
            throw ValidationError("--cluster-out requires --master, and goes without --out, --user and --item.")
        }
    }

    func run() async throws {
        #if SparkConnect
            if let master = place.master { return try await run(on: master) }
        #endif
        let console = Console()
        try OutputPlace.check([("--out", out)], inputs: [model, movies.movies, allow, deny])
        let model = try ModelFile.read(model)
        let catalogue = try movies.read(console)
        movies.remark(on: catalogue, for: model.itemIDs, console)
        if let user {
            try forUser(user, model, catalogue, console)
        } else if let item {
            try forItem(item, model, catalogue, console)
        } else {
            try forAll(model, catalogue, console)
        }
    }

    var seenNote: String { includeSeen ? "rated ones included" : "rated ones left out" }

    private func forUser(
        _ user: String, _ model: MatrixFactorizationModel, _ catalogue: Catalogue, _ console: Console
    ) throws {
        let found = try model.recommend(
            user: user, limit: top ?? forUsers ?? 10, includeSeen: includeSeen,
            filter: try RecommendationFilter(allow: allow, deny: deny, model, console))
        if json { return try showJSON(user, .users, found.items, model.itemIDs, found.source, catalogue, console) }
        if out != nil || format != nil {
            return try writeOne(user, found.items, model.itemIDs, .users, found.source, catalogue, console)
        }
        let note = found.source == .popular ? "unknown to the model: most-rated items" : seenNote
        try console.line(
            console.styled(
                "Top \(Format.count(found.items.count, "item")) for user \(TerminalText.safe(user)) (\(note))", .bold))
        // The score of a popular item is a count.
        let places = found.source == .popular ? 0 : 2
        try RecommendCommand.show(found.items, model.itemIDs, catalogue, console, places: places) { scored in
            guard because, found.source == .model, let index = model.userIDs.index(of: user) else { return [] }
            let reasons = try model.explain(itemIndex: scored.index, forUserIndex: index).contributions.prefix(3)
            return reasons.map { reason in
                let title = Format.cut(TerminalText.safe(catalogue.title(model.itemIDs[reason.itemIndex])), 40)
                return "you rated \(Format.left(title, 40)) \(reason.rating)"
                    + "  adds \(Format.decimal(Double(reason.share), 2))"
            }
        }
        remarkOnScale(found, model, console)
    }

    /// Says why a prediction can be above every rating.
    private func remarkOnScale(_ found: Recommendation, _ model: MatrixFactorizationModel, _ console: Console) {
        guard found.source != .popular, !model.settings.isImplicit,
            let most = model.history.values.withUnsafeBufferPointer({ $0.max() }),
            let best = found.items.first?.score, best > most
        else { return }
        console.remark(
            "Predictions order the items, and are not cut to the scale of the ratings, which ends at \(most).")
    }

    private func forItem(
        _ item: String, _ model: MatrixFactorizationModel, _ catalogue: Catalogue, _ console: Console
    ) throws {
        let index = try RecommendCommand.index(ofItem: item, in: model)
        let best = model.recommendUsers(forItemIndex: index, limit: top ?? forItems ?? 10, includeSeen: includeSeen)
        if json { return try showJSON(item, .items, best, model.userIDs, .model, catalogue, console) }
        if out != nil || format != nil {
            return try writeOne(item, best, model.userIDs, .items, .model, catalogue, console)
        }
        let title = TerminalText.safe(catalogue.title(item))
        try console.line(console.styled("Top \(best.count) users for \(title) (\(seenNote))", .bold))
        for (rank, scored) in best.enumerated() {
            try Self.showUser(rank + 1, model.userIDs[scored.index], Double(scored.score), console)
        }
    }

    private func writeOne(
        _ first: String, _ list: [Scored], _ ids: IdentifierTable, _ side: RecommendationFormat.Side,
        _ source: Recommendation.Source, _ catalogue: Catalogue, _ console: Console
    ) throws {
        let output = try RowOutput(path: out)
        let (format, titles) = (format ?? .csv, movies.movies.map { _ in catalogue })
        try output.write(format.header(side, titles) + format.rows(first, list, ids, side, source, titles))
        try output.finish()
        report(list.count, console)
    }

    /// Prints the list of one user or item as JSON.
    private func showJSON(
        _ id: String, _ side: RecommendationFormat.Side, _ list: [Scored], _ ids: IdentifierTable,
        _ source: Recommendation.Source, _ catalogue: Catalogue, _ console: Console
    ) throws {
        let (own, other) = side == .users ? ("user", "item") : ("item", "user")
        let titles = movies.movies.map { _ in catalogue }
        try console.line(
            JSONWriter.object { json in
                json.member(own, id)
                json.member("source", source.rawValue)
                // What is popular has no score, but a number of ratings.
                JSONOutput.write(
                    other + "s", list, ids, kind: other, titles, score: source == .popular ? "ratings" : "score",
                    to: &json)
            })
    }

    func report(_ rows: Int, _ console: Console) {
        console.remark(
            "\(Format.count(rows, "recommendation")) (\(seenNote))"
                + (out.map { " written to \($0)" } ?? (sink == nil ? "" : " written to the sink")))
    }

    private func forAll(_ model: MatrixFactorizationModel, _ catalogue: Catalogue, _ console: Console) throws {
        let (format, titles) = (format ?? (json ? .ndjson : .csv), movies.movies.map { _ in catalogue })
        let side: RecommendationFormat.Side = forItems == nil ? .users : .items
        let output = sink == nil ? try RowOutput(path: out) : nil
        let table = try sink.map { try RecommendationSink($0, side) }
        let (own, others) = forItems == nil ? (model.userIDs, model.itemIDs) : (model.itemIDs, model.userIDs)
        var rows = 0
        try output?.write(format.header(side, titles))
        func put(_ index: Int, _ list: [Scored]) throws {
            if index & 0xFF == 0 { console.progress(side.rawValue, Double(index) / Double(own.count)) }
            rows += list.count
            try output?.write(format.rows(own[index], list, others, side, .model, titles))
            try table?.put(own[index], list, others, .model)
        }
        if let forItems {
            try model.recommendForAllItems(limit: forItems, includeSeen: includeSeen, put)
        } else {
            let filter = try RecommendationFilter(allow: allow, deny: deny, model, console)
            try model.recommendForAllUsers(
                limit: forUsers ?? 10, includeSeen: includeSeen, filter: filter, put)
        }
        try output?.finish()
        try table?.finish()
        console.endProgress()
        report(rows, console)
    }

    static func index(ofItem item: String, in model: MatrixFactorizationModel) throws -> Int {
        guard let index = model.itemIDs.index(of: item), model.knows(itemIndex: index) else {
            throw SwiftwaterError(
                .invalidArgument, "the model does not know item '\(item)'", remedy: "train with ratings of this item")
        }
        return index
    }

    /// Prints a ranked list with titles, scores, and genres.
    ///
    /// - Parameter reasons: Returns the lines to print below an item.
    static func show(
        _ best: [Scored], _ ids: IdentifierTable, _ catalogue: Catalogue, _ console: Console, places: Int = 2,
        reasons: (Scored) throws -> [String] = { _ in [] }
    ) throws {
        for (rank, scored) in best.enumerated() {
            try show(rank + 1, ids[scored.index], Double(scored.score), catalogue, console, places: places)
            for reason in try reasons(scored) { try console.line("       " + console.styled(reason, .dim)) }
        }
    }

    /// Prints a line of a ranked list.
    static func show(
        _ rank: Int, _ id: String, _ score: Double, _ catalogue: Catalogue, _ console: Console, places: Int = 2
    ) throws {
        let entry = catalogue[id]
        let title = Format.cut(TerminalText.safe(entry?.title ?? id), 40)
        let genres = entry.map { TerminalText.safe($0.genres.joined(separator: ", ")) } ?? ""
        try console.line(
            Format.right("\(rank)", 3) + "  " + Format.left(title, 40)
                + Format.right(Format.decimal(score, places), 7)
                + (genres.isEmpty ? "" : "  " + console.styled(genres, .dim)))
    }

    /// Prints a user of a ranked list.
    static func showUser(_ rank: Int, _ id: String, _ score: Double, _ console: Console) throws {
        try console.line(
            Format.right("\(rank)", 3) + "  user " + Format.left(TerminalText.safe(id), 12)
                + Format.right(Format.decimal(score, 2), 7))
    }
}
