// The classic program on a socket, a custom source and sink, an ALS fit, and a live recommender, with nothing but
// `import Swiftwater`. It serves its own posts, and ends by itself.
import Swiftwater

@main
struct OutsidePackage {
    static func main() async throws {
        try await classic()
        try await custom()
        let model = try films()
        try await live(model)
    }

    static func classic() async throws {
        let server = try TextServer(TextServer.Settings(port: 0))
        let context = StreamingContext(master: "local[2]", appName: "TwitterStreaming", batchInterval: .seconds(1))
        let hashtags = context.socketTextStream(host: "127.0.0.1", port: server.port)
            .window(.seconds(20))
            .flatMap { $0.split(separator: " ") }
            .filter { $0.hasPrefix("#") }
            .map { ($0.lowercased(), 1) }
            .reduceByKey(+)
            .transform { $0.sorted(by: { $0.1 }, ascending: false) }
        hashtags.print()
        let batches = context.progress()
        try await context.start()
        server.waitForClients(1)
        server.send(Array("a post about #Snow\nanother about #snow and #lakes\n".utf8))
        for await batch in batches where batch.size.records > 0 { break }
        server.close()
        try await context.stop(gracefully: true)
    }

    static func custom() async throws {
        let context = StreamingContext(master: "local[2]", appName: "Custom", batchInterval: .milliseconds(100))
        let rows = RowList()
        context.replayableStream(NumberedLines(linesPerBatch: 300), name: "numbers")
            .compactMap { line in line.split(separator: " ").part(2).map { ($0, line.utf8Count) } }
            .meanByKey()
            .save(to: rows, name: "means", columns: ["tag", "mean"]) { [.text($0.0), .real($0.1)] }
        let batches = context.progress()
        try await context.start()
        for await _ in batches.prefix(3) {}
        try await context.stop(gracefully: true)
        print("custom:", rows.latest("means").count, "rows")
    }

    static func films() throws -> MatrixFactorizationModel {
        let rows = (0..<600).map { (number: Int64) -> (user: Int64, item: Int64, rating: Float) in
            let rating = 1 + (number * 7) % 5
            return (number % 30, number / 30, Float(rating))
        }
        let parts = try Ratings(rows).split(weights: [80, 20], seed: 42)
        let model = try ALS(ALSSettings(rank: 4, maxIterations: 5)).fit(parts[0])
        print("ALS: RMSE", try model.evaluate(on: parts[1]).rmse)
        for best in model.recommendItems(forUserIndex: 0, limit: 3) { print(model.itemIDs[best.index], best.score) }
        return model
    }

    static func live(_ model: MatrixFactorizationModel) async throws {
        let live = LiveRecommender(model: model)
        try await live.rate([RatingEvent(user: "new", item: "3", rating: 5)])
        let best = live.recommendations(user: "new", LiveQuery(limit: 5))
        print("live:", best.items.count, "items by", best.source)
        live.close()
    }
}
