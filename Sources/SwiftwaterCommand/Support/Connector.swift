/// What posts come from, or where tables go, as `swiftwater connectors` lists it.
struct Connector {
    /// What it is for.
    enum Use: String, CaseIterable {
        case source, table, sink

        var title: String {
            switch self {
            case .source: "Sources of posts"
            case .table: "Static data about authors (--enrich)"
            case .sink: "Sinks of tables"
            }
        }
    }

    let use: Use
    let address: String
    let what: String
    let guarantee: String
    let access: String
    let page: String

    /// All of them, in the order in which they are listed.
    static let all = [
        Connector(
            use: .source, address: "jetstream:", what: "Bluesky's public posts, live",
            guarantee: "once, as far back as the server's buffer; gaps are reported", access: "none",
            page: "docs/LIVE.md"),
        Connector(
            use: .source, address: "mastodon://INSTANCE/public", what: "what an instance of Mastodon knows, live",
            guarantee: "at most once: gaps are reported with their lengths",
            access: "the token of an account, in MASTODON_TOKEN", page: "docs/LIVE.md"),
        Connector(
            use: .source, address: "x:?track=WORD", what: "posts of X that match rules, live",
            guarantee: "once within the backfill, and otherwise at most once with gaps",
            access: "X_BEARER_TOKEN, or X_CONSUMER_KEY and X_CONSUMER_SECRET", page: "docs/LIVE.md"),
        Connector(
            use: .source, address: "socket://HOST:PORT", what: "lines of a TCP server",
            guarantee: "at most once: what is sent while nobody listens is lost", access: "none", page: "docs/TOUR.md"),
        Connector(
            use: .source, address: "ack://HOST:PORT", what: "lines of relay --ack",
            guarantee: "once: the sender keeps them until they are stored", access: "none", page: "docs/SEMANTICS.md"),
        Connector(
            use: .source, address: "push://HOST:PORT", what: "lines that relay --ack --to sends here",
            guarantee: "once: the sender keeps them until they are stored", access: "a token of your own",
            page: "docs/SEMANTICS.md"),
        Connector(
            use: .source, address: "tail:FILE", what: "a file that grows, through rotation",
            guarantee: "once, as long as a rotated file can be found; gaps are reported", access: "that of the file",
            page: "docs/FILES.md"),
        Connector(
            use: .source, address: "files:DIRECTORY", what: "files that appear there",
            guarantee: "once, as long as they are there",
            access: "that of the files, or of the store", page: "docs/FILES.md"),
        Connector(
            use: .source, address: "file:PATH", what: "a file or directory, read to the end", guarantee: "once",
            access: "that of the files, or of the store", page: "docs/FILES.md"),
        Connector(
            use: .source, address: "POST /v1/posts", what: "posts sent to serve over HTTP",
            guarantee: "at least once: a sender that gets no answer sends again", access: "a token of your own",
            page: "docs/OPERATIONS.md"),
        Connector(
            use: .source, address: "POST /v1/webhooks/posts",
            what: "posts that a sender signed, sent to serve over HTTP",
            guarantee: "once, for messages with a webhook-id", access: "a secret of your own",
            page: "docs/OPERATIONS.md"),
        Connector(
            use: .source, address: "kafka://BROKER:PORT/TOPIC", what: "the messages of topics",
            guarantee: "once: offsets are in the checkpoint; gaps are an error, or reported",
            access: "KAFKA_PASSWORD, for kafka://USER@BROKER:PORT/TOPIC", page: "docs/KAFKA.md"),
        Connector(
            use: .source, address: "mongodb://HOST/DATABASE/COLLECTION", what: "the changes of a collection",
            guarantee: "once, over restarts; gaps are an error, or reported",
            access: "MONGODB_PASSWORD, or a file that MONGODB_PASSWORD_FILE names", page: "docs/DATABASES.md"),
        Connector(
            use: .table, address: "FILE", what: "a CSV, NDJSON or SQLite file, read at the start",
            guarantee: "as it was at the start", access: "that of the file", page: "docs/LOOKUPS.md"),
        Connector(
            use: .table, address: "postgresql://USER@HOST/DATABASE", what: "a table, view or query, by key",
            guarantee: "not older than --enrich-age; what is missing is counted",
            access: "PGPASSWORD, or a file that PGPASSFILE names", page: "docs/LOOKUPS.md"),
        Connector(
            use: .table, address: "mongodb://USER@HOST/DATABASE", what: "a collection, by key",
            guarantee: "not older than --enrich-age; what is missing is counted",
            access: "MONGODB_PASSWORD, or a file that MONGODB_PASSWORD_FILE names", page: "docs/LOOKUPS.md"),
        Connector(
            use: .table, address: "hbase://HOST:PORT/TABLE", what: "a table of HBase, by row key (REST gateway)",
            guarantee: "not older than --enrich-age; what is missing is counted",
            access: "HBASE_PASSWORD, or a file that HBASE_PASSWORD_FILE names", page: "docs/LOOKUPS.md"),
        Connector(
            use: .table, address: "kafka://BROKER:PORT/TOPIC", what: "a compacted topic, by the messages' keys",
            guarantee: "followed, in memory; older while brokers are away",
            access: "KAFKA_PASSWORD, for kafka://USER@BROKER:PORT/TOPIC", page: "docs/LOOKUPS.md"),
        Connector(
            use: .sink, address: "files:DIR, csv:DIR or text:DIR",
            what: "a file for each table: NDJSON, CSV or text", guarantee: "once",
            access: "that of the directory", page: "docs/FORMATS.md"),
        Connector(
            use: .sink, address: "sqlite:FILE", what: "tables in an SQLite file", guarantee: "once",
            access: "that of the file", page: "docs/FORMATS.md"),
        Connector(
            use: .sink, address: "kafka://BROKER:PORT/TOPIC", what: "a message for each row",
            guarantee: "once, but for a row that was under way at kill -9; or transactions",
            access: "KAFKA_PASSWORD, for kafka://USER@BROKER:PORT/TOPIC", page: "docs/KAFKA.md"),
        Connector(
            use: .sink, address: "postgresql://USER@HOST/DATABASE", what: "tables in PostgreSQL",
            guarantee: "once: rows and the record of their batch are one transaction",
            access: "PGPASSWORD, or a file that PGPASSFILE names", page: "docs/DATABASES.md"),
        Connector(
            use: .sink, address: "mongodb://USER@HOST/DATABASE", what: "collections in MongoDB",
            guarantee: "once; in one transaction, if it is a replica set or a sharded cluster",
            access: "MONGODB_PASSWORD, or a file that MONGODB_PASSWORD_FILE names", page: "docs/DATABASES.md"),
        Connector(
            use: .sink, address: "https://HOST/PATH", what: "a signed message for each table (a webhook)",
            guarantee: "once for receivers that know ids (kill -9 may repeat one)",
            access: "SWIFTWATER_SINK_SECRET, or SWIFTWATER_SINK_SECRET_FILE", page: "docs/WEBHOOKS.md"),
    ]
}
