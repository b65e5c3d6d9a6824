import ArgumentParser
import Swiftwater
import SwiftwaterSamples

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Generates sample posts or ratings.",
        discussion: """
            Posts contain hashtags. Ratings have a known noise floor. The same preset and \
            seed always produce the same bytes.

              swiftwater generate posts --preset 100k --out posts.txt
              swiftwater generate ratings --preset 1m --out data
            """,
        subcommands: [Posts.self, RatingsData.self])

    struct Posts: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "posts", abstract: "Generates posts as text or as Twitter v1.1 JSON lines.",
            usage: "swiftwater generate posts [<options>]",
            discussion: "  swiftwater generate posts --preset 100k --seed 7 --out posts.txt")

        @Option(help: "Number of posts.") var preset = SamplePreset.hundredThousand
        @Option(help: "Seed.") var seed: UInt64 = 7
        @Option(help: "Output format.") var format = PostFormat.text
        @Option(help: "Output file; standard output by default.") var out: String?
        @Flag(help: "With --out: print JSON about the file.") var json = false

        func validate() throws {
            try RequiredOption.check("--out FILE", isThere: out != nil && out != "-", for: ["--json": json])
        }

        func run() throws {
            let console = Console()
            try OutputPlace.check([("--out", out)])
            var settings = PostGenerator.Settings()
            (settings.count, settings.seed) = (preset.posts, seed)
            // Three tags rise above the background, one after another.
            settings.surges = PostGenerator.Surge.standard(posts: preset.posts)
            let file = try out.flatMap { $0 == "-" ? nil : try AtomicFile(path: $0) }
            var chunk = ""
            var made = 0
            for post in PostGenerator(settings) {
                chunk += (format == .text ? post.singleLine : PostGenerator.twitterLine(post)) + "\n"
                made += 1
                if chunk.utf8.count > 1 << 18 {
                    try put(chunk, file)
                    chunk = ""
                    console.progress("posts", Double(made) / Double(preset.posts))
                }
            }
            try put(chunk, file)
            try file?.commit()
            console.endProgress()
            if json {
                return try console.line(
                    JSONWriter.object { json in
                        json.member("posts", made)
                        json.member("seed", seed)
                        json.member("out", out)
                    })
            }
            console.remark("\(Format.count(made, "post"))" + (out.map { " written to \($0)" } ?? ""))
        }

        private func put(_ text: String, _ file: AtomicFile?) throws {
            if let file { try file.write(text) } else { try StandardStream.output.write(text) }
        }
    }

    struct RatingsData: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ratings", abstract: "Generates ratings.csv and movies.csv like MovieLens.",
            usage: "swiftwater generate ratings [<options>] --out <out>",
            discussion: "  swiftwater generate ratings --preset 1m --seed 7 --out data")

        @Option(help: "MovieLens data set to resemble.") var preset = SamplePreset.hundredThousand
        @Option(help: "Seed.") var seed: UInt64 = 7
        @Option(help: "Output directory.") var out: String
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            let console = Console()
            try URLFileSystem().createDirectory(out)
            let generator = try RatingsGenerator(.init(preset: preset, seed: seed))
            let file = try AtomicFile(path: out + "/ratings.csv")
            try file.write("userId,movieId,rating,timestamp\n")
            var made = 0
            let report = try generator.forEach { user, item, rating, timestamp in
                let half = Int(rating * 2)
                try file.write("\(user),\(item),\(half / 2).\(half % 2 * 5),\(timestamp)\n")
                made += 1
                if made & 0xFFFF == 0 { console.progress("ratings", Double(made) / Double(preset.ratings.ratings)) }
            }
            try file.commit()
            let movies = try AtomicFile(path: out + "/movies.csv")
            try movies.write("movieId,title,genres\n")
            for film in generator.catalogue {
                try movies.write("\(film.id),\(CSVReader.quoted(film.title)),\(film.genres.joined(separator: "|"))\n")
            }
            try movies.commit()
            console.endProgress()
            if json {
                return try console.line(
                    JSONWriter.object { json in
                        json.member("ratings", report.ratings)
                        json.member("seed", seed)
                        json.member("noiseFloor", report.noiseFloor)
                        json.member("deviation", report.deviation)
                        json.member("out", [out + "/ratings.csv", out + "/movies.csv"])
                    })
            }
            try console.line(
                "\(Format.count(report.ratings, "rating")) written to \(out)/ratings.csv, films to \(out)/movies.csv\n"
                    + "noise floor (RMSE of the planted model): \(Format.decimal(report.noiseFloor))\n"
                    + "RMSE of predicting the mean:             \(Format.decimal(report.deviation))")
        }
    }
}

enum PostFormat: String, ExpressibleByArgument, CaseIterable { case text, ndjson }

extension SamplePreset: ExpressibleByArgument {}

extension PostGenerator.Surge {
    /// Returns the surges of the samples and the demo: three tags, each rising during part of the posts.
    static func standard(posts: Int) -> [PostGenerator.Surge] {
        [
            .init(tag: "eclipse", posts: posts / 5..<posts * 2 / 5, share: 0.12),
            .init(tag: "finalminute", posts: posts * 2 / 5..<posts * 7 / 10, share: 0.2),
            .init(tag: "newalbum", posts: posts * 3 / 5..<posts, share: 0.15),
        ]
    }
}
