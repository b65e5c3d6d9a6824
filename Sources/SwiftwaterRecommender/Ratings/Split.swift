import SwiftwaterCore

extension Ratings {
    /// Divides the rows at random: each row goes to part `p` with probability `weights[p] / sum`, by a draw that depends on
    /// the seed and the row's number alone. The parts share the tables of ids.
    ///
    /// - Throws: `invalidArgument` where a weight is negative or none is positive.
    public func split(weights: [Double], seed: UInt64) throws -> [Ratings] {
        let total = weights.reduce(0, +)
        guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }), total > 0 else {
            throw SwiftwaterError(
                .invalidArgument, "split weights of \(weights)", remedy: "give weights such as 60,20,20, none negative")
        }
        var bounds: [Double] = []
        for weight in weights { bounds.append((bounds.last ?? 0) + weight / total) }
        var random = SeededRandom(seed: seed, stream: 1)
        var parts = [[Int]](repeating: [], count: weights.count)
        for row in 0..<count {
            let draw = random.uniform()
            parts[bounds.firstIndex { draw < $0 } ?? weights.lastIndex { $0 > 0 }!].append(row)
        }
        return parts.map(selecting)
    }
}
