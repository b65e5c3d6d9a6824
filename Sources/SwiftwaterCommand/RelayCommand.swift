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
              swiftwater relay --from posts.txt --ack --sender posts.txt
            """)

    @Option(help: "A file, a directory of files, or - for standard input.") var from: String
    @Option(help: "Keep posts with this word as a whole token, in any case; repeat for more.") var track: [String] = []
    @Option(help: "Posts a second, such as 100 or 100/s; as fast as clients take them unless given.") var rate: String?
    @Option(help: "The port to serve on; 0 takes a free one.") var port = 7773
    @Option(help: "The address to serve on.") var host = "127.0.0.1"
    @Option(help: "Begin when so many clients have connected.") var waitForClients = 1
    @Flag(help: "Do not show the posts.") var quiet = false
    @Flag(help: "Keep every post until the receiver (trends --source ack://) answers that it is safe. One receiver.")
    var ack = false
    @Option(
        help:
            "With --ack: connect to a receiver that listens (trends --source push://) at HOST:PORT instead of serving.")
    var to: String?
    @Option(
        help:
            "With --ack: who numbers the posts. A relay of the same name that reads the same posts goes on where the receiver stands."
    )
    var sender: String?

    @Option(help: "Longer lines are dropped and counted.") var lineLengthMaxBytes = LineLimits().lineLengthMaxBytes

    func validate() throws {
        if rate != nil && postsPerSecond == nil {
            throw ValidationError("--rate takes 0.001 to 1000000000 posts a second, such as 100 or 100/s.")
        }
        guard (0...65535).contains(port) else { throw ValidationError("--port takes 0 to 65535.") }
        if !ack && (to != nil || sender != nil) { throw ValidationError("--to and --sender go with --ack.") }
        if let sender, sender.isEmpty || sender.utf8.count > 1000 || sender.contains("\n") {
            throw ValidationError("--sender takes a name of 1 to 1000 bytes in one line.")
        }
        if to != nil && target == nil { throw ValidationError("--to takes HOST:PORT.") }
        guard waitForClients >= 0 else { throw ValidationError("--wait-for-clients takes 0 or more.") }
        guard lineLengthMaxBytes >= 1 else { throw ValidationError("--line-length-max-bytes takes 1 or more.") }
        for word in track where TrackFilter([word]).isEmpty {
            throw ValidationError("--track takes a word of letters or digits, not '\(word)'.")
        }
    }

    private var postsPerSecond: Double? {
        guard let rate, let value = Double(rate.hasSuffix("/s") ? String(rate.dropLast(2)) : rate),
            (0.001...1e9).contains(value)
        else { return nil }
        return value
    }

    private var target: (host: String, port: Int)? {
        guard let to, let colon = to.lastIndex(of: ":"), colon != to.startIndex,
            let port = Int(to[to.index(after: colon)...]), (1...65535).contains(port)
        else { return nil }
        return (String(to[..<colon]), port)
    }

    func run() throws {
        let console = Console()
        let paths = try inputs()
        if ack { return try runAcknowledged(paths, console) }
        var settings = TextServer.Settings()
        (settings.host, settings.port) = (host, port)
        let server = try TextServer(settings)
        let stop = RelayStop()
        let signals = StopSignals { stop.now(server) }
        defer { withExtendedLifetime(signals) {} }
        console.remark("serving posts on \(host):\(server.port)" + (waitForClients > 0 ? "; waiting for a client" : ""))
        server.waitForClients(waitForClients)
        var sender = PacedSender(server: server, postsPerSecond: postsPerSecond, stop: stop)
        let relay = try read(paths, stop, console, send: { sender.send($0) }, flush: { sender.flush() })
        server.close(patience: stop.isAsked ? .milliseconds(500) : .seconds(10))
        report(relay, missed: server.missedSends, console)
        stop.finished()
    }

    /// Reads all files and hands on the posts that are tracked.
    private func read(
        _ paths: [String], _ stop: RelayStop, _ console: Console, send: (String) throws -> Void, flush: () -> Void
    ) throws -> Relay {
        var relay = Relay(track: track)
        let limits = LineLimits(lineLengthMaxBytes: lineLengthMaxBytes)
        for path in paths where !stop.isAsked {
            var reader = try BlockReader(path: path, limits: limits)
            while !stop.isAsked, let block = try reader.next() {
                try block.forEachLine { line in
                    guard !stop.isAsked, let post = relay.take(line, source: path) else { return }
                    if !quiet { try console.line(Relay.display(post)) }
                    try send(post.singleLine)
                }
                flush()
            }
            for message in reader.faults.messages(limits: limits) { console.remark("\(path): \(message)") }
        }
        flush()
        return relay
    }

    /// Sends to a receiver that answers for what it has.
    private func runAcknowledged(_ paths: [String], _ console: Console) throws {
        var settings = AcknowledgedSender.Settings()
        (settings.host, settings.port, settings.connects) = (target?.host ?? host, target?.port ?? port, target != nil)
        if let sender { settings.name = sender }
        let line = try AcknowledgedSender(settings)
        let stop = RelayStop()
        let signals = StopSignals {
            stop.ask()
            line.close(patience: .milliseconds(500))
        }
        defer { withExtendedLifetime(signals) {} }
        console.remark(
            target.map { "sending posts to \($0.host):\($0.port)" }
                ?? "serving posts on \(host):\(line.port); waiting for a receiver")
        var pace = Pace(postsPerSecond: postsPerSecond, stop: stop)
        let relay = try read(
            paths, stop, console,
            send: {
                pace.wait { line.flush() }
                try line.send($0)
            }, flush: { line.flush() })
        let left = line.close(patience: stop.isAsked ? .milliseconds(500) : nil)
        report(relay, missed: 0, console)
        console.remark(
            "\(Format.count(Int(line.safePosition))) posts are safe, \(Format.count(left)) are not answered for")
        stop.finished()
    }

    /// The files to read; said to be missing before anyone waits for posts.
    private func inputs() throws -> [String] {
        if from == "-" { return [from] }
        guard Directory.isDirectory(from) else {
            _ = try ByteSource(path: from)
            return [from]
        }
        let files = try Directory.entries(from).filter { !$0.isDirectory && !$0.name.hasPrefix(".") }
            .map { from + "/" + $0.name }
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

/// Whether the relay was asked to stop, for everything that waits.
final class RelayStop: Sendable {
    private let state = Monitor((isAsked: false, isFinished: false))

    var isAsked: Bool { state.read { $0.isAsked } }

    /// Waits so long, or until a stop is asked for.
    func pause(_ duration: Duration) { _ = state.wait(atMost: duration) { $0.isAsked ? () : nil } }

    func ask() { state.update { $0.isAsked = true } }

    func finished() { state.update { $0.isFinished = true } }

    /// Stops the relay. A read of standard input cannot be interrupted: where the relay does not end by itself, the
    /// process does.
    func now(_ server: TextServer) {
        state.update { $0.isAsked = true }
        server.close(patience: .milliseconds(500))
        if state.wait(atMost: .seconds(1), for: { $0.isFinished ? () : nil }) == nil { ExitStatus.leave(0) }
    }
}

/// When the next post is due.
struct Pace {
    private let stop: RelayStop
    private let interval: Duration?
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var sent = 0

    init(postsPerSecond: Double?, stop: RelayStop) {
        self.stop = stop
        interval = postsPerSecond.map { .seconds(1 / $0) }
        start = clock.now
    }

    /// Waits until the next post is due; `before` is called before that.
    mutating func wait(_ before: () -> Void) {
        defer { sent += 1 }
        guard let interval else { return }
        let due = start + interval * sent
        guard due > clock.now else { return }
        before()
        stop.pause(due - clock.now)
    }
}

/// Sends lines at a rate: at once where they are due, in pieces of up to 64 KiB where no rate is given.
struct PacedSender {
    private let server: TextServer
    private var pace: Pace
    private var pending: [UInt8] = []

    init(server: TextServer, postsPerSecond: Double?, stop: RelayStop = RelayStop()) {
        self.server = server
        pace = Pace(postsPerSecond: postsPerSecond, stop: stop)
    }

    mutating func send(_ line: String) {
        var pace = pace
        pace.wait { flush() }
        self.pace = pace
        pending.append(contentsOf: line.utf8)
        pending.append(0x0A)
        if pending.count >= 65536 { flush() }
    }

    mutating func flush() {
        server.send(pending)
        pending.removeAll(keepingCapacity: true)
    }
}
