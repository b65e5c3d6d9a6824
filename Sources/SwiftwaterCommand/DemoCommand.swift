import ArgumentParser
import Logging
import Swiftwater

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs both case studies in under a minute.",
        discussion: """
            Generates posts in which some tags surge, serves them over a TCP socket, and \
            shows what is trending. Then generates ratings, trains a model, plots RMSE by \
            iteration, and recommends films. Needs no network and no files.

              swiftwater demo
              swiftwater demo --windows 3 --seed 11
              swiftwater demo --json
            """)

    @Option(help: "Seed for posts and ratings.") var seed: UInt64 = 7
    @Option(help: "Number of trend windows to show.") var windows = 6
    @Flag(help: "Print JSON: a line for each window, and one for the films.") var json = false

    func validate() throws {
        guard (1...50).contains(windows) else { throw ValidationError("--windows takes 1 to 50.") }
    }

    func run() async throws {
        let console = Console()
        if json {
            try await TrendsDemo(console: console, seed: seed, windows: windows, isJSON: true).run()
            return try console.line(MoviesDemo(console: console, seed: seed).json())
        }
        try console.line(console.styled("1  What is trending", .bold))
        try await TrendsDemo(console: console, seed: seed, windows: windows).run()
        try console.line(console.styled("2  What to recommend", .bold))
        try MoviesDemo(console: console, seed: seed).run()
        try console.line(
            """

            Next: swiftwater serve --demo              both on a live page
                  swiftwater trends --source jetstream:  what Bluesky talks about
            """)
    }
}
