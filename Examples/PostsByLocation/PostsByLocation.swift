// Counts live posts by the location of their authors, which a MongoDB collection has: {"name": "ada", "location": "Wien"}.
// Send it lines such as "ada,Good morning" with `nc -lk 7776`. The database's address is its argument.
import Swiftwater

@main
struct PostsByLocation {
    static func main() async throws {
        let address = CommandLine.arguments.dropFirst().first ?? "mongodb://127.0.0.1/social"
        let users = CachedTable(
            try MongoTable(address, collection: "users", key: "name", columns: ["location"]), maximumAge: .seconds(60))

        let context = StreamingContext(master: "local[2]", appName: "PostsByLocation", batchInterval: .seconds(2))
        context.socketTextStream(host: "127.0.0.1", port: 7776)
            .map { line -> (Text, Int) in (line.split(separator: ",")[0], 1) }
            .leftOuterJoin(users)
            .map { user -> (Text, Int) in (user.1.1?[0] ?? "unknown", 1) }
            .reduceByKeyAndWindow(+, inverse: -, window: .seconds(60))
            .transform { counts in counts.sortBy({ $0.1 }, ascending: false) }
            .print()
        try await context.start()
        try await context.awaitTerminationStoppingOnSignals()
    }
}
