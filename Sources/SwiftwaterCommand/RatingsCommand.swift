import ArgumentParser
import Swiftwater

struct RatingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ratings", abstract: "Summarizes a ratings file or shows its matrix.",
        discussion: """
              swiftwater ratings summary ratings.csv
              swiftwater ratings matrix ratings.csv --movies movies.csv
            """,
        subcommands: [Summary.self, Matrix.self])

    struct Summary: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "summary", abstract: "Shows counts and spread of ratings, users, and items.",
            usage: "swiftwater ratings summary [<options>] <file>",
            discussion: "  swiftwater ratings summary ratings.csv")

        @Argument(help: "CSV file of ratings.") var file: String
        @OptionGroup var options: RatingsOptions
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let console = Console()
            let ratings = try options.read(file, console: console)
            let summary = RatingsSummary(ratings)
            try console.line(json ? summary.json : summary.text)
        }
    }

    struct Matrix: ParsableCommand {
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

        func run() throws {
            let console = Console()
            let ratings = try options.read(file, console: console)
            let catalogue = try movies.read(console)
            let table = MatrixTable(
                ratings, users: mostRated ? .mostRated(users) : .first(users),
                items: mostRated ? .mostRated(items) : .first(items))
            for line in table.lines(title: catalogue.title) { try console.line(line) }
            if table.users.count < table.totals.users || table.items.count < table.totals.items {
                let filled = 100 * Double(ratings.count) / Double(table.totals.users) / Double(table.totals.items)
                console.remark(
                    "\(table.users.count) of \(Format.count(table.totals.users)) users and \(table.items.count) of "
                        + "\(Format.count(table.totals.items)) items; "
                        + "\(Format.decimal(filled, 2))% of the whole matrix is rated")
            }
        }
    }
}

/// Counts and distribution of ratings.
struct RatingsSummary {
    let ratings: Ratings
    private let perUser: [Int]
    private let perItem: [Int]
    private let histogram: [(value: Float, count: Int)]

    init(_ ratings: Ratings) {
        self.ratings = ratings
        func counts(_ column: [UInt32], _ count: Int) -> [Int] {
            var counts = [Int](repeating: 0, count: count)
            for index in column { counts[Int(index)] += 1 }
            return counts.sorted()
        }
        perUser = counts(ratings.users, ratings.userIDs.count)
        perItem = counts(ratings.items, ratings.itemIDs.count)
        var byValue: [Float: Int] = [:]
        for value in ratings.values { byValue[value, default: 0] += 1 }
        histogram = byValue.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    var text: String {
        func spread(_ counts: [Int]) -> String {
            "\(Format.count(counts.first ?? 0)) to \(Format.count(counts.last ?? 0)), "
                + "median \(Format.count(counts[counts.count / 2]))"
        }
        let cells = Double(perUser.count) * Double(perItem.count)
        var lines = [
            "ratings           \(Format.count(ratings.count))",
            "users             \(Format.count(perUser.count)), ratings each: \(spread(perUser))",
            "items             \(Format.count(perItem.count)), ratings each: \(spread(perItem))",
            "rated             \(Format.decimal(100 * Double(ratings.count) / cells, 3))% of the matrix",
            "mean rating       \(Format.decimal(ratings.mean))",
        ]
        if histogram.count <= 20 {
            let most = histogram.map(\.count).max() ?? 1
            for (value, count) in histogram {
                let bar = String(repeating: "█", count: max(1, count * 40 / most))
                lines.append(
                    Format.right(Format.decimal(Double(value), 1), 9) + Format.right(Format.count(count), 13) + "  "
                        + bar)
            }
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        JSONWriter.object { json in
            json.member("ratings", ratings.count)
            json.member("users", perUser.count)
            json.member("items", perItem.count)
            json.member("mean", ratings.mean)
            json.member("histogram", array: histogram) { json, bar in
                json.object {
                    $0.member("rating", bar.value)
                    $0.member("count", bar.count)
                }
            }
        }
    }
}
