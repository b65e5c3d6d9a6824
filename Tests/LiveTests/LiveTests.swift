import SwiftwaterCore
import SwiftwaterLive
import SwiftwaterRecommender
import SwiftwaterSamples
import SwiftwaterStreaming
import TestSupport
import Testing

@Suite struct LiveTests {
    private static let data = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 2)).make()
    private static let model = try! ALS().fit(data.ratings)

    @Test func linesAreRead() {
        #expect(RatingEvent(line: "u1,film,4.5") == RatingEvent(user: "u1", item: "film", rating: 4.5))
        for bad in ["", "a", "a,b", "a,b,x", "a,b,nan", ",b,3", "a,,3", "a,b,1e99"] {
            #expect(RatingEvent(line: Text(bad)) == nil)
        }
    }

    /// A rating on a stream changes the next recommendation to the exact fold-in of the whole history.
    @Test func ratingsOnAStreamChangeRecommendations() async throws {
        let model = Self.model
        let live = LiveRecommender(model: model)
        let before = live.recommendations(user: "5").items
        #expect(before.count == 10)
        let disliked = before[0].id
        let clock = ManualClock()
        let context = StreamingContext(
            Context(master: .local(threads: 2), appName: "live"), batchInterval: .seconds(1), clock: clock)
        context.queueStream([
            [RatingEvent(user: "5", item: disliked, rating: 0.5), RatingEvent(user: "new", item: disliked, rating: 5)]
        ])
        .rate(into: live)
        try await context.start()
        clock.advance(by: .seconds(1))
        context.waitUntilCompleted(clock.now())
        try await context.stop()

        let after = live.recommendations(user: "5").items
        #expect(after.map(\.id) != before.map(\.id))
        #expect(!after.contains { $0.id == disliked })
        let user = model.userIDs.index(of: "5")!
        let range = model.history.range(of: user)
        var history = range.map { (itemIndex: Int(model.history.columns[$0]), rating: model.history.values[$0]) }
        history.append((itemIndex: model.itemIDs.index(of: disliked)!, rating: 0.5))
        let vector = try #require(try model.foldIn(history.sorted { $0.itemIndex < $1.itemIndex }))
        let expected = model.recommendItems(
            for: vector, limit: 10, filter: .init(deniedIndexes: Set(history.map(\.itemIndex))))
        #expect(after.map(\.id) == expected.map { model.itemIDs[$0.index] })
        // A user unknown to the model gets recommendations at once.
        #expect(live.recommendations(user: "new", LiveQuery(limit: 3)).source == .foldIn)
        #expect(live.recommendations(user: "nobody", LiveQuery(limit: 3)).source == .popular)
    }

    /// Ratings of items that the model does not know are counted, and shown after the others.
    @Test func unknownItemsAreCountedAndShown() throws {
        let live = LiveRecommender(model: Self.model)
        let before = Set(live.history(of: "5").map(\.item))
        try live.rateBlocking([RatingEvent(user: "5", item: "no such film", rating: 3)])
        #expect(live.unknownItemCount == 1)
        let after = live.history(of: "5")
        #expect(after.last == RatedItem(item: "no such film", rating: 3))
        #expect(Set(after.dropLast().map(\.item)) == before)
        try live.forgetBlocking(user: "5")
        #expect(live.history(of: "5").isEmpty)
    }
}
