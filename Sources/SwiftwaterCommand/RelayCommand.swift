import ArgumentParser
import Swiftwater

struct RelayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay",
        abstract: "Serves posts, one per line, to every program that connects.",
        usage: """
            swiftwater relay [<options>] --from <path>
            swiftwater relay [<options>] --source <url>
            """,
        discussion: """
            Reads live posts, or plain lines, rows of CSV, or JSON lines of Twitter v1.1, \
            X v2, Bluesky Jetstream or Mastodon, from a file (plain or gzip), the files of \
            a directory, or standard input. Keeps posts with a tracked word, and shows their text, time, \
            name and location.

            --format text serves each post's text on one line, as the classic program \
            expects. Id, author, time, language and the service's own tags are lost: \
            trends counts such posts by arrival time, without authors. \
            --format posts serves one JSON line per post with all of these, and \
            deletions; trends and serve read it from any text source.

              swiftwater relay --source jetstream: --track corona
              swiftwater relay --source jetstream: --record posts.ndjson --quiet
              swiftwater relay --from posts.ndjson --track corona --rate 100
              swiftwater relay --from posts.ndjson --format posts
              swiftwater relay --from tweets.csv --text-column tweet --track corona
              zcat archive.gz | swiftwater relay --from - --quiet
              swiftwater relay --from posts.txt --ack --sender posts.txt
              swiftwater relay --source jetstream: --to kafka://broker:9092/posts
            """)

    @Option(help: "File, directory of files, or - for standard input.") var from: String?
    @Option(help: ArgumentHelp("Live source, such as jetstream: (see swiftwater connectors).", valueName: "url"))
    var source: String?
    @Option(help: "With --source x: a rule in X's language (repeatable). Words of --track become rules, too.")
    var rule: [String] = []
    @Option(help: "With --source: also add every line, as the service sends it, to this file.") var record: String?
    @Option(help: "Output format: text, or posts for whole posts as JSON.") var format = Relay.Format.text
    @Option(
        help: """
            Keep posts with this whole word, ignoring case and signs: corona also keeps #corona, but not \
            coronavirus. All words of a phrase must be there (repeatable).
            """)
    var track: [String] = []
    @Flag(help: "With --track: the sign belongs to the word, so that #corona does not keep corona.")
    var trackExact = false
    @Option(help: "Posts per second, such as 100 or 100/s. Default: as fast as clients read.") var rate: String?
    @Option(name: .customLong("port"), help: "Port to serve on; 0 picks a free one. (default: 7773)")
    var givenPort: Int?
    @Option(name: .customLong("host"), help: "Address to serve on. (default: 127.0.0.1)") var givenHost: String?
    @Option(help: "Wait for this many clients first. (default: 1; 0 with --source)") var waitForClients: Int?
    @Flag(help: "Do not show the posts.") var quiet = false
    @Flag(help: "Do not show the posts: print JSON when the relay is ready, and at its end.") var json = false
    @Flag(help: "Keep each post until the receiver (trends --source ack://) acknowledges it. One receiver.")
    var ack = false
    @Option(
        help: """
            kafka://BROKER/TOPIC: write posts to a topic. With --ack, HOST:PORT: connect to a listening receiver \
            (trends --source push://).
            """)
    var to: String?
    @Option(help: "With --to: file whose first line is the receiver's token (or SWIFTWATER_TOKEN).")
    var tokenFile: String?
    @Option(
        help: "With --ack: the name under which posts are numbered. A relay with the same name and posts resumes.")
    var sender: String?

    @OptionGroup var files: PostFileOptions
    @Option(help: "Drop and count longer lines.") var lineLengthMaxBytes = LineLimits().lineLengthMaxBytes

    func validate() throws {
        guard (from == nil) != (source == nil) else {
            throw ValidationError(
                from == nil ? "Give --from PATH or --source URL." : "Give --from PATH or --source URL, not both.")
        }
        if let source { try PostSource.checkLive(source) }
        if source != nil, ack || rate != nil {
            throw ValidationError("--ack and --rate are for posts from --from: live ones come once, and as they come.")
        }
        try files.check(hasFiles: from != nil, path: from)
        if !rule.isEmpty, source?.hasPrefix("x:") != true { throw ValidationError("--rule requires --source x:.") }
        if record != nil, source == nil { throw ValidationError("--record requires --source.") }
        if rate != nil && postsPerSecond == nil {
            throw ValidationError(
                "--rate takes 0.001 to 1000000000 posts a second, such as 100 or 100/s, not '\(rate!)'.")
        }
        guard (0...65535).contains(port) else { throw ValidationError("--port takes 0 to 65535, not \(port).") }
        if isToKafka {
            if ack || sender != nil || waitForClients != nil {
                throw ValidationError("--ack, --sender and --wait-for-clients do not go with --to kafka://.")
            }
            _ = try PostSource(parsing: to!)
        } else if !ack, to != nil || sender != nil {
            throw ValidationError("--to HOST:PORT and --sender require --ack.")
        }
        if to != nil, givenPort != nil || givenHost != nil {
            throw ValidationError("--port and --host are for serving posts; --to sends them to an address.")
        }
        if ack, waitForClients != nil {
            throw ValidationError("--wait-for-clients does not go with --ack, which always waits for its receiver.")
        }
        if let sender, sender.isEmpty || sender.utf8.count > 1000 || sender.contains("\n") {
            throw ValidationError("--sender takes a name of 1 to 1000 bytes in one line.")
        }
        if to == nil || isToKafka, tokenFile != nil {
            throw ValidationError("--token-file requires --to HOST:PORT, a receiver.")
        }
        if to != nil, target == nil, !isToKafka { throw ValidationError("--to takes HOST:PORT, not '\(to!)'.") }
        guard (waitForClients ?? 0) >= 0 else { throw ValidationError("--wait-for-clients takes 0 or more.") }
        guard lineLengthMaxBytes >= 1 else { throw ValidationError("--line-length-max-bytes takes 1 or more.") }
        if trackExact, track.isEmpty { throw ValidationError("--track-exact requires --track.") }
        for word in track where TrackFilter([word]).isEmpty {
            throw ValidationError("--track takes a word of letters or digits, not '\(word)'.")
        }
    }

    var port: Int { givenPort ?? 7773 }
    var host: String { givenHost ?? "127.0.0.1" }
    var isToKafka: Bool { to?.hasPrefix("kafka://") ?? false }

    private var postsPerSecond: Double? {
        guard let rate, let value = Double(rate.hasSuffix("/s") ? String(rate.dropLast(2)) : rate),
            (0.001...1e9).contains(value)
        else { return nil }
        return value
    }

    private var target: (host: String, port: Int)? {
        guard let address = to.flatMap(HostPort.init), address.port > 0 else { return nil }
        return (address.host, address.port)
    }

    func run() throws {
        let console = Console()
        if let source { return try runLive(source, console) }
        let paths = try inputs(from!)
        if ack { return try runAcknowledged(paths, console) }
        if isToKafka { return try runToKafka(paths, console) }
        var settings = TextServer.Settings()
        (settings.host, settings.port) = (host, port)
        let server = try TextServer(settings)
        let stop = RelayStop()
        let signals = StopSignals { stop.now(server) }
        defer { withExtendedLifetime(signals) {} }
        let awaited = waitForClients ?? 1
        try ready(
            "serving posts on \(host):\(server.port)" + (awaited > 0 ? "; waiting for a client" : ""), console
        ) { Self.write(host, server.port, to: &$0) }
        server.waitForClients(awaited)
        var sender = PacedSender(server: server, postsPerSecond: postsPerSecond, stop: stop)
        let relay = try read(paths, stop, console, send: { sender.send($0) }, flush: { sender.flush() })
        server.close(patience: stop.isAsked ? .milliseconds(500) : .seconds(10))
        try report(relay, missed: server.missedSends, clients: server.acceptedClients, console)
        stop.finished()
    }

    /// Whether posts are shown.
    var showsPosts: Bool { !quiet && !json }

    /// Reads all files and sends the tracked posts.
    private func read(
        _ paths: [String], _ stop: RelayStop, _ console: Console, send: (String) throws -> Void,
        flush: () throws -> Void
    ) throws -> Relay {
        var relay = Relay(track: TrackFilter(track, isExact: trackExact), format: format)
        let limits = LineLimits(lineLengthMaxBytes: lineLengthMaxBytes)
        for path in paths where !stop.isAsked {
            var reader = try BlockReader(path: path, limits: limits, format: try files.format)
            while !stop.isAsked, let block = try reader.next() {
                try block.forEachLine { line in
                    guard !stop.isAsked else { return }
                    for output in relay.take(line, source: path) {
                        if showsPosts, let post = output.post { try console.line(Relay.display(post)) }
                        try send(output.line)
                    }
                }
                try flush()
            }
            relay.finish(source: path)
            for message in reader.warnings() { console.remark("\(path): \(message)") }
        }
        try flush()
        return relay
    }

    /// Writes to a topic.
    private func runToKafka(_ paths: [String], _ console: Console) throws {
        let topic = try KafkaSender(to!)
        let stop = RelayStop()
        let signals = StopSignals { stop.ask() }
        defer { withExtendedLifetime(signals) {} }
        try ready("writing posts to \(topic.label)", console) { $0.member("to", topic.label) }
        var sender = PacedKafkaSender(topic, postsPerSecond: postsPerSecond, stop: stop)
        let relay = try read(paths, stop, console, send: { try sender.send($0) }, flush: { try sender.flush() })
        try report(relay, missed: 0, console)
        stop.finished()
    }

    /// Sends to a receiver that acknowledges posts.
    private func runAcknowledged(_ paths: [String], _ console: Console) throws {
        var settings = AcknowledgedSender.Settings()
        (settings.host, settings.port, settings.connects) = (target?.host ?? host, target?.port ?? port, target != nil)
        if target != nil { settings.token = try Secret.read(environment: "SWIFTWATER_TOKEN", file: tokenFile) }
        if let sender { settings.name = sender }
        settings.report = { console.remark("swiftwater: \($0)") }
        let line = try AcknowledgedSender(settings)
        let stop = RelayStop()
        let signals = StopSignals {
            stop.ask()
            line.close(patience: .milliseconds(500))
        }
        defer { withExtendedLifetime(signals) {} }
        try ready(
            target.map { "sending posts to \($0.host):\($0.port)" }
                ?? "serving posts on \(host):\(line.port); waiting for a receiver", console
        ) { json in
            if let target {
                json.member("to", "\(target.host):\(target.port)")
            } else {
                Self.write(host, line.port, to: &json)
            }
        }
        var pace = Pace(postsPerSecond: postsPerSecond, stop: stop)
        let relay = try read(
            paths, stop, console,
            send: {
                pace.wait { line.flush() }
                try line.send($0)
            }, flush: { line.flush() })
        line.close(patience: stop.isAsked ? .milliseconds(500) : nil)
        // What was read after a signal was not sent anymore.
        let (lines, safe) = (relay.counts.relayed + relay.counts.deletions, Int(line.safePosition))
        try report(relay, missed: 0, acknowledged: (safe, max(0, lines - safe)), console)
        stop.finished()
    }

    /// Returns the files to read. Fails on missing ones before clients connect.
    private func inputs(_ from: String) throws -> [String] {
        if from == "-" { return [from] }
        let places = URLFileSystem()
        guard try places.isDirectory(from) else {
            let limits = LineLimits(lineLengthMaxBytes: lineLengthMaxBytes)
            var reader = try BlockReader(path: from, limits: limits, format: try files.format)
            guard try reader.next() != nil else {
                throw SwiftwaterError(
                    .malformedInput, "the file is empty", at: .init(file: from), remedy: "name a file with posts")
            }
            return [from]
        }
        let files = try places.entries(from).filter { !$0.isDirectory && !$0.name.hasPrefix(".") }
            .map { (from.hasSuffix("/") ? from : from + "/") + $0.name }
        guard !files.isEmpty else {
            throw SwiftwaterError(.notFound, "the directory \(from) has no files", remedy: "name one with posts")
        }
        return files
    }
}

extension Relay.Format: ExpressibleByArgument {}
