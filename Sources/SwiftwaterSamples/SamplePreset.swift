import SwiftwaterCore

/// How much sample data to make. Ratings have the shapes of the MovieLens sets of these names.
public enum SamplePreset: String, Sendable, CaseIterable {
    case hundredThousand = "100k"
    case oneMillion = "1m"
    case tenMillion = "10m"
    case twentyFiveMillion = "25m"

    /// How many posts.
    public var posts: Int {
        switch self {
        case .hundredThousand: 100_000
        case .oneMillion: 1_000_000
        case .tenMillion: 10_000_000
        case .twentyFiveMillion: 25_000_000
        }
    }

    /// Users, items and ratings (the numbers of MovieLens 100K, 1M, 10M and 25M).
    public var ratings: (users: Int, items: Int, ratings: Int) {
        switch self {
        case .hundredThousand: (943, 1_682, 100_000)
        case .oneMillion: (6_040, 3_706, 1_000_209)
        case .tenMillion: (69_878, 10_677, 10_000_054)
        case .twentyFiveMillion: (162_541, 59_047, 25_000_095)
        }
    }
}

/// Draws indexes with given weights. O(log n) a draw.
struct WeightedChoice: Sendable {
    private let cumulative: [Double]

    init(weights: [Double]) {
        var sum = 0.0
        cumulative = weights.map {
            sum += $0; return sum
        }
    }

    func draw(_ random: inout SeededRandom) -> Int {
        let target = random.uniform() * (cumulative.last ?? 0)
        var (low, high) = (0, cumulative.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] <= target { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
