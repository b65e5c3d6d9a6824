import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterSamples
import TestSupport
import Testing

@Suite struct ExplanationTests {
    private static let made = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make()
    private static var ratings: Ratings { made.ratings }

    private static func model(_ change: (inout ALSSettings) -> Void = { _ in }) throws -> MatrixFactorizationModel {
        var settings = ALSSettings()
        settings.maxIterations = 4
        change(&settings)
        return try ALS(settings).fit(ratings)
    }

    private func history(_ model: MatrixFactorizationModel, _ user: Int) -> [(itemIndex: Int, rating: Float)] {
        model.history.range(of: user).map { (Int(model.history.columns[$0]), model.history.values[$0]) }
    }

    /// The shares add up to the score of the folded-in user, for explicit, biased and implicit models. A share is what
    /// the score gains from its rating: doubling the rating adds the share once more.
    @Test(arguments: 0..<3) func sharesAddUpToTheScore(kind: Int) throws {
        let model = try Self.model { ($0.hasBiases, $0.isImplicit) = (kind == 1, kind == 2) }
        for user in [0, 5, 77] {
            let ratings = history(model, user)
            let folded = try #require(try model.foldIn(ratings))
            for best in model.recommendItems(for: folded, limit: 3) {
                let explanation = try model.explain(itemIndex: best.index, forUserIndex: user)
                #expect(abs(explanation.score - best.score) < 2e-3 * max(1, abs(best.score)))
                #expect(explanation.contributions.count == ratings.count)
                #expect(
                    zip(explanation.contributions, explanation.contributions.dropFirst()).allSatisfy {
                        $0.share >= $1.share
                    })
                if kind == 0 {
                    let first = explanation.contributions[0]
                    let changed = ratings.map {
                        ($0.itemIndex, $0.itemIndex == first.itemIndex ? 2 * $0.rating : $0.rating)
                    }
                    let more = try model.explain(itemIndex: best.index, from: changed)
                    #expect(abs(more.score - explanation.score - first.share) < 1e-3)
                }
            }
        }
        #expect(throws: SwiftwaterError.self) { try model.explain(itemIndex: 1_000_000, forUserIndex: 0) }
        #expect(throws: SwiftwaterError.self) { try model.explain(itemIndex: 0, forUserIndex: 1_000_000) }
    }

    @Test func nonNegativeScoresCannotBeDivided() throws {
        let model = try Self.model { $0.solver = .nonNegative }
        let error = #expect(throws: SwiftwaterError.self) { try model.explain(itemIndex: 0, forUserIndex: 0) }
        #expect(error?.code == .invalidArgument)
    }

    /// Folding in an item with its training ratings gives the factors of the last half-step.
    @Test(arguments: [false, true]) func itemsFoldInAsTheyWereTrained(isImplicit: Bool) throws {
        let model = try Self.model { $0.isImplicit = isImplicit }
        let matrix = RatingMatrix(Self.ratings)
        for item in [0, 40, 900] {
            let range = matrix.byItem.range(of: item)
            let raters = range.map { (userIndex: Int(matrix.byItem.columns[$0]), rating: matrix.byItem.values[$0]) }
            let folded = try #require(try model.foldInItem(raters))
            let trained = model.itemFactors[item * model.rank..<(item + 1) * model.rank]
            for (a, b) in zip(folded.factors, trained) { #expect(abs(a - b) < 1e-3) }
        }
        #expect(try model.foldInItem([(userIndex: 1_000_000, rating: 3)]) == nil)
    }

    @Test func theLadderSaysItsRung() throws {
        let model = try Self.model()
        let known = try model.recommend(user: model.userIDs[7], limit: 5)
        #expect(known.source == .model && known.items == model.recommendItems(forUserIndex: 7, limit: 5))
        let rated = history(model, 7).prefix(4).map { $0 }
        let folded = try model.recommend(user: "nobody", ratings: rated, limit: 5)
        #expect(folded.source == .foldIn && folded.items.count == 5)
        #expect(Set(folded.items.map(\.index)).isDisjoint(with: rated.map(\.itemIndex)))
        let popular = try model.recommend(user: "nobody", limit: 5)
        #expect(popular.source == .popular)
        let counts = model.itemCounts.sorted(by: >)
        #expect(popular.items.map(\.score) == counts.prefix(5).map { Float($0) })
        // Ratings of unknown items only are not a history.
        #expect(try model.recommend(user: "nobody", ratings: [(1_000_000, 5)], limit: 5).source == .popular)
    }

    @Test func filtersAllowAndDeny() throws {
        let model = try Self.model()
        let all = model.recommendItems(forUserIndex: 3, limit: model.itemIDs.count)
        let filter = RecommendationFilter(
            allowedIndexes: Set(all.map(\.index).filter { $0 % 5 == 0 }), deniedIndexes: [all[0].index])
        let expected = all.filter { $0.index % 5 == 0 && $0.index != all[0].index }
        #expect(model.recommendItems(forUserIndex: 3, limit: 10, filter: filter) == Array(expected.prefix(10)))
        #expect(model.recommendItems(forUserIndex: 3, limit: 10, filter: .init(allowedIndexes: [])).isEmpty)
        var lists = 0
        try model.recommendForAllUsers(limit: 10, filter: filter) { user, list in
            lists += 1
            if user % 50 == 3 { #expect(list == model.recommendItems(forUserIndex: user, limit: 10, filter: filter)) }
        }
        #expect(lists == model.userIDs.count)
        #expect(
            model.popularItems(limit: 3, filter: .init(allowedIndexes: [8, 9], deniedIndexes: [9])).map(\.index) == [8])
    }

    @Test func similarUsersAreByAngle() throws {
        let model = try MatrixFactorizationModel(
            userIDs: [1, 2, 3, 4], userFactors: [[1, 0], [5, 0.1], [0, 1], [-1, 0]], itemIDs: [1],
            itemFactors: [[1, 1]])
        #expect(model.similarUsers(toUserIndex: 0, limit: 3).map(\.index) == [1, 2, 3])
        #expect(model.similarUsers(toUserIndex: 9, limit: 3).isEmpty)
    }

    /// A factor on which only one genre's items load is attributed to that genre.
    @Test func genresLoadOnTheirFactor() throws {
        var catalogue = Catalogue()
        var factors: [[Float]] = []
        for item in 0..<60 {
            catalogue.add(
                id: "\(item)", title: "t",
                genres: item % 3 == 0 ? ["War"] : item % 3 == 1 ? ["Comedy"] : ["Rare\(item)"])
            factors.append([item % 3 == 0 ? 2 : 0.1 * Float(item % 7), item % 3 == 1 ? -3 - Float(item) / 100 : 0])
        }
        let model = try MatrixFactorizationModel(
            userIDs: [1], userFactors: [[1, 1]], itemIDs: (0..<60).map { Int64($0) }, itemFactors: factors)
        let genres = model.genresByFactor(catalogue)
        #expect(genres.count == 2)
        #expect(genres[0].loadings.first?.genre == "War" && genres[0].loadings.first!.strength > 3)
        #expect(genres[1].loadings.last?.genre == "Comedy" && genres[1].loadings.last!.strength < -3)
        #expect(genres[1].least == [58, 55, 52])
        #expect(genres[0].loadings.allSatisfy { !$0.genre.hasPrefix("Rare") })
    }
}

/// Tests data that breaks recommenders.
@Suite struct DifficultRatingsTests {
    private func settings(_ rank: Int = 5, regularization: Double = 0.1) -> ALSSettings {
        var settings = ALSSettings()
        (settings.rank, settings.regularization) = (rank, regularization)
        return settings
    }

    private static func grid(_ users: Int, _ items: Int, _ rating: (Int, Int) -> Float?) -> Ratings {
        Ratings(
            (0..<users).flatMap { user in
                (0..<items).compactMap { item in
                    rating(user, item).map { (user: Int64(user), item: Int64(item), rating: $0) }
                }
            })
    }

    @Test(arguments: [false, true]) func allRatingsEqual(hasBiases: Bool) throws {
        var settings = settings()
        settings.hasBiases = hasBiases
        let model = try ALS(settings).fit(Self.grid(30, 20) { ($0 + $1) % 3 == 0 ? 4 : nil })
        #expect(model.userFactors.allSatisfy { $0.isFinite } && model.itemFactors.allSatisfy { $0.isFinite })
        for (user, item) in [(0, 1), (7, 3), (29, 19)] {
            #expect(abs(model.predict(userIndex: user, itemIndex: item)! - 4) < 0.5)
        }
    }

    @Test func oneRatingAndNone() throws {
        var rows: [(user: Int64, item: Int64, rating: Float)] = [(1, 10, 5)]
        for user in 2...20 {
            for item in 11...30 { rows.append((Int64(user), Int64(item), Float(1 + (user * item) % 5))) }
        }
        let parts = try Ratings(rows + [(21, 31, 3)]).split(weights: [1], seed: 0)
        let model = try ALS(settings()).fit(parts[0])
        #expect(model.predict(user: "1", item: "10").map { $0 > 1 && $0.isFinite } == true)
        // An item rated only in the validation part and a user without training ratings are unknown.
        let train = try Ratings(rows + [(22, 32, 3)]).split(weights: [1, 1], seed: 4)
        let half = try ALS(settings()).fit(train[0])
        for item in 0..<half.itemIDs.count where half.itemCounts[item] == 0 {
            #expect(half.predict(userIndex: 0, itemIndex: item) == nil)
            #expect(!half.recommendItems(forUserIndex: 0, limit: 1000, includeSeen: true).contains { $0.index == item })
        }
        #expect(throws: SwiftwaterError.self) { try ALS(settings()).fit(Ratings()) }
    }

    @Test func rankAboveTheNumberOfRatings() throws {
        let model = try ALS(settings(64)).fit(Self.grid(4, 3) { ($0 + $1) % 2 == 0 ? Float($0 + 1) : nil })
        #expect(model.userFactors.allSatisfy { $0.isFinite })
        #expect(abs(model.predict(user: "3", item: "1")! - 4) < 1.5)
    }

    /// Without regularization, a user with fewer ratings than factors has no unique solution; the error names the user
    /// or item.
    @Test func withoutRegularizationTheSingularRowIsNamed() throws {
        let error = #expect(throws: SwiftwaterError.self) {
            try ALS(settings(5, regularization: 0)).fit(
                Ratings([(user: 7, item: 1, rating: 3), (user: 7, item: 2, rating: 4)]))
        }
        #expect(error?.code == .numerical && error?.message.contains("user 7") == true && error?.remedy != nil)
    }

    @Test func idsOverTheWhole64BitRange() throws {
        let ids: [Int64] = [.min, .min + 1, -1, 0, 1, 4_194_303, 4_194_304, 1 << 40, .max - 1, .max]
        var rows: [(user: Int64, item: Int64, rating: Float)] = []
        for user in ids { for item in ids where user &+ item != 0 { rows.append((user, item, 3)) } }
        let ratings = Ratings(rows)
        #expect(ratings.userIDs.count == ids.count && ratings.itemIDs.count == ids.count)
        let model = try ALS(settings()).fit(ratings)
        for id in ids {
            #expect(model.userIDs.index(of: id) == ids.firstIndex(of: id))
            #expect(model.userIDs.index(of: "\(id)") == ids.firstIndex(of: id))
            #expect(model.userIDs.index(of: id ^ 0x5555_5555) == nil)
        }
        let folder = try TemporaryDirectory()
        try ModelFile.write(model, to: folder.file("m"))
        #expect(try ModelFile.read(folder.file("m")) == model)
    }

    /// Compares the numbering of random ids, small and large, with a dictionary.
    @Test func idsAreNumberedAsADictionaryWould() {
        var random = SeededRandom(seed: 8)
        var ratings = Ratings()
        var expected: [Int64: Int] = [:]
        for _ in 0..<20_000 {
            let wide = random.below(3) == 0
            let id = wide ? Int64(bitPattern: random.next()) >> Int64(random.below(40)) : Int64(random.below(5000))
            if expected[id] == nil { expected[id] = expected.count }
            ratings.append(user: id, item: 1, rating: 1)
            #expect(Int(ratings.users.last!) == expected[id]!)
        }
        #expect(ratings.userIDs.count == expected.count)
    }
}
