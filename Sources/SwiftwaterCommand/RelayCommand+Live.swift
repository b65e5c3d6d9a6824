import Swiftwater

extension RelayCommand {
    /// Serves the posts of a live source, or writes them to a topic, until it is stopped.
    func runLive(_ source: String, _ console: Console) throws {
        let recording = try record.map { try LineFile(path: $0, appends: true) }
        let topic = try isToKafka ? KafkaSender(to!) : nil
        var settings = TextServer.Settings()
        (settings.host, settings.port) = (host, port)
        let server = try topic == nil ? TextServer(settings) : nil
        let stop = RelayStop()
        let address = LiveSources.address(source, tracking: track, rules: rule)
        let feed = try LiveFeed(address, logger: CommandLog.logger(isVerbose: false))
        let signals = StopSignals {
            stop.ask()
            feed.stop()
            server?.close(patience: .milliseconds(500))
        }
        defer { withExtendedLifetime(signals) {} }
        let name = TerminalText.safe(source)
        if let server {
            let awaited = waitForClients ?? 0
            try ready(
                "serving posts of \(name) on \(host):\(server.port)"
                    + (awaited > 0 ? "; waiting for a client" : ""), console
            ) { Self.write(host, server.port, to: &$0) }
            server.waitForClients(awaited)
        } else if let topic {
            try ready("writing posts of \(name) to \(topic.label)", console) { $0.member("to", topic.label) }
        }
        feed.start()
        var relay = Relay(track: TrackFilter(track, isExact: trackExact), format: format)
        var sender: any RelayOutput =
            if let server {
                PacedSender(server: server, postsPerSecond: nil, stop: stop)
            } else {
                PacedKafkaSender(topic!, postsPerSecond: nil, stop: stop)
            }
        var recorded = 0
        while let lines = try feed.next() {
            let block = TextBlock(lines)
            if let recording {
                try recording.write(block)
                recorded += block.lineCount
            }
            try block.forEachLine { line in
                for output in relay.take(line, source: source) {
                    if showsPosts, let post = output.post { try console.line(Relay.display(post)) }
                    try sender.send(output.line)
                }
            }
            try sender.flush()
        }
        server?.close(patience: .milliseconds(500))
        try report(relay, missed: server?.missedSends ?? 0, clients: server?.acceptedClients, console)
        if let record { console.remark("recorded \(Format.count(recorded, "line")) in \(TerminalText.safe(record))") }
        if let status = feed.status, status.gaps > 0 {
            console.remark("\(Format.count(status.gaps, "gap")) of \(status.gapTime.label) in all")
        }
        stop.finished()
    }
}
