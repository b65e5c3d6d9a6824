import ArgumentParser
import Logging
import Swiftwater
import SwiftwaterSamples

/// The trends demo: generated posts, sent over a real socket to the stream engine.
struct TrendsDemo {
    let console: Console
    let seed: UInt64
    let windows: Int
    let isJSON: Bool
    private let postsPerSecond = 4_000
    private let batch = Duration.seconds(1)

    init(console: Console, seed: UInt64, windows: Int, isJSON: Bool = false) {
        self.console = console
        self.seed = seed
        self.windows = windows
        self.isJSON = isJSON
    }

    func run() async throws {
        let count = postsPerSecond * (windows + 2)
        var settings = TextServer.Settings()
        settings.port = 0
        let server = try TextServer(settings)
        var logger = CommandLog.logger(isVerbose: false)
        logger.logLevel = .error
        let context = StreamingContext(
            Context(master: .local(threads: WorkerPool.coreCount), appName: "demo", logger: logger),
            batchInterval: batch)
        if !isJSON {
            try console.line(
                "\(Format.count(postsPerSecond, "post")) a second over 127.0.0.1:\(server.port), batches of 1 s,\n"
                    + "a window of 2 s. Watch #eclipse, #finalminute and #newalbum.\n")
        }
        let trends = TrendingSettings(window: .seconds(2), recordsEvidence: false)
        let view = TrendingView(console: console, top: 8, isJSON: isJSON)
        let screen = DemoScreen(isTerminal: console.hasColour && !isJSON)
        let left = Monitor(windows)
        context.socketTextStream(host: "127.0.0.1", port: server.port).trending(trends).forEachTable(name: "view") {
            [weak context] table in
            // The socket may connect after the first batch has started.
            guard !table.rows.isEmpty else { return }
            try screen.show(view.text(table))
            if left.update({
                $0 -= 1; return $0 == 0
            }) {
                context?.requestStop(gracefully: false)
            }
        }
        SystemThread.start(named: "swiftwater-demo-posts") { [seed, postsPerSecond] in
            server.waitForClients(1)
            var settings = PostGenerator.Settings()
            (settings.count, settings.seed) = (count, seed)
            settings.surges = PostGenerator.Surge.standard(posts: count)
            var sender = PacedSender(server: server, postsPerSecond: Double(postsPerSecond))
            for post in PostGenerator(settings) { sender.send(post.singleLine) }
            sender.flush()
        }
        try await context.start()
        let isStopped = Monitor(false)
        let signals = StopSignals {
            isStopped.update { $0 = true }
            context.requestStop(gracefully: false)
        }
        defer { withExtendedLifetime(signals) {} }
        try await context.awaitTermination()
        server.close(patience: .zero)
        if isStopped.read({ $0 }) { ExitStatus.leave(130) }
    }
}

/// Output that redraws each table over the last one on a terminal, and appends it elsewhere.
final class DemoScreen: Sendable {
    private let isTerminal: Bool
    private let linesShown = Monitor(0)

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    func show(_ text: String) throws {
        let above = linesShown.update { shown in
            defer { shown = text.count { $0 == "\n" } }
            return shown
        }
        try StandardStream.output.write((isTerminal && above > 0 ? "\u{1B}[\(above)A\u{1B}[J" : "") + text)
    }
}
