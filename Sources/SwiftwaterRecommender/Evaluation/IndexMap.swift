import SwiftwaterCore

/// A map from the indexes of one id table to those of another.
struct IndexMap: Sendable {
    /// Nil if the tables are the same; -1 for an id that the other table lacks.
    private let indexes: [Int32]?

    /// O(1) if the tables are identical, O(ids) otherwise.
    init(from other: IdentifierTable, to own: IdentifierTable) {
        indexes =
            other == own
            ? nil : (0..<other.count).map { ownIndex(other, $0, own).map { Int32(truncatingIfNeeded: $0) } ?? -1 }
    }

    subscript(index: UInt32) -> Int? {
        guard let indexes else { return Int(index) }
        let own = indexes[Int(index)]
        return own < 0 ? nil : Int(own)
    }
}
