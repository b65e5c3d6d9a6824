import Swiftwater

// The recommender, trends, sinks and sources. ChainsTests compiles these programs and measures how long each takes to
// check.

func filmsForAUser() throws -> [String] {
    let ratings = try Ratings.read("ratings.csv").ratings
    let model = try ALS(ALSSettings(rank: 10, maxIterations: 10)).fit(ratings)
    return try model.recommend(user: "1", limit: 10).items.map { "\(model.itemIDs[$0.index]) \($0.score)" }
}

func liveFilms() async throws {
    let live = try LiveRecommender(directory: "films") { try ModelFile.read("films.model") }
    try await live.rate([RatingEvent(user: "42", item: "1", rating: 4.5)])
    for item in live.recommendations(user: "42", LiveQuery(limit: 10)).items { print(item.id, item.score) }
    live.close()
}

func ratingsOfAStream(_ context: StreamingContext, _ live: LiveRecommender) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .compactMap { RatingEvent(line: $0) }
        .forEachBatch { rdd, _ in _ = try live.rateBlocking(rdd.collect()) }
}

func trendingHashtags(_ context: StreamingContext) {
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .trending(TrendingSettings(window: .seconds(600), minimumCount: 5))
        .print()
}

func countsInADatabase(_ context: StreamingContext) throws {
    let sink = try SQLiteSink(path: "counts.db")
    context.socketTextStream(host: "127.0.0.1", port: 7773)
        .countByValue()
        .save(to: sink, name: "counts", columns: ["word", "count"]) { [.text(String($0.0)), .integer($0.1)] }
}
