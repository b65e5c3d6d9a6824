import HeapModule

/// The best `limit` of the candidates offered: a heap with the worst on top.
///
/// O(log limit) for a candidate that is kept, O(1) for the others.
struct BestScores {
    /// A candidate; the worst is the least.
    private struct Candidate: Comparable {
        let scored: Scored
        static func < (left: Candidate, right: Candidate) -> Bool { Scored.precedes(right.scored, left.scored) }
    }

    private let limit: Int
    private var heap = Heap<Candidate>()

    init(limit: Int) {
        self.limit = max(0, limit)
        heap.reserveCapacity(min(self.limit, 1024))
    }

    mutating func offer(_ index: Int, _ score: Float) {
        let candidate = Candidate(scored: Scored(index: index, score: score))
        if heap.count < limit {
            heap.insert(candidate)
        } else if let worst = heap.min, worst < candidate {
            heap.replaceMin(with: candidate)
        }
    }

    /// The kept candidates, best first.
    var sorted: [Scored] { heap.unordered.map(\.scored).sorted(by: Scored.precedes) }
}
