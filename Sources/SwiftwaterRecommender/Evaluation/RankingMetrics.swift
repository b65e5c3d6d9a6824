import SwiftwaterCore
import SwiftwaterPlatform

/// Quality metrics of recommendation lists.
///
/// Defined as in Spark's `RankingMetrics` (4.3), each the mean over all lists:
///
///     precision@k    relevant items among the first k, over k
///     recall@k       relevant items among the first k, over all relevant items
///     MAP@k          sum over relevant items at rank i <= k of (relevant items up to i) / i, over min(k, all relevant)
///     NDCG@k         sum over relevant items at rank i of 1 / log(i + 1), over the same sum with relevant items first
///
/// And two that Spark does not have:
///
///     MRR@k          1 / rank of the first relevant item among the first k, 0 if there is none (Voorhees, 1999)
///     coverage@k     share of the catalog that is among the first k of some list
///
/// A list with no relevant items counts as 0 in each mean, as in Spark.
public struct RankingMetrics: Sendable, Equatable {
    /// The number of items at the head of each list that count.
    public let k: Int
    /// Precision@k.
    public let precision: Double
    /// Recall@k.
    public let recall: Double
    /// MAP@k.
    public let meanAveragePrecision: Double
    /// NDCG@k (normalized discounted cumulative gain).
    public let ndcg: Double
    /// MRR@k.
    public let meanReciprocalRank: Double
    /// Coverage@k; 0 if the size of the catalog is not known.
    public let coverage: Double
    /// The number of lists.
    public let lists: Int

    /// Computes the metrics of some lists.
    ///
    /// - Parameters:
    ///   - lists: the recommended items, best first, and the relevant ones. No item occurs twice in a list.
    ///   - catalogue: the number of items that could be recommended; for coverage.
    ///   - k: the length of the lists that are looked at.
    /// - Complexity: O(lists x k).
    public init(k: Int, lists: [(recommended: [Int], relevant: Set<Int>)], catalogue: Int = 0) {
        var sums = RankingSums(k: max(1, k), catalogue: catalogue)
        for list in lists { sums.add(list.recommended, list.relevant) }
        self.init(sums)
    }

    init(_ sums: RankingSums) {
        k = sums.k
        lists = sums.lists
        let count = Double(max(1, sums.lists))
        precision = sums.precision / count
        recall = sums.recall / count
        meanAveragePrecision = sums.averagePrecision / count
        ndcg = sums.ndcg / count
        meanReciprocalRank = sums.reciprocalRank / count
        coverage =
            sums.isRecommended.isEmpty
            ? 0 : Double(sums.isRecommended.count { $0 }) / Double(sums.isRecommended.count)
    }
}

/// Sums over lists, from which the metrics are computed.
struct RankingSums: Sendable {
    let k: Int
    var (precision, recall, averagePrecision, ndcg, reciprocalRank) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var lists = 0
    /// One flag per item of the catalog.
    var isRecommended: [Bool]

    init(k: Int, catalogue: Int) {
        self.k = k
        isRecommended = [Bool](repeating: false, count: catalogue)
    }

    mutating func add(_ recommended: [Int], _ relevant: Set<Int>) {
        lists += 1
        for item in recommended.prefix(k) where isRecommended.indices.contains(item) { isRecommended[item] = true }
        guard !relevant.isEmpty else { return }
        var (hits, precisions, gain, first) = (0.0, 0.0, 0.0, 0.0)
        for (index, item) in recommended.prefix(k).enumerated() where relevant.contains(item) {
            hits += 1
            precisions += hits / Double(index + 1)
            gain += RankingSums.gain(index)
            if first == 0 { first = 1 / Double(index + 1) }
        }
        precision += hits / Double(k)
        recall += hits / Double(relevant.count)
        averagePrecision += precisions / Double(min(k, relevant.count))
        ndcg += gain / (0..<min(k, relevant.count)).reduce(0.0) { $0 + RankingSums.gain($1) }
        reciprocalRank += first
    }

    /// The gain of a relevant item at `index` (from 0). The base of the logarithm cancels out.
    private static func gain(_ index: Int) -> Double { 1 / log2(Double(index + 2)) }
}

extension MatrixFactorizationModel {
    /// Evaluates the recommendations for every user who has a relevant item in `ratings`.
    ///
    /// Recommends from the full catalog, without the items that the user rated in training.
    ///
    /// - Parameters:
    ///   - ratings: held-out ratings.
    ///   - relevantFrom: the lowest rating that makes an item relevant.
    ///   - threads: the number of threads; all cores by default.
    ///   - k: the length of the lists that are looked at.
    /// - Throws: `invalidArgument` if no user that the model knows has a relevant item.
    /// - Complexity: O(users x items x rank).
    public func evaluateRanking(
        on ratings: Ratings, k: Int = 10, relevantFrom: Float = 4, threads: Int = WorkerPool.coreCount
    ) throws -> RankingMetrics {
        let users = IndexMap(from: ratings.userIDs, to: userIDs)
        let items = IndexMap(from: ratings.itemIDs, to: itemIDs)
        var relevant: [Int: Set<Int>] = [:]
        for row in 0..<ratings.count where ratings.values[row] >= relevantFrom {
            guard let user = users[ratings.users[row]], let item = items[ratings.items[row]], knows(userIndex: user),
                knows(itemIndex: item)
            else { continue }
            relevant[user, default: []].insert(item)
        }
        guard !relevant.isEmpty else {
            throw SwiftwaterError(
                .invalidArgument,
                "no user of the model has a rating of \(relevantFrom) or more among the \(ratings.count) ratings",
                remedy: "lower the rating from which an item is relevant, or evaluate on other ratings")
        }
        var sums = RankingSums(k: max(1, k), catalogue: itemIDs.count)
        try recommendForAllUsers(limit: max(1, k), threads: threads) { user, list in
            guard let right = relevant[user] else { return }
            sums.add(list.map(\.index), right)
        }
        return RankingMetrics(sums)
    }
}
