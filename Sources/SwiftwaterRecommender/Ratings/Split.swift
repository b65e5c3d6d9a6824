import SwiftwaterCore

extension Ratings {
    /// Divides the rows at random: each row goes to part `p` with probability `weights[p] / sum`, by a draw that depends on
    /// the seed and the row's number alone. The parts share the tables of ids. O(rows), 1 byte a row beside the parts.
    ///
    /// - Throws: `invalidArgument` where a weight is negative or none is positive, or where there are more than 255.
    public func split(weights: [Double], seed: UInt64) throws -> [Ratings] {
        let total = weights.reduce(0, +)
        guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }), total > 0, weights.count <= 255 else {
            throw SwiftwaterError(
                .invalidArgument, "split weights of \(weights)",
                remedy: "give weights such as 60,20,20, none negative, at most 255")
        }
        var bounds: [Double] = []
        for weight in weights { bounds.append((bounds.last ?? 0) + weight / total) }
        let last = weights.lastIndex { $0 > 0 }!
        var random = SeededRandom(seed: seed, stream: 1)
        var counts = [Int](repeating: 0, count: weights.count)
        let parts = (0..<count).map { _ in
            let draw = random.uniform()
            var part = 0
            while part < last && draw >= bounds[part] { part += 1 }
            counts[part] += 1
            return UInt8(part)
        }
        let pool = WorkerPool(threads: WorkerPool.coreCount)
        return counts.indices.map { part in selecting(counts[part], pool) { parts[$0] == UInt8(part) } }
    }
}
