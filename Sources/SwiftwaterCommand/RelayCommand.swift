import ArgumentParser
import Swiftwater

struct RelayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay",
        abstract: "Serves posts, one a line, to every program that connects.",
        discussion: """
            Reads plain lines, or JSON lines as Twitter v1.1, X v2, Bluesky \
            Jetstream and Mastodon write them, from a file (plain or gzip), the \
            files of a directory, or standard input. Keeps those that match a \
            tracked word, shows text, time, name and location, and serves the text.

              swiftwater relay --from posts.ndjson --track corona --rate 100
              zcat archive.gz | swiftwater relay --from - --quiet
            """)

    @Option(help: "A file, a directory of files, or - for standard input.") var from: String
    @Option(help: "Keep posts with this word as a whole token, in any case; repeat for more.") var track: [String] = []
    @Option(help: "Posts a second, such as 100 or 100/s; as fast as clients take them unless given.") var rate: String?
    @Option(help: "The port to serve on; 0 takes a free one.") var port = 7773
    @Option(help: "The address to serve on.") var host = "127.0.0.1"
    @Option(help: "Begin when so many clients have connected.") var waitForClients = 1
    @Flag(help: "Do not show the posts.") var quiet = false

    func validate() throws {
        if rate != nil && postsPerSecond == nil {
            throw ValidationError("--rate takes a number above 0, such as 100 or 100/s.")
        }
    }

    private var postsPerSecond: Double? {
        guard let rate, let value = Double(rate.hasSuffix("/s") ? String(rate.dropLast(2)) : rate), value > 0 else {
            return nil
        }
        return value
    }

    func run() throws {
        let console = Console()
        let paths = try inputs()
        var settings = TextServer.Settings()
        (settings.host, settings.port) = (host, port)
        let server = try TextServer(settings)
        let stopping = Monitor(false)
        let signals = StopSignals {
            stopping.update { $0 = true }
            server.close(patience: .milliseconds(500))
        }
        defer { withExtendedLifetime(signals) {} }
        console.remark("serving posts on \(host):\(server.port)" + (waitForClients > 0 ? "; waiting for a client" : ""))
        server.waitForClients(waitForClients)
        var sender = PacedSender(server: server, postsPerSecond: postsPerSecond)
        var relay = Relay(track: track)
        reading: for path in paths {
            var reader = try BlockReader(path: path)
            while let block = try reader.next() {
                if stopping.read({ $0 }) { break reading }
                try block.forEachLine(in: 0..<block.lineCount) { line in
                    guard !stopping.read({ $0 }), let post = relay.take(line, source: path) else { return }
                    if !quiet { try console.line(Relay.display(post)) }
                    sender.send(post.singleLine)
                }
            }
            for message in reader.faults.messages(limits: LineLimits()) { console.remark("\(path): \(message)") }
        }
        sender.flush()
        if !stopping.read({ $0 }) { server.close() }
        report(relay, missed: server.missedSends, console)
    }

    private func inputs() throws -> [String] {
        guard from != "-", Directory.isDirectory(from) else { return [from] }
        let files = try Directory.entries(from).filter { !$0.isDirectory && !$0.name.hasPrefix(".") }.map {
            from + "/" + $0.name
        }
        guard !files.isEmpty else {
            throw SwiftwaterError(.notFound, "the directory \(from) holds no files", remedy: "name one with posts")
        }
        return files
    }

    private func report(_ relay: Relay, missed: Int, _ console: Console) {
        let counts = relay.counts
        for sample in relay.samples { console.remark("passed over: \(TerminalText.safe("\(sample)"))") }
        console.remark(
            "relayed \(Format.count(counts.relayed)) of \(Format.count(counts.lines)) lines"
                + " (\(Format.count(counts.untracked)) not tracked, \(Format.count(counts.controls)) no posts, "
                + "\(Format.count(counts.malformed)) malformed)"
                + (missed > 0 ? "; slow clients missed \(Format.count(missed)) sends" : ""))
    }
}

/// Sends lines at a rate: at once where they are due, in pieces of up to 64 KiB where no rate is given.
struct PacedSender {
    private let server: TextServer
    private let interval: Duration?
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var sent = 0
    private var pending: [UInt8] = []

    init(server: TextServer, postsPerSecond: Double?) {
        self.server = server
        interval = postsPerSecond.map { .seconds(1 / $0) }
        start = clock.now
    }

    mutating func send(_ line: String) {
        if let interval {
            let due = start + interval * sent
            if due > clock.now {
                flush()
                let never = Monitor(())
                _ = never.wait(atMost: due - clock.now) { _ -> Void? in nil }
            }
        }
        pending.append(contentsOf: line.utf8)
        pending.append(0x0A)
        sent += 1
        if pending.count >= 65536 { flush() }
    }

    mutating func flush() {
        server.send(pending)
        pending.removeAll(keepingCapacity: true)
    }
}
