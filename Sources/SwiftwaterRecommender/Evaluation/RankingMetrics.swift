import SwiftwaterCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How good lists of recommendations are, with the definitions of Spark's `RankingMetrics` (4.3), each the mean over all lists:
///
///     precision@k    right ones among the first k, over k
///     recall@k       right ones among the first k, over all right ones
///     MAP@k          sum over the right ones at place i <= k of (right ones until i) / i, over min(k, all right ones)
///     NDCG@k         sum over the right ones at place i of 1 / log(i + 1), over what it is when the right ones come first
///
/// and two that Spark does not have:
///
///     MRR@k          1 / place of the first right one among the first k, 0 where there is none (Voorhees, 1999)
///     coverage@k     how much of the catalogue is among the first k of some list
///
/// A list for which nothing is right counts as 0 in each, as in Spark.
public struct RankingMetrics: Sendable, Equatable {
    public let k: Int
    public let precision: Double
    public let recall: Double
    public let meanAveragePrecision: Double
    public let ndcg: Double
    public let meanReciprocalRank: Double
    /// 0 where the size of the catalogue is not known.
    public let coverage: Double
    /// How many lists there are.
    public let lists: Int

    /// - Parameters:
    ///   - lists: what was recommended, best first, and what is right. No number comes twice in a list.
    ///   - catalogue: how many items there are to recommend; for coverage.
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

/// What the metrics are made of, for some lists.
struct RankingSums: Sendable {
    let k: Int
    var (precision, recall, averagePrecision, ndcg, reciprocalRank) = (0.0, 0.0, 0.0, 0.0, 0.0)
    var lists = 0
    /// For each item of the catalogue.
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

    /// What a right one at `index` (from 0) is worth. The base of the logarithm cancels out.
    private static func gain(_ index: Int) -> Double { 1 / log2(Double(index + 2)) }
}

extension MatrixFactorizationModel {
    /// Recommends to every user with something right in `ratings`, over the full catalogue and without what the user rated in
    /// training, and compares.
    ///
    /// - Parameters:
    ///   - ratings: what was held back.
    ///   - relevantFrom: ratings from this on are right.
    /// - Throws: `invalidArgument` where nobody the model knows has something right.
    /// - Complexity: O(users x items x rank).
    public func evaluateRanking(
        on ratings: Ratings, k: Int = 10, relevantFrom: Float = 4, threads: Int = WorkerPool.coreCount
    ) throws -> RankingMetrics {
        let users = IndexMap(from: ratings.userIDs, to: userIDs)
        let items = IndexMap(from: ratings.itemIDs, to: itemIDs)
        var relevant: [Int: Set<Int>] = [:]
        for row in 0..<ratings.count where ratings.values[row] >= relevantFrom {
            guard let user = users[ratings.users[row]], let item = items[ratings.items[row]], knows(user: user),
                knows(item: item)
            else { continue }
            relevant[user, default: []].insert(item)
        }
        guard !relevant.isEmpty else {
            throw SwiftwaterError(
                .invalidArgument,
                "no user of the model has a rating of \(relevantFrom) or more among the \(ratings.count)",
                remedy: "lower the rating from which an item counts as right, or evaluate on other ratings")
        }
        var sums = RankingSums(k: max(1, k), catalogue: itemIDs.count)
        try recommendForAllUsers(limit: max(1, k), threads: threads) { user, list in
            guard let right = relevant[user] else { return }
            sums.add(list.map(\.index), right)
        }
        return RankingMetrics(sums)
    }
}
