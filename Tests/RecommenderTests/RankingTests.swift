import Foundation
import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterSamples
import TestSupport
import Testing

@Suite struct RankingTests {
    private static let ratings = try! RatingsGenerator(.init(preset: .hundredThousand, seed: 3)).make().ratings

    private struct Recorded: Decodable {
        let k: Int
        let lists: [[[Int]]]
        let (precision, recall, map, ndcg): (Double, Double, Double, Double)

        enum Keys: String, CodingKey { case k, lists, precision, recall, map, ndcg }
        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Keys.self)
            k = try values.decode(Int.self, forKey: .k)
            lists = try values.decode([[[Int]]].self, forKey: .lists)
            func number(_ key: Keys) throws -> Double { try values.decode(Double.self, forKey: key) }
            (precision, recall, map, ndcg) = (
                try number(.precision), try number(.recall), try number(.map), try number(.ndcg)
            )
        }
    }

    /// Compares with Spark 4.3 on 40 sets of lists at five depths (`Tests/Fixtures/spark/ranking.py`).
    @Test func metricsEqualSparks() throws {
        let text = try String(contentsOfFile: PackageFolder.fixture("spark_ranking.jsonl"), encoding: .utf8)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 200)
        for line in lines {
            let recorded = try JSONDecoder().decode(Recorded.self, from: Data(line.utf8))
            let metrics = RankingMetrics(k: recorded.k, lists: recorded.lists.map { ($0[0], Set($0[1])) })
            #expect(abs(metrics.precision - recorded.precision) < 1e-6)
            #expect(abs(metrics.recall - recorded.recall) < 1e-6)
            #expect(abs(metrics.meanAveragePrecision - recorded.map) < 1e-6, "\(line)")
            #expect(abs(metrics.ndcg - recorded.ndcg) < 1e-6)
        }
    }

    @Test func reciprocalRankAndCoverage() {
        let metrics = RankingMetrics(
            k: 3, lists: [([5, 1, 2, 3], [2, 3]), ([4, 0], [0]), ([0], []), ([5, 4, 3, 1], [1])], catalogue: 8)
        #expect(abs(metrics.meanReciprocalRank - (1.0 / 3 + 1.0 / 2) / 4) < 1e-12)
        #expect(metrics.coverage == 6.0 / 8)
        #expect(RankingMetrics(k: 3, lists: []).ndcg == 0)
    }

    /// Compares the whole evaluation with lists made one by one and their metrics.
    @Test func modelsAreComparedOverTheFullCatalogue() throws {
        let parts = try Self.ratings.split(weights: [80, 20], seed: 1)
        let model = try ALS().fit(parts[0])
        var lists: [(recommended: [Int], relevant: Set<Int>)] = []
        for user in 0..<model.userIDs.count {
            let rows = (0..<parts[1].count).filter { Int(parts[1].users[$0]) == user && parts[1].values[$0] >= 4.5 }
            let relevant = Set(rows.map { Int(parts[1].items[$0]) }.filter { model.knows(itemIndex: $0) })
            if relevant.isEmpty || !model.knows(userIndex: user) { continue }
            lists.append((model.recommendItems(forUserIndex: user, limit: 10).map(\.index), relevant))
        }
        let expected = RankingMetrics(k: 10, lists: lists, catalogue: model.itemIDs.count)
        for threads in [1, 3] {
            #expect(try model.evaluateRanking(on: parts[1], k: 10, relevantFrom: 4.5, threads: threads) == expected)
        }
        #expect(expected.lists > 300 && expected.ndcg > 0 && expected.coverage > 0.01)
        #expect(throws: SwiftwaterError.self) { try model.evaluateRanking(on: parts[1], relevantFrom: 6) }
    }

    @Test func usersAreDividedInTheirShares() throws {
        let parts = try Self.ratings.split(weights: [60, 20, 20], seed: 9, by: .user)
        #expect(parts.map(\.count).reduce(0, +) == Self.ratings.count)
        func counts(_ ratings: Ratings) -> [Int] {
            var counts = [Int](repeating: 0, count: ratings.userIDs.count)
            for user in ratings.users { counts[Int(user)] += 1 }
            return counts
        }
        let all = counts(Self.ratings)
        for (part, share) in zip(parts, [0.6, 0.2, 0.2]) {
            for (own, total) in zip(counts(part), all) { #expect(abs(Double(own) - share * Double(total)) < 1.0001) }
            #expect(abs(Double(part.count) / Double(Self.ratings.count) - share) < 0.005)
        }
        #expect(try Self.ratings.split(weights: [60, 20, 20], seed: 9, by: .user) == parts)
        #expect(try Self.ratings.split(weights: [60, 20, 20], seed: 8, by: .user) != parts)
    }

    @Test func timeDividesOldFromNew() throws {
        let parts = try Self.ratings.split(weights: [60, 20, 20], seed: 0, by: .time)
        #expect(parts.map { Double($0.count) / Double(Self.ratings.count) }.allSatisfy { $0 > 0.19 })
        for (older, newer) in zip(parts, parts.dropFirst()) {
            #expect(older.timestamps.max()! <= newer.timestamps.min()!)
        }
        let without = Ratings([(user: 1, item: 1, rating: 3)])
        #expect(throws: SwiftwaterError.self) { try without.split(weights: [1, 1], seed: 0, by: .time) }
    }

    @Test func foldsHoldEveryRowOnce() throws {
        let folds = try Self.ratings.folds(5, seed: 3)
        #expect(folds.count == 5)
        #expect(folds.map(\.validation.count).reduce(0, +) == Self.ratings.count)
        for fold in folds {
            #expect(fold.train.count + fold.validation.count == Self.ratings.count)
            #expect(abs(Double(fold.validation.count) / Double(Self.ratings.count) - 0.2) < 0.01)
        }
        #expect(throws: SwiftwaterError.self) { try Self.ratings.folds(1, seed: 3) }
    }
}
