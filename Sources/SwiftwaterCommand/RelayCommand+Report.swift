import Swiftwater

extension RelayCommand {
    /// Says that clients may connect, or posts are on their way.
    ///
    /// - Parameter place: Writes the place as members of JSON.
    func ready(_ text: String, _ console: Console, place: (inout JSONWriter) -> Void) throws {
        guard json else { return console.remark(text) }
        try console.line(
            JSONWriter.object { json in
                json.member("event", "ready")
                place(&json)
            })
    }

    static func write(_ host: String, _ port: Int, to json: inout JSONWriter) {
        json.member("host", host)
        json.member("port", port)
    }

    /// Says what was relayed.
    ///
    /// - Parameters:
    ///   - missed: sends to clients that were too slow.
    ///   - clients: the clients that connected; nil if posts went elsewhere.
    ///   - acknowledged: the posts that a receiver has, and those that it may not have.
    func report(
        _ relay: Relay, missed: Int, clients: Int? = nil, acknowledged: (safe: Int, left: Int)? = nil,
        _ console: Console
    ) throws {
        let counts = relay.counts
        for sample in relay.samples { console.remark("skipped: \(TerminalText.safe("\(sample)"))") }
        if json {
            return try console.line(
                JSONWriter.object { json in
                    json.member("event", "end")
                    json.member("lines", counts.lines)
                    json.member("relayed", counts.relayed)
                    json.member("untracked", counts.untracked)
                    json.member("controls", counts.controls)
                    json.member("malformed", counts.malformed)
                    json.member("deletions", counts.deletions)
                    if let clients { json.member("clients", clients) }
                    json.member("missed", missed)
                    guard let acknowledged else { return }
                    json.member("acknowledged", acknowledged.safe)
                    json.member("unacknowledged", acknowledged.left)
                })
        }
        console.remark(
            "relayed \(Format.count(counts.relayed, "post")) of "
                + "\(Format.count(counts.lines, "line"))"
                + " (\(Format.count(counts.untracked)) not tracked, \(Format.count(counts.controls)) not posts, "
                + "\(Format.count(counts.malformed)) malformed)"
                + (counts.deletions > 0 ? " and \(Format.count(counts.deletions, "deletion"))" : "")
                + (missed > 0 ? "; slow clients missed \(Format.count(missed, "send"))" : ""))
        if clients == 0 { console.remark("no client was connected: nobody has these posts") }
        if let (safe, left) = acknowledged {
            console.remark("\(Format.count(safe)) acknowledged, \(Format.count(left)) unacknowledged")
        }
    }
}
