import SwiftwaterCore

@usableFromInline
enum WindowAggregateShape {
    @usableFromInline static let shardBits = 6
    @usableFromInline static let shards = 64
    /// Returns the number of partitions of reductions before a state: a power of two, so that a partition holds whole
    /// shards.
    @usableFromInline
    static func partitions(_ threads: Int) -> Int {
        var parts = 1
        while parts < threads && parts < shards { parts *= 2 }
        return parts
    }
}
