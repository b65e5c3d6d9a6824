/// The numbers of the last lines of senders, for at most `limit` of them: beyond that, the name that was not used for
/// longest is forgotten, and its sender would begin again.
struct SenderPositions: Sendable {
    static let limit = 10_000

    private var positions: [String: (position: UInt64, use: UInt64)] = [:]
    /// Names by when they were used, oldest first. Uses that are not the last of their name are skipped.
    private var uses: [(name: String, use: UInt64)] = []
    private var next: UInt64 = 0

    var count: Int { positions.count }

    subscript(name: String) -> UInt64? { positions[name]?.position }

    /// The names and positions, in order of the names' bytes.
    var all: [(name: String, position: UInt64)] {
        positions.map { ($0.key, $0.value.position) }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    /// Notes the position of a sender. O(1), on average.
    mutating func set(_ name: String, _ position: UInt64) {
        positions[name] = (position, next)
        uses.append((name, next))
        next += 1
        guard uses.count > 2 * SenderPositions.limit else { return }
        uses.removeAll { positions[$0.name]?.use != $0.use }
        while positions.count > SenderPositions.limit { positions[uses.removeFirst().name] = nil }
    }
}
