#if SparkConnect
    import Swiftwater
    import SwiftwaterSpark

    extension RatingsCommand {
        /// Reads ratings on a cluster, and calls `body` with them.
        static func read(
            _ file: String, on master: String, _ options: RatingsOptions, _ cluster: ClusterOptions, _ console: Console,
            _ body: @escaping @Sendable (SparkRatings, SparkSession) async throws -> Void
        ) async throws {
            try SparkTraining.check(options, upload: cluster.upload)
            let session = try await SparkTraining.session(master, console)
            try await SparkInterrupt.run(session, console) {
                try await body(
                    try await SparkTraining.read(file, session, options, cluster, console), session)
            }
        }
    }

    extension RatingsCommand.Summary {
        func run(on master: String) async throws {
            let console = Console()
            try await RatingsCommand.read(file, on: master, options, cluster, console) { ratings, session in
                let summary = try await RatingsSummary(ratings, session)
                console.endProgress()
                try console.line(json ? summary.json : summary.text)
            }
        }
    }

    extension RatingsCommand.Matrix {
        func run(on master: String) async throws {
            let console = Console()
            let catalogue = try movies.read(console)
            try await RatingsCommand.read(file, on: master, options, cluster, console) { ratings, _ in
                let (table, count) = try await matrix(ratings)
                console.endProgress()
                try show(table, of: count, catalogue, console)
            }
        }

        private func matrix(_ ratings: SparkRatings) async throws -> (MatrixTable, count: Int) {
            let sizes = ratings.sizes
            let cells = try await ratings.cells(users: users, items: items, mostRated: mostRated)
            let table = MatrixTable(
                users: cells.users, items: cells.items, ratings: cells.ratings,
                totals: (sizes.users, sizes.items))
            return (table, sizes.ratings)
        }
    }
#endif
