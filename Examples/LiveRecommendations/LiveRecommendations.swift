// Updates recommendations live from a stream of ratings. Send lines of user,film,rating with `nc -lk 7774`.
import Swiftwater
import SwiftwaterSamples

@main
struct LiveRecommendations {
    static func main() async throws {
        let sample = try RatingsGenerator(.init(preset: .hundredThousand, seed: 7)).make()
        let live = LiveRecommender(model: try ALS().fit(sample.ratings))

        let context = StreamingContext(master: "local[2]", appName: "LiveRecommendations", batchInterval: .seconds(1))
        let events = context.socketTextStream(host: "127.0.0.1", port: 7774)
            .compactMap { RatingEvent(line: $0) }
        events.rate(into: live)
        events.transform { batch in batch.map(\.user).distinct() }
            .map { user in
                let best = live.recommendations(user: user, LiveQuery(limit: 3)).items
                let titles = best.map { sample.catalogue.title($0.id) }
                return "user \(user) should see \(titles.joined(separator: "; "))"
            }
            .print()
        try await context.start()
        try await context.awaitTerminationStoppingOnSignals()
    }
}
