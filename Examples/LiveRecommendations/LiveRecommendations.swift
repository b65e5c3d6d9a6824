// Updates recommendations live from a stream of ratings. Send lines of user,film,rating with `nc -lk 7774`.
import Swiftwater

@main
struct LiveRecommendations {
    static func main() async throws {
        let (ratings, _, films) = try RatingsGenerator(.init(preset: .hundredThousand, seed: 7)).make()
        let live = LiveRecommender(model: try ALS().fit(ratings))

        let context = StreamingContext(master: "local[2]", appName: "LiveRecommendations", batchInterval: .seconds(1))
        let events = context.socketTextStream(host: "127.0.0.1", port: 7774)
            .map { RatingEvent(line: $0) }
            .filter { $0 != nil }
            .map { $0! }
        events.update(live)
        events.forEachBatch { batch, _ in
            for user in Set(try batch.collect().map(\.user)).sorted() {
                let best = live.recommend(user: user, limit: 3).map { films.title($0.item) }
                try StandardStream.output.write("user \(user) should see \(best.joined(separator: "; "))\n")
            }
        }
        try await context.start()
        try await context.awaitTerminationStoppingOnSignals()
    }
}
