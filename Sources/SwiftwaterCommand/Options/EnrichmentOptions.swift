import ArgumentParser
import Foundation
import Logging
import Swiftwater

/// Options for what is known about authors: a file, or a table of a database in which they are looked up.
struct EnrichmentOptions: ParsableArguments {
    /// What happens while a database cannot be read.
    enum Failure: String, CaseIterable, ExpressibleByArgument {
        case wait
        case goOn = "go-on"
    }

    @Option(
        help: ArgumentHelp(
            "What is known about authors: a CSV, NDJSON or SQLite file, postgresql://HOST/DATABASE, "
                + "mongodb://HOST/DATABASE, hbase://HOST:PORT/TABLE or kafka://BROKER/TOPIC. Rows show the most frequent values for a key.",
            valueName: "file-or-url"))
    var enrich: String?
    @Option(help: "The column of author ids. (default: author_id)") var enrichKey: String?
    @Option(help: "The columns of values, separated by commas, such as verified,location. (default: location)")
    var enrichBy: String?
    @Option(help: "The table of a database or SQLite file, or the collection. (default: authors)")
    var enrichTable: String?
    @Option(
        help: ArgumentHelp(
            "With postgresql://, instead of a table: a query that selects the id and the values for an array of ids, $1.",
            valueName: "sql"))
    var enrichQuery: String?
    @Option(
        parsing: .unconditional, help: "With a database: ask again for what is older than this. (default: 10m)",
        transform: DurationArgument.init(parsing:)) var enrichAge: DurationArgument?
    @Option(help: "With a database: the number of authors that are remembered. (default: 100000)")
    var enrichMax: Int?
    @Option(
        help: ArgumentHelp(
            "With a database that is away: wait (up to the patience of its address), or go-on as if nothing were known "
                + "about new authors; the log says about how many. (default: wait)", valueName: "what"))
    var enrichFailure: Failure?

    /// Whether authors are looked up while they post, and not read from a file, which may be in a store.
    private var isDatabase: Bool {
        guard let parts = enrich?.components(separatedBy: "://"), parts.count > 1 else { return false }
        return !StoreRegistry.schemes.contains(parts[0])
    }
    private var columns: [String] { (enrichBy ?? "location").split(separator: ",").map(String.init) }
    private var key: String { enrichKey ?? "author_id" }
    private var table: String { enrichTable ?? "authors" }

    func validate() throws {
        try RequiredOption.check(
            "--enrich", isThere: enrich != nil,
            for: [
                "--enrich-key": enrichKey != nil, "--enrich-by": enrichBy != nil, "--enrich-table": enrichTable != nil,
                "--enrich-query": enrichQuery != nil, "--enrich-age": enrichAge != nil,
                "--enrich-max": enrichMax != nil, "--enrich-failure": enrichFailure != nil,
            ])
        if columns.isEmpty { throw ValidationError("--enrich-by takes the names of columns.") }
        try validateKey()
        if let enrichMax, enrichMax < 2 { throw ValidationError("--enrich-max takes 2 or more, not \(enrichMax).") }
        if enrichQuery != nil, enrich?.hasPrefix("postgres") != true {
            throw ValidationError("--enrich-query requires --enrich postgresql://HOST/DATABASE.")
        }
        guard !isDatabase, enrichAge != nil || enrichMax != nil || enrichFailure != nil else { return }
        throw ValidationError(
            "--enrich-age, --enrich-max and --enrich-failure require a database: --enrich postgresql://HOST/DATABASE, "
                + "mongodb://HOST/DATABASE, hbase://HOST:PORT/TABLE or kafka://BROKER/TOPIC.")
    }

    /// Refuses the names of a table and of its key where there are none.
    private func validateKey() throws {
        guard let enrich, enrichKey != nil || enrichTable != nil else { return }
        if enrichQuery != nil {
            throw ValidationError("--enrich-query takes the place of --enrich-key and --enrich-table.")
        }
        if enrich.hasPrefix("kafka://") || enrich.hasPrefix("hbase://") {
            throw ValidationError(
                "--enrich \(enrich.prefix { $0 != ":" })://... has its key and its table by itself; omit --enrich-key and "
                    + "--enrich-table.")
        }
        if enrichTable != nil, !isDatabase, LocalFileSystem().exists(enrich), !TrendEnrichment.isSQLite(enrich) {
            throw ValidationError("--enrich-table requires a database or an SQLite file.")
        }
    }

    /// Returns what is known about authors; nil without `--enrich`.
    func enrichment(_ logger: Logger) throws -> TrendEnrichment? {
        guard let place = enrich else { return nil }
        guard isDatabase else {
            return try TrendEnrichment.isSQLite(place)
                ? .read(sqlite: place, table: table, key: key, columns: columns)
                : .read(place, key: key, columns: columns)
        }
        let (table, patience) = try database(place, logger)
        // A topic is in memory, and has what is new.
        let age = table is KafkaTable ? Duration.zero : .seconds(600)
        return TrendEnrichment(
            CachedTable(
                table, maximumCount: enrichMax ?? 100_000, maximumAge: enrichAge?.duration ?? age,
                onFailure: enrichFailure == .goOn ? .goOn : .wait(atMost: patience), logger: logger))
    }

    private func database(_ address: String, _ logger: Logger) throws -> (any StaticTable, patience: Duration) {
        switch address.prefix(while: { $0 != ":" }) {
        case "postgresql", "postgres":
            let patience = try PostgreSQLAddress(address).patience
            if let enrichQuery {
                return (try PostgreSQLTable(address, query: enrichQuery, columns: columns), patience)
            }
            return (try PostgreSQLTable(address, table: table, key: key, columns: columns), patience)
        case "mongodb", "mongodb+srv":
            let parsed = try MongoAddress(address)
            if let collection = parsed.collection, let enrichTable, collection != enrichTable {
                throw ValidationError(
                    "The address of --enrich names the collection \(collection), and --enrich-table \(enrichTable).")
            }
            let found = try MongoTable(address, collection: parsed.collection ?? table, key: key, columns: columns)
            return (found, parsed.patience)
        case "kafka":
            let table = try KafkaTable(address, columns: columns) { logger.warning("\($0)") }
            return (table, try KafkaAddress(address).patience)
        case "hbase":
            #if Services
                return (try HBaseTable(address, columns: columns), try HBaseAddress(address).patience)
            #else
                throw SwiftwaterError(
                    .unsupported, "this program was built without its services",
                    remedy: "build it with the trait Services")
            #endif
        default:
            throw ValidationError(
                "--enrich takes a file, postgresql://HOST/DATABASE, mongodb://HOST/DATABASE, hbase://HOST:PORT/TABLE "
                    + "or kafka://BROKER/TOPIC, not '\(TerminalText.safe(address))'.")
        }
    }
}
