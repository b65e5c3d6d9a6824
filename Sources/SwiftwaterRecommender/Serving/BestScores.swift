/// The best `limit` of the candidates offered: a heap with the worst on top.
///
/// O(log limit) for a candidate that is kept, O(1) for the others.
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

    /// The kept candidates, best first.
    var sorted: [Scored] { heap.sorted(by: Scored.precedes) }
}
