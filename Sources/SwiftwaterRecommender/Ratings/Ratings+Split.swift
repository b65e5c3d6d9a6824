import SwiftwaterCore

extension Ratings {
    /// Splits the rows into parts.
    ///
    /// The parts share the id tables, and their rows keep their order. O(rows), by time O(rows log rows).
    ///
    /// - Parameters:
    ///   - weights: the relative sizes of the parts.
    ///   - seed: the seed. A draw depends only on it and the row's number.
    ///   - method: at random, within each user, or oldest first.
    /// - Throws: `invalidArgument` if a weight is negative, none is positive, or there are more than 255; by time, also
    ///   if no row has a timestamp.
    public func split(weights: [Double], seed: UInt64, by method: SplitMethod = .random) throws -> [Ratings] {
        let total = weights.reduce(0, +)
        guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }), total > 0, weights.count <= 255 else {
            throw SwiftwaterError(
                .invalidArgument, "split weights of \(weights)",
                remedy: "give weights such as 60,20,20, none negative, at most 255")
        }
        var bounds: [Double] = []
        for weight in weights { bounds.append((bounds.last ?? 0) + weight / total) }
        let parts: [UInt8]
        switch method {
        case .random: parts = randomParts(bounds, last: weights.lastIndex { $0 > 0 }!, seed)
        case .user: parts = partsOfUsers(bounds, seed)
        case .time: parts = try partsByTime(bounds)
        }
        var counts = [Int](repeating: 0, count: weights.count)
        for part in parts { counts[Int(part)] += 1 }
        let pool = WorkerPool(threads: WorkerPool.coreCount)
        return counts.indices.map { part in selecting(counts[part], pool) { parts[$0] == UInt8(part) } }
    }

    /// Splits the rows at random into `count` folds of nearly equal size for cross-validation.
    ///
    /// - Returns: for each fold, the rows of the other folds (`train`) and its own (`validation`).
    /// - Throws: `invalidArgument` for fewer than 2 or more than 255 folds.
    public func folds(_ count: Int, seed: UInt64) throws -> [(train: Ratings, validation: Ratings)] {
        guard (2...255).contains(count) else {
            throw SwiftwaterError(.invalidArgument, "\(count) folds", remedy: "use 2 to 255")
        }
        let bounds = (1...count).map { Double($0) / Double(count) }
        let parts = randomParts(bounds, last: count - 1, seed)
        let pool = WorkerPool(threads: WorkerPool.coreCount)
        return (0..<count).map { fold in
            let held = parts.count { $0 == UInt8(fold) }
            return (
                selecting(self.count - held, pool) { parts[$0] != UInt8(fold) },
                selecting(held, pool) { parts[$0] == UInt8(fold) }
            )
        }
    }

    private func randomParts(_ bounds: [Double], last: Int, _ seed: UInt64) -> [UInt8] {
        var random = SeededRandom(seed: seed, stream: 1)
        return (0..<count).map { _ in
            let draw = random.uniform()
            var part = 0
            while part < last && draw >= bounds[part] { part += 1 }
            return UInt8(part)
        }
    }

    private func partsOfUsers(_ bounds: [Double], _ seed: UInt64) -> [UInt8] {
        let byUser = CompressedRows(rows: users, rowCount: userIDs.count)
        var parts = [UInt8](repeating: 0, count: count)
        for user in 0..<userIDs.count {
            var random = SeededRandom(seed: seed, stream: 4 + UInt64(user))
            var rows = Array(byUser.entries(of: user))
            rows.shuffle(using: &random)
            // If the shares are not whole rows, the row in between is assigned at random.
            let shift = random.uniform()
            var start = 0
            for (part, bound) in bounds.enumerated() {
                let end =
                    part == bounds.count - 1 ? rows.count : min(rows.count, Int(bound * Double(rows.count) + shift))
                for index in start..<max(start, end) { parts[rows[index]] = UInt8(part) }
                start = max(start, end)
            }
        }
        return parts
    }

    private func partsByTime(_ bounds: [Double]) throws -> [UInt8] {
        guard timestamps.contains(where: { $0 != 0 }) else {
            throw SwiftwaterError(
                .invalidArgument, "no rating has a timestamp",
                remedy: "name the timestamp column, or split by another method")
        }
        let order = (0..<count).sorted {
            timestamps[$0] != timestamps[$1] ? timestamps[$0] < timestamps[$1] : $0 < $1
        }
        var parts = [UInt8](repeating: 0, count: count)
        var part = 0
        for (place, row) in order.enumerated() {
            while part < bounds.count - 1, Double(place) >= (bounds[part] * Double(count)).rounded() { part += 1 }
            parts[row] = UInt8(part)
        }
        return parts
    }
}
