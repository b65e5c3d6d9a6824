import ArgumentParser
import Logging
import Swiftwater

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Both case studies in under a minute, without network or files.",
        discussion: """
            Makes posts in which some tags surge, serves them over a TCP socket, and \
            shows what is trending; then makes ratings, trains, draws RMSE against \
            iterations, and recommends.
            """)

    @Option(help: "The seed of posts and ratings.") var seed: UInt64 = 7
    @Option(help: "How many windows of trends to show.") var windows = 6

    func validate() throws {
        guard (1...50).contains(windows) else { throw ValidationError("--windows takes 1 to 50.") }
    }

    func run() async throws {
        let console = Console()
        try console.line(console.styled("1  What is trending", .bold))
        try await TrendsDemo(console: console, seed: seed, windows: windows).run()
        try console.line(console.styled("2  What to recommend to whom", .bold))
        try MoviesDemo(console: console, seed: seed).run()
    }
}

/// Generated posts over a real socket into the stream engine.
struct TrendsDemo {
    let console: Console
    let seed: UInt64
    let windows: Int
    private let postsPerSecond = 4_000
    private let batch = Duration.seconds(1)

    init(console: Console, seed: UInt64, windows: Int) {
        self.console = console
        self.seed = seed
        self.windows = windows
    }

    func run() async throws {
        let count = postsPerSecond * (windows + 2)
        var settings = TextServer.Settings()
        settings.port = 0
        let server = try TextServer(settings)
        var logger = Logger(label: "swiftwater", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .error
        let context = StreamingContext(
            Context(master: .local(threads: WorkerPool.coreCount), appName: "demo", logger: logger),
            batchInterval: batch)
        try console.line(
            "\(Format.count(postsPerSecond)) posts a second over 127.0.0.1:\(server.port), batches of 1 s,\n"
                + "a window of 2 s. Watch #eclipse, #finalminute and #newalbum.\n"
        )
        var trends = TrendsSettings()
        trends.window = .seconds(2)
        let view = TrendView(console: console, top: 8, isJSON: false)
        let screen = DemoScreen(console: console)
        let left = Monitor(windows)
        context.socketTextStream(host: "127.0.0.1", port: server.port).forEachTrendTable(trends) {
            [weak context] table in
            // The socket may connect after the first batch has begun.
            guard !table.rows.isEmpty else { return }
            try screen.show(view.text(table))
            if left.update({
                $0 -= 1; return $0 == 0
            }) {
                context?.requestStop(gracefully: false)
            }
        }
        startThread(named: "swiftwater-demo-posts") { [seed, postsPerSecond] in
            server.waitForClients(1)
            var settings = PostGenerator.Settings()
            (settings.count, settings.seed) = (count, seed)
            settings.surges = PostGenerator.Surge.standard(posts: count)
            var sender = PacedSender(server: server, postsPerSecond: Double(postsPerSecond))
            for post in PostGenerator(settings) { sender.send(post.singleLine) }
            sender.flush()
        }
        try await context.start()
        try await context.awaitTerminationStoppingOnSignals()
        server.close(patience: .zero)
    }
}

/// In a terminal each table takes the place of the one before; elsewhere they follow each other.
final class DemoScreen: Sendable {
    private let isTerminal: Bool
    private let linesShown = Monitor(0)

    init(console: Console) { isTerminal = console.hasColour }

    func show(_ text: String) throws {
        let above = linesShown.update { shown in
            defer { shown = text.count { $0 == "\n" } }
            return shown
        }
        try StandardStream.output.write((isTerminal && above > 0 ? "\u{1B}[\(above)A\u{1B}[J" : "") + text)
    }
}

/// Generated ratings, a model, its curve and its recommendations.
struct MoviesDemo {
    let console: Console
    let seed: UInt64

    func run() throws {
        let clock = ContinuousClock()
        let (ratings, report, catalogue) = try RatingsGenerator(.init(preset: .oneMillion, seed: seed)).make()
        try console.line(
            "\(Format.count(ratings.count)) ratings by \(Format.count(ratings.userIDs.count)) users of \(Format.count(ratings.itemIDs.count)) films;\na perfect model would reach RMSE \(Format.decimal(report.noiseFloor))\n"
        )
        for line in MatrixTable(ratings, users: .first(5), items: .mostRated(4)).lines(title: catalogue.title) {
            try console.line("  " + line)
        }
        let parts = try ratings.split(weights: [60, 20, 20], seed: seed)
        var settings = ALSSettings()
        settings.seed = seed
        let start = clock.now
        let (curve, model) = try LearningCurve.fit(
            settings, iterations: [1, 3, 5, 7], train: parts[0], validation: parts[1])
        let spent = clock.now - start
        try console.line(
            "\nALS, rank \(settings.rank), 7 iterations and their evaluation in \(Format.seconds(spent)):\n")
        try TuneCommand.show(curve, console)
        try console.line(EvaluateCommand.describe(try model.evaluate(on: parts[2]), on: "test"))
        try console.line()
        try recommend(model, catalogue)
    }

    private func recommend(_ model: MatrixFactorizationModel, _ catalogue: Catalogue) throws {
        let user = model.userIDs.index(of: "42") ?? 0
        try console.line(console.styled("Top 10 films for user \(model.userIDs[user]) (rated ones left out)", .bold))
        let best = model.recommendItems(forUser: user, limit: 10)
        try RecommendCommand.show(best, model.itemIDs, catalogue, console)
        guard let film = best.first?.index else { return }
        try console.line(console.styled("\nTop 10 users for \(catalogue.title(model.itemIDs[film]))", .bold))
        let users = model.recommendUsers(forItem: film, limit: 10)
        let names = users.map { "user \(model.userIDs[$0.index]) (\(Format.decimal(Double($0.score), 2)))" }
        for start in stride(from: 0, to: names.count, by: 5) {
            try console.line("     " + names[start..<min(start + 5, names.count)].joined(separator: ", "))
        }
    }
}
