import SwiftwaterCore

/// The keys of a sender's recent lines, in groups by the sender's position.
///
/// Keys are hashes of 64 bits. Two lines of one hash count as one: with n keys at a time, that is about one line of
/// 2^64 / n.
package struct LineKeys: Sendable {
    /// The most keys that are kept: the oldest go first. They take about 24 bytes each.
    static let limit = 1_000_000

    /// The keys of lines that came together, and the position after them.
    package struct Group: Sendable, Equatable {
        let position: UInt64
        let keys: [UInt64]

        package init(position: UInt64, keys: [UInt64]) { (self.position, self.keys) = (position, keys) }
    }

    private var known: Set<UInt64> = []
    /// By position. Those before `first` are gone.
    private var all: [Group] = []
    private var first = 0

    package init() {}

    var groups: ArraySlice<Group> { all[first...] }

    /// Adds a key, which must be in the group that is added next. Returns false if it is there. O(1).
    mutating func insert(_ key: UInt64) -> Bool { known.insert(key).inserted }

    /// Adds a group whose keys were inserted, and removes those of more than `span` before the newest.
    package mutating func add(_ group: Group, keeping span: UInt64 = .max) {
        guard !group.keys.isEmpty else { return }
        var index = all.count
        while index > first, all[index - 1].position > group.position { index -= 1 }
        all.insert(group, at: index)
        let newest = all[all.count - 1].position
        while first < all.count - 1, newest - all[first].position > span || known.count > LineKeys.limit {
            for key in all[first].keys { known.remove(key) }
            first += 1
        }
        if first > 1024, first > all.count / 2 {
            all.removeFirst(first)
            first = 0
        }
    }

    /// Adds a group that was stored: of its keys, those that are not there.
    mutating func restore(_ group: Group) {
        let keys = group.keys.filter { known.insert($0).inserted }
        add(Group(position: group.position, keys: keys))
    }
}
