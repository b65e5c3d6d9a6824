import SwiftwaterCore

/// How rows are divided into training, validation and test data.
public enum SplitMethod: String, Sendable, CaseIterable {
    /// Each row by a draw of its own.
    case random
    /// Each user's rows by chance, in the wanted shares as nearly as whole rows go: who is in one part is in the others too, given
    /// enough rows.
    case user
    /// The oldest rows to the first part, the newest to the last.
    case time
}

extension Ratings {
    /// Divides the rows. The parts share the tables of ids, and their rows keep their order. O(rows), by time O(rows log rows).
    ///
    /// - Parameters:
    ///   - weights: the shares of the parts.
    ///   - seed: with the row's number all that a draw depends on.
    /// - Throws: `invalidArgument` where a weight is negative or none is positive, where there are more than 255, or, by time, where no row
    ///   has one.
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

    /// Divides the rows into `count` parts of nearly equal size by chance, and gives for each the others and it: for cross-validation.
    ///
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
            // Where the shares are no whole rows, chance decides who gets the one between.
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
                .invalidArgument, "no rating has a time", remedy: "name the column of times, or split in another way")
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
