import CSwiftwaterKernels
import SwiftwaterCore

/// An item (or user) with its score.
public struct Scored: Sendable, Equatable {
    /// The index of the item (or user).
    public let index: Int
    /// The score.
    public let score: Float

    /// Creates a scored item.
    public init(index: Int, score: Float) {
        self.index = index
        self.score = score
    }

    /// Orders by descending score; ties go to the lower index.
    static func precedes(_ left: Scored, _ right: Scored) -> Bool {
        left.score != right.score ? left.score > right.score : left.index < right.index
    }
}
