/// A set of hashes, for one thread: open addressing, at most half full.
struct IDSet: Sendable {
    private var slots: [UInt64]
    private var mask: Int
    private(set) var count = 0

    init(capacity: Int = 64) {
        slots = [UInt64](repeating: 0, count: capacity)
        mask = capacity - 1
    }

    func contains(_ hash: UInt64) -> Bool {
        // 0 marks a free slot.
        let hash = hash | 1
        var index = Int(truncatingIfNeeded: hash >> 20) & mask
        while slots[index] != 0 {
            if slots[index] == hash { return true }
            index = (index &+ 1) & mask
        }
        return false
    }

    /// Adds a hash.
    ///
    /// - Returns: whether it is new.
    mutating func insert(_ hash: UInt64) -> Bool {
        let hash = hash | 1
        var index = Int(truncatingIfNeeded: hash >> 20) & mask
        while slots[index] != 0 {
            if slots[index] == hash { return false }
            index = (index &+ 1) & mask
        }
        slots[index] = hash
        count += 1
        if count * 2 > mask { grow() }
        return true
    }

    private mutating func grow() {
        let old = slots
        mask = 2 * old.count - 1
        slots = [UInt64](repeating: 0, count: 2 * old.count)
        for hash in old where hash != 0 {
            var index = Int(truncatingIfNeeded: hash >> 20) & mask
            while slots[index] != 0 { index = (index &+ 1) & mask }
            slots[index] = hash
        }
    }
}
