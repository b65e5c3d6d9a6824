import SwiftwaterCore

/// The hashes of the latest posts' ids, so that a post that comes again counts once: at least the last `limit` of them,
/// and at most twice as many.
struct SeenPosts: Sendable {
    private let limit: Int
    private var current = IDSet()
    private var previous = IDSet()
    /// The hashes in the order in which they came, for checkpoints.
    private var currentIDs: [UInt64] = []
    private var previousIDs: [UInt64] = []

    /// - Parameter limit: 0 to remember nothing.
    init(limit: Int) { self.limit = limit }

    var isOn: Bool { limit > 0 }

    func contains(_ id: UInt64) -> Bool { current.contains(id) || previous.contains(id) }

    /// Adds a post.
    ///
    /// - Returns: whether it is new.
    mutating func insert(_ id: UInt64) -> Bool {
        guard isOn, !previous.contains(id) else { return !isOn }
        guard current.insert(id) else { return false }
        currentIDs.append(id)
        if current.count >= limit {
            (previous, previousIDs) = (current, currentIDs)
            (current, currentIDs) = (IDSet(), [])
        }
        return true
    }
}

extension SeenPosts {
    func encode(to writer: inout ByteWriter) {
        previousIDs.encode(to: &writer)
        currentIDs.encode(to: &writer)
    }

    /// Restores what `encode` wrote, also with another limit.
    mutating func restore(from reader: inout ByteReader) throws {
        for id in try [UInt64].decode(from: &reader) { _ = insert(id) }
        for id in try [UInt64].decode(from: &reader) { _ = insert(id) }
    }
}
