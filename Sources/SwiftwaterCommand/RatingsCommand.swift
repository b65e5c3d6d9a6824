import ArgumentParser
import Swiftwater

struct RatingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ratings", abstract: "Summarizes a ratings file or shows its matrix.",
        discussion: """
              swiftwater ratings summary ratings.csv
              swiftwater ratings matrix ratings.csv --movies movies.csv
              swiftwater ratings summary s3a://films/ratings.csv \\
                --master sc://spark.example:15002
            """,
        subcommands: [Summary.self, Matrix.self])

    struct Summary: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "summary", abstract: "Shows counts and spread of ratings, users, and items.",
            usage: "swiftwater ratings summary [<options>] <file>",
            discussion: "  swiftwater ratings summary ratings.csv")

        @Argument(help: "CSV file of ratings.") var file: String
        @OptionGroup var options: RatingsOptions
        @OptionGroup var cluster: ClusterOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            #if SparkConnect
                if let master = cluster.master { return try await run(on: master) }
            #endif
            let console = Console()
            let summary = RatingsSummary(try options.read(file, console: console))
            try console.line(json ? summary.json : summary.text)
        }
    }

    struct Matrix: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "matrix", abstract: "Shows the user-item matrix, with ? for no rating.",
            usage: "swiftwater ratings matrix [<options>] <file>",
            discussion: """
                  swiftwater ratings matrix ratings.csv --movies movies.csv
                  swiftwater ratings matrix ratings.csv --most-rated --users 20
                """)

        @Argument(help: "CSV file of ratings.") var file: String
        @OptionGroup var options: RatingsOptions
        @Option(help: "Number of users to show.") var users = 12
        @Option(help: "Number of items to show.") var items = 8
        @Flag(help: "Show the most rated, not the first in the file.") var mostRated = false
        @OptionGroup var movies: MoviesOptions
        @OptionGroup var cluster: ClusterOptions
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            for (option, count) in [("--users", users), ("--items", items)] where !(1...1000).contains(count) {
                throw ValidationError("\(option) takes 1 to 1000, not \(count).")
            }
        }

        func run() async throws {
            #if SparkConnect
                if let master = cluster.master { return try await run(on: master) }
            #endif
            let console = Console()
            let ratings = try options.read(file, console: console)
            let catalogue = try movies.read(console)
            let table = MatrixTable(
                ratings, users: mostRated ? .mostRated(users) : .first(users),
                items: mostRated ? .mostRated(items) : .first(items))
            try show(table, of: ratings.count, catalogue, console)
        }

        func show(_ table: MatrixTable, of count: Int, _ catalogue: Catalogue, _ console: Console) throws {
            if json {
                return try console.line(JSONOutput.matrix(table, of: count, movies.movies.map { _ in catalogue }))
            }
            for line in table.lines(title: catalogue.title) { try console.line(line) }
            if table.users.count < table.totals.users || table.items.count < table.totals.items {
                let filled = 100 * Double(count) / Double(table.totals.users) / Double(table.totals.items)
                console.remark(
                    "\(table.users.count) of \(Format.count(table.totals.users, "user")) and \(table.items.count) of "
                        + "\(Format.count(table.totals.items, "item")); "
                        + "\(Format.decimal(filled, 2))% of the whole matrix is rated")
            }
        }
    }
}
