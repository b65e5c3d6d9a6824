import Algorithms
import SwiftwaterCore

/// A size of sample data. Ratings have the dimensions of the MovieLens data sets of these names.
public enum SamplePreset: String, Sendable, CaseIterable {
    /// The size of MovieLens 100K.
    case hundredThousand = "100k"
    /// The size of MovieLens 1M.
    case oneMillion = "1m"
    /// The size of MovieLens 10M.
    case tenMillion = "10m"
    /// The size of MovieLens 25M.
    case twentyFiveMillion = "25m"

    /// The number of posts.
    public var posts: Int {
        switch self {
        case .hundredThousand: 100_000
        case .oneMillion: 1_000_000
        case .tenMillion: 10_000_000
        case .twentyFiveMillion: 25_000_000
        }
    }

    /// The numbers of users, items and ratings: those of MovieLens 100K, 1M, 10M and 25M.
    public var ratings: (users: Int, items: Int, ratings: Int) {
        switch self {
        case .hundredThousand: (943, 1_682, 100_000)
        case .oneMillion: (6_040, 3_706, 1_000_209)
        case .tenMillion: (69_878, 10_677, 10_000_054)
        case .twentyFiveMillion: (162_541, 59_047, 25_000_095)
        }
    }
}

/// A weighted choice among indexes. O(log n) per draw.
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
        return cumulative.dropLast().partitioningIndex { $0 > target }
    }
}
