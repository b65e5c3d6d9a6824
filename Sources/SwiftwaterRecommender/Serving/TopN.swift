import CSwiftwaterKernels
import SwiftwaterCore

/// An item (or user) with its score.
public struct Scored: Sendable, Equatable {
    public let index: Int
    public let score: Float

    public init(index: Int, score: Float) {
        self.index = index
        self.score = score
    }

    /// Better score first, lower index at equal scores.
    static func precedes(_ left: Scored, _ right: Scored) -> Bool {
        left.score != right.score ? left.score > right.score : left.index < right.index
    }
}

/// Keeps the best `limit` of what it is shown: a heap with the worst on top. O(log limit) a candidate that gets in, O(1) for
/// the others.
struct BestScores {
    private let limit: Int
    private var heap: [Scored] = []

    init(limit: Int) {
        self.limit = max(0, limit)
        heap.reserveCapacity(min(self.limit, 1024))
    }

    mutating func offer(_ index: Int, _ score: Float) {
        let candidate = Scored(index: index, score: score)
        if heap.count < limit {
            heap.append(candidate)
            var child = heap.count - 1
            while child > 0, Scored.precedes(heap[(child - 1) / 2], heap[child]) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else if limit > 0, Scored.precedes(candidate, heap[0]) {
            heap[0] = candidate
            var parent = 0
            while true {
                var worst = parent
                for child in [2 * parent + 1, 2 * parent + 2]
                where child < heap.count && Scored.precedes(heap[worst], heap[child]) {
                    worst = child
                }
                if worst == parent { break }
                heap.swapAt(parent, worst)
                parent = worst
            }
        }
    }

    /// Best first.
    var sorted: [Scored] { heap.sorted(by: Scored.precedes) }
}

extension MatrixFactorizationModel {
    /// The best items for a user, best first.
    ///
    /// - Parameters:
    ///   - includeSeen: keeps items that the user rated in training.
    /// - Complexity: O(items x rank).
    public func recommendItems(forUser user: Int, limit: Int, includeSeen: Bool = false) -> [Scored] {
        guard knows(user: user) else { return [] }
        let seen = includeSeen ? [] : history.columns[history.range(of: user)].map(Int.init)
        return recommendItems(for: vector(ofUser: user), limit: limit, excluding: Set(seen))
    }

    /// The best items for a user such as `foldIn` makes.
    public func recommendItems(for user: UserVector, limit: Int, excluding: Set<Int> = []) -> [Scored] {
        best(user.factors, itemFactors, offset: user.offset, biases: biases?.items, limit: limit) {
            knows(item: $0) && !excluding.contains($0)
        }
    }

    /// The users with the highest predictions for an item, best first.
    ///
    /// - Parameter includeSeen: keeps users who rated the item in training.
    /// - Complexity: O(users x rank), and O(training ratings) to find who rated the item.
    public func recommendUsers(forItem item: Int, limit: Int, includeSeen: Bool = false) -> [Scored] {
        let seen = (0..<(includeSeen ? 0 : userIDs.count)).filter { user in
            history.columns[history.range(of: user)].contains(UInt32(item))
        }
        return recommendUsers(forItem: item, limit: limit, excluding: Set(seen))
    }

    private func recommendUsers(forItem item: Int, limit: Int, excluding: Set<Int>) -> [Scored] {
        guard knows(item: item) else { return [] }
        let row = Array(itemFactors[item * rank..<(item + 1) * rank])
        let offset = biases.map { $0.mean + $0.items[item] } ?? 0
        return best(row, userFactors, offset: offset, biases: biases?.users, limit: limit) { user in
            knows(user: user) && !excluding.contains(user)
        }
    }

    /// The items whose factors point in the direction nearest to this item's (cosine), nearest first.
    public func similarItems(to item: Int, limit: Int) -> [Scored] {
        guard knows(item: item) else { return [] }
        func norm(_ index: Int) -> Float {
            itemFactors[index * rank..<(index + 1) * rank].reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        let own = norm(item)
        let scores = allScores(Array(itemFactors[item * rank..<(item + 1) * rank]), itemFactors)
        var best = BestScores(limit: limit)
        for other in 0..<itemIDs.count where other != item && knows(item: other) {
            let length = own * norm(other)
            if length > 0 { best.offer(other, scores[other] / length) }
        }
        return best.sorted
    }

    /// Top lists for all users, in their order, on all threads; each list is handed to `body` in that order.
    public func recommendForAllUsers(
        limit: Int, includeSeen: Bool = false, threads: Int = WorkerPool.coreCount,
        _ body: (Int, [Scored]) throws -> Void
    ) throws {
        try forAll(userIDs.count, threads: threads, body) {
            recommendItems(forUser: $0, limit: limit, includeSeen: includeSeen)
        }
    }

    /// Top lists for all items.
    public func recommendForAllItems(
        limit: Int, includeSeen: Bool = false, threads: Int = WorkerPool.coreCount,
        _ body: (Int, [Scored]) throws -> Void
    ) throws {
        let users = (0..<userIDs.count).flatMap { user in history.range(of: user).map { _ in user } }
        let raters = CompressedRows(rows: includeSeen ? [] : history.columns, rowCount: itemIDs.count)
        try forAll(itemIDs.count, threads: threads, body) { item in
            recommendUsers(forItem: item, limit: limit, excluding: Set(raters.entries(of: item).map { users[$0] }))
        }
    }

    // MARK: Scoring

    private func allScores(_ row: [Float], _ factors: [Float]) -> [Float] {
        let rows = factors.count / rank
        return [Float](unsafeUninitializedCapacity: rows) { output, count in
            if rows > 0 {
                sw_scores(settings.instructionSet.rawValue, rank, row, factors, rows, output.baseAddress!)
            }
            count = rows
        }
    }

    private func best(
        _ row: [Float], _ factors: [Float], offset: Float, biases: [Float]?, limit: Int, isWanted: (Int) -> Bool
    ) -> [Scored] {
        let scores = allScores(row, factors)
        var best = BestScores(limit: limit)
        for index in scores.indices where isWanted(index) {
            best.offer(index, biases.map { scores[index] + offset + $0[index] } ?? scores[index])
        }
        return best.sorted
    }

    private func forAll(
        _ count: Int, threads: Int, _ body: (Int, [Scored]) throws -> Void,
        _ make: @escaping @Sendable (Int) -> [Scored]
    ) throws {
        let pool = WorkerPool(threads: threads)
        for start in stride(from: 0, to: count, by: 1024) {
            let size = min(1024, count - start)
            var lists = [[Scored]](repeating: [], count: size)
            try lists.withUnsafeMutableBufferPointer { output in
                let output = UncheckedSendable(output)
                try pool.run(count: size) { output.value[$0] = make(start + $0) }
            }
            for (offset, list) in lists.enumerated() { try body(start + offset, list) }
        }
    }
}
