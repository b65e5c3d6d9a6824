/// The hashes of the keys of one post, so that a post that repeats a key counts once. O(1) per key, regardless of the
/// number of keys in the post.
struct SeenHashes {
    /// The only hash so far, if `hasFirst`: most posts have one key.
    private var first: UInt64 = 0
    private var hasFirst = false
    /// All hashes, once there are two.
    private var few: [UInt64] = []
    /// Used once there are many: a hostile line may have a hundred thousand.
    private var many: Set<UInt64> = []
    private static let fewMax = 32

    @inline(__always)
    mutating func removeAll() {
        hasFirst = false
        if !few.isEmpty { forget() }
    }

    @inline(never)
    private mutating func forget() {
        few.removeAll(keepingCapacity: true)
        if !many.isEmpty { many.removeAll() }
    }

    /// Adds a hash.
    ///
    /// - Returns: whether it is new.
    @inline(__always)
    mutating func insert(_ hash: UInt64) -> Bool {
        if !hasFirst {
            (first, hasFirst) = (hash, true)
            return true
        }
        return hash == first ? false : insertAmongFew(hash)
    }

    @inline(never)
    private mutating func insertAmongFew(_ hash: UInt64) -> Bool {
        if few.isEmpty { few.append(first) }
        if few.count < SeenHashes.fewMax {
            if few.contains(hash) { return false }
            few.append(hash)
            return true
        }
        if many.isEmpty { many.formUnion(few) }
        return many.insert(hash).inserted
    }
}
