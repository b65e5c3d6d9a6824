import Algorithms
import SwiftwaterCore

/// A forgotten user: a hash of the id, so that the id itself is not kept.
struct ForgottenUser: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    init(_ user: Text) {
        high = user.withBytes { StableHasher.hash(UnsafeRawBufferPointer($0)) }
        let salted = Array("forgotten\u{0}".utf8) + user.withBytes(Array.init)
        low = salted.withUnsafeBytes { StableHasher.hash($0) }
    }
}

/// The content of the log: each user's last rating of each item, and the forgotten users.
///
/// 16 bytes for each rating, in an array for each user: with users of a few ratings, and ids of up to 15 bytes, 50
/// bytes for each rating in all.
struct LoggedRatings: Sendable {
    struct Rating: Sendable, Equatable {
        var rating: Float
        /// Milliseconds since 1970.
        var time: Int64
    }

    private struct Entry: Sendable, Equatable {
        let time: Int64
        let item: UInt32
        let rating: Float
    }

    /// By user; the entries of a user are in order of their items' numbers.
    private var entries: [Text: [Entry]] = [:]
    /// The items of ratings, by number. A copy has the same numbers as far as it goes.
    private var items: [Text] = []
    private var numbers: [Text: UInt32] = [:]
    var forgotten: Set<ForgottenUser> = []
    /// The number of user-item pairs.
    private(set) var count = 0

    var userCount: Int { entries.count }

    /// The users with ratings, in no particular order.
    var users: some Collection<Text> { entries.keys }

    /// The users with ratings, in order of the bytes of their ids.
    var sortedUsers: [Text] { entries.keys.sorted() }

    func hasRatings(of user: Text) -> Bool { entries[user] != nil }

    /// The ratings of a user, by item id in order of its bytes.
    func ratings(of user: Text) -> [(item: Text, rating: Rating)] {
        (entries[user] ?? []).map { (items[Int($0.item)], Rating(rating: $0.rating, time: $0.time)) }
            .sorted { $0.item < $1.item }
    }

    /// Whether a user has the same ratings as in another version of the same log.
    func hasSameRatings(of user: Text, as other: LoggedRatings) -> Bool { entries[user] == other.entries[user] }

    /// Adds a rating, which replaces an earlier one of the same item. O(log(ratings of the user)), and O(ratings of
    /// the user) for another item.
    mutating func add(_ user: Text, _ item: Text, _ rating: Rating) {
        let number = number(of: item)
        let entry = Entry(time: rating.time, item: number, rating: rating.rating)
        var own = entries.removeValue(forKey: user) ?? []
        let place = own.partitioningIndex { $0.item >= number }
        if place < own.count, own[place].item == number {
            own[place] = entry
        } else {
            own.insert(entry, at: place)
            count += 1
        }
        entries[user] = own
    }

    private mutating func number(of item: Text) -> UInt32 {
        if let known = numbers[item] { return known }
        let number = UInt32(items.count)
        items.append(item)
        numbers[item] = number
        return number
    }

    /// Removes the ratings of a user, and notes that the user was forgotten.
    mutating func forget(_ user: Text) {
        forgotten.insert(ForgottenUser(user))
        count -= entries.removeValue(forKey: user)?.count ?? 0
    }

    /// The same for a user of whom only the hashes are known. O(users).
    mutating func forget(_ user: ForgottenUser) {
        forgotten.insert(user)
        if let id = entries.keys.first(where: { ForgottenUser($0) == user }) { forget(id) }
    }

    /// Frees the room that arrays keep for more ratings.
    mutating func compact() {
        entries = entries.mapValues { own in
            guard own.capacity > own.count else { return own }
            return Array(unsafeUninitializedCapacity: own.count) { buffer, filled in
                _ = buffer.initialize(from: own)
                filled = own.count
            }
        }
    }
}
