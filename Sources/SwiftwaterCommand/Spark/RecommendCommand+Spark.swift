#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    extension RecommendCommand {
        /// Recommends with a model of the cluster.
        func run(on master: String) async throws {
            let console = Console()
            try SparkTraining.refuse([
                (because, "--because"), (allow != nil, "--allow"), (deny != nil, "--deny"),
            ])
            let catalogue = try movies.read(console)
            let session = try await SparkTraining.session(master, console)
            try await SparkInterrupt.run(session, console) {
                let (model, train) = try await SparkALSModel.load(self.model, in: session)
                let side: RecommendationFormat.Side = item != nil || forItems != nil ? .items : .users
                let lists =
                    side == .items
                    ? try await model.recommendations(
                        forItems: top ?? forItems ?? 10, train: train, includeSeen: includeSeen, item: item)
                    : try await model.recommendations(
                        forUsers: top ?? forUsers ?? 10, train: train, includeSeen: includeSeen, user: user)
                if let clusterOut {
                    try await lists.write(
                        format != .ndjson ? "csv" : "json", to: clusterOut,
                        options: format != .ndjson ? ["header": "true"] : [:])
                    console.endProgress()
                    console.remark("recommendations (\(seenNote)) written to \(clusterOut) on the cluster")
                } else if let one = user ?? item, out == nil, format == nil {
                    try await show(one, side, lists, catalogue, train, console)
                } else {
                    try await write(lists, side, train, movies.movies.map { _ in catalogue }, console)
                }
            }
        }

        /// Prints the list of one user or item.
        private func show(
            _ id: String, _ side: RecommendationFormat.Side, _ lists: SparkTable, _ catalogue: Catalogue,
            _ train: SparkRatings, _ console: Console
        ) async throws {
            var (rows, note, places) = (try await lists.rows(), seenNote, 2)
            if rows.isEmpty, side == .users {
                rows = try await train.mostRated(top ?? forUsers ?? 10, for: id).rows()
                (note, places) = ("unknown to the model: most-rated items", 0)
            }
            console.endProgress()
            guard !rows.isEmpty else {
                throw SwiftwaterError(
                    .invalidArgument, "the model does not know item '\(id)'",
                    remedy: "train with ratings of this item")
            }
            let title = TerminalText.safe(side == .users ? id : catalogue.title(id))
            let what = side == .users ? "items for user" : "users for"
            try console.line(console.styled("Top \(rows.count) \(what) \(title) (\(note))", .bold))
            for row in rows {
                let (rank, other, score) = try Self.entry(row)
                if side == .users {
                    try Self.show(rank, other, Double(score), catalogue, console, places: places)
                } else {
                    try Self.showUser(rank, other, Double(score), console)
                }
            }
        }

        private static func entry(_ row: SparkRow) throws -> (rank: Int, other: String, score: Float) {
            guard row.values.count == 4, let rank = row[1].integer, let other = row[2].text, let score = row[3].number
            else { throw SwiftwaterError(.taskFailed, "Spark sent recommendations of other types than were asked for") }
            return (Int(rank), other, Float(score))
        }

        /// Writes all lists, row by row as they come.
        private func write(
            _ lists: SparkTable, _ side: RecommendationFormat.Side, _ train: SparkRatings, _ titles: Catalogue?,
            _ console: Console
        ) async throws {
            let format = format ?? .csv
            let state = Monitor((output: try RowOutput(path: out), count: 0))
            try state.update { try $0.output.write(format.header(side, titles)) }
            func put(_ table: SparkTable, _ source: Recommendation.Source) async throws {
                try await table.forEachRow { row in
                    let (rank, other, score) = try Self.entry(row)
                    try state.update { state in
                        try state.output.write(format.row(row[0].text ?? "", rank, other, score, side, source, titles))
                        state.count += 1
                    }
                }
            }
            try await put(lists, .model)
            if let user, state.read({ $0.count == 0 }) {
                try await put(train.mostRated(top ?? forUsers ?? 10, for: user), .popular)
            }
            console.endProgress()
            report(
                try state.update { state in
                    try state.output.finish()
                    return state.count
                }, console)
        }
    }
#endif
