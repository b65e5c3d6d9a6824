import SwiftwaterCore
import SwiftwaterRecommender

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A user of whom more is known than the model's training says: the factors from the whole history, which is left out of recommendations.
struct LiveUser: Sendable {
    /// By index, in that order.
    let history: [(item: Int, rating: Float)]
    let seen: Set<Int>
    /// nil where the model knows none of the items, or the system is singular.
    let vector: UserVector?
    /// What the training says of the user does not count.
    let isForgotten: Bool

    /// - Parameter logged: the ratings since the training, by item id.
    init(_ user: Text, _ logged: [Text: LoggedRatings.Rating], isForgotten: Bool, model: MatrixFactorizationModel) {
        var ratings: [Int: Float] = [:]
        if !isForgotten, let index = model.userIDs.index(of: String(user)) {
            for place in model.history.range(of: index) {
                ratings[Int(model.history.columns[place])] = model.history.values[place]
            }
        }
        for (item, rating) in logged {
            guard let index = model.itemIDs.index(of: String(item)), model.knows(item: index) else { continue }
            ratings[index] = rating.rating
        }
        self.init(
            history: ratings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, seen: Set(ratings.keys),
            isForgotten: isForgotten, model)
    }

    private init(
        history: [(item: Int, rating: Float)], seen: Set<Int>, isForgotten: Bool, _ model: MatrixFactorizationModel
    ) {
        (self.history, self.seen, self.isForgotten) = (history, seen, isForgotten)
        // A singular system (regularization 0) leaves what the training knows: the rating is safe, and refused nowhere.
        vector = try? model.foldIn(history)
    }

    /// The same user after further ratings, to the bit what `init` makes of all of them; someone with thousands need not be looked up whole.
    func adding(_ ratings: [(item: Text, rating: Float)], model: MatrixFactorizationModel) -> LiveUser {
        var (history, seen) = (history, seen)
        for (item, rating) in ratings {
            guard let index = model.itemIDs.index(of: String(item)), model.knows(item: index) else { continue }
            var (low, high) = (0, history.count)
            while low < high {
                let middle = (low + high) / 2
                if history[middle].item < index { low = middle + 1 } else { high = middle }
            }
            if seen.insert(index).inserted {
                history.insert((index, rating), at: low)
            } else {
                history[low].rating = rating
            }
        }
        return LiveUser(history: history, seen: seen, isForgotten: isForgotten, model)
    }
}

/// A model, and the users of whom more is known. Readers take one lock for the time of a look into a dictionary; whoever changes users works
/// their factors out before.
final class ServingState: Sendable {
    let model: MatrixFactorizationModel
    /// Counts the models of this process, from 1.
    let generation: Int
    /// From the smallest to the largest rating of the training; nil where there is none.
    let ratingRange: ClosedRange<Double>?
    private let shards = (0..<64).map { _ in Monitor<[Text: LiveUser]>([:]) }

    /// O(ratings), once for a model.
    init(model: MatrixFactorizationModel, generation: Int) {
        (self.model, self.generation) = (model, generation)
        ratingRange = model.history.values.withUnsafeBufferPointer { values in
            guard let first = values.first else { return nil }
            var (low, high) = (first, first)
            for value in values { (low, high) = (min(low, value), max(high, value)) }
            return Double(low)...Double(high)
        }
    }

    private func shard(_ user: Text) -> Monitor<[Text: LiveUser]> {
        shards[Int(user.withBytes { StableHasher.hash(UnsafeRawBufferPointer($0)) } & 63)]
    }

    func user(_ id: Text) -> LiveUser? { shard(id).read { $0[id] } }
    func set(_ id: Text, _ user: LiveUser?) { shard(id).update { $0[id] = user } }
}

/// How often items were rated of late: counts that fall by half in each `halfLife`.
final class TrendingItems: Sendable {
    private struct Count {
        var weight: Double
        var time: Int64
    }

    private let halfLife: Double
    private let counts = Monitor<[Text: Count]>([:])

    init(halfLife: Duration) { self.halfLife = Double(halfLife.wholeMilliseconds) }

    private func weight(_ count: Count, at time: Int64) -> Double {
        count.weight * exp2(-Double(max(0, time - count.time)) / halfLife)
    }

    func add(_ item: Text, at time: Int64) {
        counts.update { counts in
            // At the later of both times, so that the order in which they come does not matter.
            let before = counts[item] ?? Count(weight: 0, time: time)
            let latest = max(before.time, time)
            let own = Count(weight: 1, time: time)
            counts[item] = Count(weight: weight(before, at: latest) + weight(own, at: latest), time: latest)
        }
    }

    /// Item ids with their weights, the heaviest first, of equal ones the first by bytes.
    func best(_ limit: Int, at time: Int64) -> [(item: Text, weight: Double)] {
        let all = counts.read { counts in counts.map { (item: $0.key, weight: weight($0.value, at: time)) } }
        let best = all.filter { $0.weight >= 0.01 }.sorted {
            $0.weight != $1.weight ? $0.weight > $1.weight : $0.item < $1.item
        }
        return Array(best.prefix(limit))
    }

    /// The weight of an item as a share of the heaviest's, on a logarithmic scale from 0 to 1.
    func boosts(_ items: [Text], at time: Int64) -> [Float] {
        counts.read { counts in
            let most = counts.values.reduce(0) { max($0, weight($1, at: time)) }
            guard most > 0 else { return items.map { _ in 0 } }
            return items.map { item in
                guard let count = counts[item] else { return 0 }
                return Float(log1p(weight(count, at: time)) / log1p(most))
            }
        }
    }
}
