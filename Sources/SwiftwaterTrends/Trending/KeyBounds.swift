import SwiftwaterCore

/// A key of a window, and a score that it cannot exceed. Points into the tables of its shard, and counts no references:
/// there can be millions.
struct KeyBound {
    private let word0: UInt64
    private let word1: UInt64
    let count: Int64
    let bound: Double

    init(_ key: Text, count: Int64, bound: Double) {
        (word0, word1) = key.words
        (self.count, self.bound) = (count, bound)
    }

    var key: Text { Text(word0: word0, word1: word1) }

    /// The order of rows; see `RankedKey.precedes`.
    static func precedes(_ left: KeyBound, _ right: KeyBound) -> Bool {
        if left.bound != right.bound { return left.bound > right.bound }
        return left.count != right.count ? left.count > right.count : left.key < right.key
    }

    /// Whether the key, with its bound as its score, comes before a ranked one.
    func mayPrecede(_ other: RankedKey) -> Bool {
        if bound != other.score { return bound > other.score }
        return count != other.count ? count > other.count : key < other.key
    }
}

/// The first keys by their bounds. O(1) for most keys that are offered.
struct KeyBounds {
    private let limit: Int
    /// How many keys are held before the first ones of them are chosen.
    private let roomMax: Int
    private var kept: [KeyBound] = []
    /// Once there are enough: the last of the first `limit`.
    private var last: KeyBound?
    /// Whether some key was left out.
    private(set) var isCut = false

    init(limit: Int) {
        self.limit = limit
        roomMax = limit < .max / 2 ? 2 * max(limit, 64) : .max
    }

    /// Whether a key with these can be among the first. `key` is read only if they are equal to the last one's.
    @inline(__always)
    func takes(_ bound: Double, _ count: Int64, _ key: @autoclosure () -> Text) -> Bool {
        guard let last else { return true }
        if bound != last.bound { return bound > last.bound }
        return count != last.count ? count > last.count : key() < last.key
    }

    /// Notes a key that was not taken.
    @inline(__always)
    mutating func pass() { isCut = true }

    mutating func offer(_ bound: KeyBound) {
        kept.append(bound)
        if kept.count >= roomMax { reduce() }
    }

    private mutating func reduce() {
        kept.sort(by: KeyBound.precedes)
        guard kept.count > limit else { return }
        kept.removeLast(kept.count - limit)
        isCut = true
        last = kept.last
    }

    /// The first keys, in order if `isSorted`.
    mutating func finish(isSorted: Bool) -> [KeyBound] {
        if isSorted || kept.count > limit { reduce() }
        return kept
    }
}
