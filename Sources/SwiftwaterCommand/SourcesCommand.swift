import ArgumentParser
import Swiftwater

struct SourcesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sources", abstract: "Tries sources of posts, and shows the rules of X.",
        subcommands: [Check.self] + rules)

    #if Services
        private static let rules: [any ParsableCommand.Type] = [Rules.self]
    #else
        private static let rules: [any ParsableCommand.Type] = []
    #endif

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Connects to a source, and says what comes from it.",
            usage: "swiftwater sources check [<options>] <url>",
            discussion: """
                Counts what comes for a while, and keeps nothing. Exits with 69 if the source \
                was not reached. Posts of ack:// and push:// would be acknowledged, so these \
                are not checked.

                  swiftwater sources check jetstream:
                  swiftwater sources check socket://127.0.0.1:7773 --for 30s --json
                """)
        @Argument(help: "Source, as for trends.", transform: PostSource.init(parsing:)) var url: PostSource
        @Option(
            name: .customLong("for"), parsing: .unconditional, help: "How long. (default: 10s)",
            transform: DurationArgument.init(parsing:))
        var length = DurationArgument(.seconds(10))
        @OptionGroup var files: PostFileOptions
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            try files.check(hasFiles: url.hasFiles)
            switch url {
            case .acknowledged, .push:
                throw ValidationError("Posts of ack:// and push:// would be acknowledged, and lost.")
            case .rate: throw ValidationError("Only a Spark cluster reads rate:.")
            case .archive: throw ValidationError("Read a file with trends, such as: trends --source file:PATH.")
            case .socket, .files, .followed, .live, .kafka, .mongo: break
            }
        }

        func run() async throws {
            let context = StreamingContext(
                Context(master: .local(threads: 1), appName: "check", logger: CommandLog.logger(isVerbose: false)),
                batchInterval: .milliseconds(500))
            let relay = Monitor((relay: Relay(format: .posts), example: String?.none))
            let posts = try url.stream(in: context, nil, token: nil, format: try files.format).named("source")
            posts.forEachBatch(name: "check") { rdd, _ in
                let lines = try rdd.collect()
                relay.update { found in
                    for line in lines {
                        for output in found.relay.take(line, source: "the source") {
                            if let post = output.post { found.example = Relay.display(post) }
                        }
                    }
                }
            }
            try await context.start()
            let console = Console()
            let isStopped = Monitor(false)
            let signals = StopSignals { isStopped.update { $0 = true } }
            defer { withExtendedLifetime(signals) {} }
            let clock = SystemClock()
            let begin = clock.elapsed()
            while clock.elapsed() - begin < length.duration, !isStopped.read({ $0 }) {
                console.progress("listening", (clock.elapsed() - begin) / length.duration)
                try await Task.sleep(for: .milliseconds(100))
            }
            console.endProgress()
            let seconds = (clock.elapsed() - begin).inSeconds
            let status = context.sourceStatuses.first?.status
            try await context.stop(gracefully: true)
            let (found, example) = relay.read { $0 }
            try StandardStream.output.write(
                json ? document(found, example, status, seconds) : text(found, example, status, seconds))
            guard found.counts.lines > 0 || status?.link == .connected else {
                throw SwiftwaterError(
                    .network, status?.reason ?? "nothing came in \(length.duration.label)",
                    remedy: "check the address, and whether a program listens there")
            }
        }

        private func text(_ relay: Relay, _ example: String?, _ status: SourceStatus?, _ seconds: Double) -> String {
            let counts = relay.counts
            var rows: [(String, String)] = []
            if let status {
                rows.append(("connection", "\(status.link.rawValue), \(status.place)"))
                if let delay = status.delay {
                    rows.append(("delay", "\(Format.decimal(delay.inSeconds, 1)) s behind the service"))
                }
                if let behind = status.behind { rows.append(("waiting", Format.count(behind) + " messages")) }
                if status.malformed > 0 { rows.append(("unreadable", Format.count(status.malformed) + " messages")) }
            }
            let rate = Format.decimal(Double(counts.relayed) / max(seconds, 0.001), 1)
            rows.append(("lines", "\(Format.count(counts.lines)) in \(Format.decimal(seconds, 1)) s"))
            rows.append(("posts", "\(Format.count(counts.relayed)), \(rate) a second"))
            if counts.deletions > 0 { rows.append(("deletions", Format.count(counts.deletions))) }
            if counts.controls > 0 { rows.append(("other", Format.count(counts.controls) + " events")) }
            if counts.malformed > 0 { rows.append(("malformed", Format.count(counts.malformed))) }
            for sample in relay.samples { rows.append(("", TerminalText.safe("\(sample)"))) }
            if let example { rows.append(("a post", TerminalText.safe(example))) }
            return rows.map { Format.left($0.0, 12) + $0.1 + "\n" }.joined()
        }

        private func document(
            _ relay: Relay, _ example: String?, _ status: SourceStatus?, _ seconds: Double
        ) -> String {
            JSONWriter.object { json in
                json.member("link", status?.link.rawValue)
                json.member("place", status?.place)
                json.member("delayMilliseconds", status?.delay?.wholeMilliseconds)
                json.member("behind", status?.behind)
                json.member("seconds", seconds)
                json.member("lines", relay.counts.lines)
                json.member("posts", relay.counts.relayed)
                json.member("postsPerSecond", Double(relay.counts.relayed) / max(seconds, 0.001))
                json.member("deletions", relay.counts.deletions)
                json.member("other", relay.counts.controls)
                json.member("malformed", relay.counts.malformed)
                json.member("example", example)
            } + "\n"
        }
    }
}
