import SwiftwaterCore
import SwiftwaterRecommender
import TestSupport
import Testing

/// Users and items are asked for by their ids; indexes say so in their labels.
@Suite struct IDTests {
    private static let model = Result {
        try MatrixFactorizationModel(
            userIDs: [42, 7], userFactors: [[1, 0], [0, 1]], itemIDs: [1000, 5, 1],
            itemFactors: [[4, 1], [3, 2], [1, 5]])
    }

    @Test func integersAreIDs() throws {
        let model = try Self.model.get()
        #expect(model.predict(user: 42, item: 1000) == 4)
        #expect(model.predict(user: 7, item: UInt8(1)) == 5)
        #expect(model.predict(user: 0, item: 1) == nil && model.predict(user: 42, item: -1) == nil)
        #expect(model.predict(user: UInt64.max, item: 1) == nil)
        #expect(model.recommendItems(forUser: 7, limit: 2).map(\.id) == ["1", "5"])
        #expect(model.recommendUsers(forItem: 1000, limit: 1) == [ScoredID(id: "42", score: 4)])
        #expect(
            model.recommendItems(forUser: 0, limit: 2).isEmpty && model.recommendUsers(forItem: 0, limit: 2).isEmpty)
        #expect(model.similarItems(to: 1000, limit: 1).map(\.id) == ["5"])
        #expect(model.similarUsers(to: 42, limit: 5).map(\.id) == ["7"])
        #expect(model.similarItems(to: 0, limit: 1).isEmpty && model.similarUsers(to: 0, limit: 1).isEmpty)
    }

    @Test func textIsAnIDAsItWasWritten() throws {
        let model = try Self.model.get()
        #expect(model.predict(user: "42", item: "1000") == model.predict(userIndex: 0, itemIndex: 0))
        #expect(model.predict(user: "042", item: "1000") == nil)
        #expect(model.knows(user: "7") && !model.knows(user: "1") && model.knows(item: "1") && !model.knows(item: "2"))
        #expect(model.recommendItems(forUser: "42", limit: 3).map(\.id) == ["1000", "5", "1"])
        let filter = RecommendationFilter(allowed: ["1", "5", "none"], denied: ["5"], in: model)
        #expect(model.recommendItems(forUser: "42", limit: 3, filter: filter).map(\.id) == ["1"])
        #expect(model.recommendItems(forUser: "nobody", limit: 3).isEmpty)
    }

    /// The lists by id are the lists by index.
    @Test func listsAreThoseOfTheIndexes() throws {
        let rows = (0..<3000).map { "u\($0 % 40),i\($0 * 7 % 61),\(1 + $0 * 3 % 5)\n" }.joined()
        let folder = try TemporaryDirectory()
        let path = try folder.write("r.csv", "userId,movieId,rating\n" + rows)
        let model = try ALS(ALSSettings(maxIterations: 2)).fit(Ratings.read(path).ratings)
        for index in 0..<40 {
            let byIndex = model.recommendItems(forUserIndex: index, limit: 5)
            let byID = model.recommendItems(forUser: model.userIDs[index], limit: 5)
            #expect(byID == byIndex.map { ScoredID(id: model.itemIDs[$0.index], score: $0.score) })
        }
    }
}
