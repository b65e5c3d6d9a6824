import SwiftwaterCore
import SwiftwaterRecommender
import SwiftwaterPlatform

/// How often items were rated recently: counts that fall by half in each `halfLife`.
final class RecentPopularity: Sendable {
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
            // Weights are taken at the later of both times, so that the order of arrival does not matter.
            let before = counts[item] ?? Count(weight: 0, time: time)
            let latest = max(before.time, time)
            let own = Count(weight: 1, time: time)
            counts[item] = Count(weight: weight(before, at: latest) + weight(own, at: latest), time: latest)
        }
    }

    /// Returns item ids with their weights, heaviest first; ties are ordered by the ids' bytes.
    func best(_ limit: Int, at time: Int64) -> [(item: Text, weight: Double)] {
        let all = counts.read { counts in counts.map { (item: $0.key, weight: weight($0.value, at: time)) } }
        let best = all.filter { $0.weight >= 0.01 }.sorted {
            $0.weight != $1.weight ? $0.weight > $1.weight : $0.item < $1.item
        }
        return Array(best.prefix(limit))
    }

    /// Returns each item's weight relative to the heaviest item's, on a logarithmic scale from 0 to 1.
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
