import SwiftwaterCore

/// A key of a window with its score, before its row is made. Points into the tables of its shard, which must not change
/// in the meantime.
struct RankedKey: Sendable {
    let key: Text
    let count: Int64
    let expected: Double?
    let score: Double

    /// The order of rows: by score, then by count, then by the bytes of the key.
    static func precedes(_ left: RankedKey, _ right: RankedKey) -> Bool {
        if left.score != right.score { return left.score > right.score }
        return left.count != right.count ? left.count > right.count : left.key < right.key
    }
}

/// Keys of a shard in a window.
///
/// It counts as self-contained, since its keys are used only until the rows are made, and the shard keeps them until
/// then.
struct RankedKeys: Sendable, SelfContained {
    var keys: [RankedKey]
}
