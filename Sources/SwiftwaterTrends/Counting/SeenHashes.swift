/// The hashes of the keys of one post, so that a post that repeats a key counts once. O(1) per key, regardless of the
/// number of keys in the post.
struct SeenHashes {
    private var few: [UInt64] = []
    /// Used once there are many: a hostile line may have a hundred thousand.
    private var many: Set<UInt64> = []
    private static let fewMax = 32

    mutating func removeAll() {
        few.removeAll(keepingCapacity: true)
        if !many.isEmpty { many.removeAll() }
    }

    /// Adds a hash.
    ///
    /// - Returns: whether it is new.
    @inline(__always)
    mutating func insert(_ hash: UInt64) -> Bool {
        if few.count < SeenHashes.fewMax {
            if few.contains(hash) { return false }
            few.append(hash)
            return true
        }
        return insertAmongMany(hash)
    }

    @inline(never)
    private mutating func insertAmongMany(_ hash: UInt64) -> Bool {
        if many.isEmpty { many.formUnion(few) }
        return many.insert(hash).inserted
    }
}
