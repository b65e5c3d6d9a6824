import ArgumentParser
import Swiftwater

struct ConnectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectors",
        abstract: "Lists the sources of posts: addresses, what they guarantee, and what they ask for.",
        discussion: """
              swiftwater connectors
              swiftwater connectors --json
            """)
    @Flag(help: "Print JSON.") var json = false

    /// A kind of source.
    private struct Connector {
        let address: String
        let what: String
        let guarantee: String
        let access: String
        let page: String
    }

    private static let all = [
        Connector(
            address: "jetstream:", what: "Bluesky's public posts, live",
            guarantee: "once, as far back as the server's buffer; gaps are reported", access: "none",
            page: "docs/LIVE.md"),
        Connector(
            address: "mastodon://INSTANCE/public", what: "what an instance of Mastodon knows, live",
            guarantee: "at most once: gaps are reported with their lengths",
            access: "the token of an account, in MASTODON_TOKEN", page: "docs/LIVE.md"),
        Connector(
            address: "x:?track=WORD", what: "posts of X that match rules, live",
            guarantee: "once within the backfill, and otherwise at most once with gaps",
            access: "X_BEARER_TOKEN, or X_CONSUMER_KEY and X_CONSUMER_SECRET", page: "docs/LIVE.md"),
        Connector(
            address: "socket://HOST:PORT", what: "lines of a TCP server",
            guarantee: "at most once: what is sent while nobody listens is lost", access: "none", page: "README.md"),
        Connector(
            address: "ack://HOST:PORT", what: "lines of relay --ack",
            guarantee: "once: the sender keeps them until they are stored", access: "none", page: "docs/SEMANTICS.md"),
        Connector(
            address: "push://HOST:PORT", what: "lines that relay --ack --to sends here",
            guarantee: "once: the sender keeps them until they are stored", access: "a token of your own",
            page: "docs/SEMANTICS.md"),
        Connector(
            address: "tail:FILE", what: "a file that grows, through rotation",
            guarantee: "once, as long as a rotated file can be found; gaps are reported", access: "that of the file",
            page: "docs/FILES.md"),
        Connector(
            address: "files:DIRECTORY", what: "files that appear there", guarantee: "once, as long as they are there",
            access: "that of the files, or of the store", page: "docs/FILES.md"),
        Connector(
            address: "file:PATH", what: "a file or directory, read to the end", guarantee: "once",
            access: "that of the files, or of the store", page: "docs/FILES.md"),
        Connector(
            address: "POST /v1/posts", what: "posts sent to serve over HTTP",
            guarantee: "at least once: a sender that gets no answer sends again", access: "a token of your own",
            page: "docs/OPERATIONS.md"),
        Connector(
            address: "POST /v1/webhooks/posts", what: "posts that a sender signed, sent to serve over HTTP",
            guarantee: "once, for messages with a webhook-id", access: "a secret of your own",
            page: "docs/OPERATIONS.md"),
        Connector(
            address: "kafka://BROKER:PORT/TOPIC", what: "a topic, on a Spark cluster only",
            guarantee: "once, by Spark's checkpoint", access: "that of the cluster", page: "docs/CLUSTER.md"),
    ]

    func run() throws {
        if json {
            let text = JSONWriter.object { json in
                json.member("connectors", array: Self.all) { json, connector in
                    json.object { json in
                        json.member("address", connector.address)
                        json.member("what", connector.what)
                        json.member("guarantee", connector.guarantee)
                        json.member("access", connector.access)
                        json.member("page", connector.page)
                    }
                }
            }
            return try StandardStream.output.write(text + "\n")
        }
        for (index, connector) in Self.all.enumerated() {
            let lines = [
                "\(connector.address)  \(connector.what)", "  counts   \(connector.guarantee)",
                "  access   \(connector.access)", "  see      \(connector.page)",
            ]
            try StandardStream.output.write((index > 0 ? "\n" : "") + lines.joined(separator: "\n") + "\n")
        }
    }
}
