/// A map from 64-bit integer ids to their numbers.
///
/// A direct table for small ids, which most are, and open addressing with linear probing for the rest. O(1) on average.
/// Does not use `Hasher`, though nothing depends on the order.
struct IntegerIndex: Sendable {
    /// Entry `id` holds the number plus 1, or 0 for none. As long as the largest small id needs, in powers of two.
    private var small: [UInt32] = []
    private var keys: [Int64] = []
    private var numbers: [UInt32] = []
    private var occupied = 0

    /// Ids below this are looked up in the direct table, which takes at most 16 MB.
    static let smallMax = Int64(1 << 22)

    init() {}

    @inline(__always)
    subscript(id: Int64) -> UInt32? {
        if id >= 0, id < Int64(small.count) {
            let entry = small[Int(id)]
            return entry == 0 ? nil : entry - 1
        }
        return id >= 0 && id < IntegerIndex.smallMax ? nil : largeNumber(id)
    }

    /// Returns the number of `id`, which becomes `next` if it has none yet.
    @inline(__always)
    mutating func number(of id: Int64, next: UInt32) -> UInt32 {
        if id >= 0, id < Int64(small.count) {
            let entry = small[Int(id)]
            if entry != 0 { return entry - 1 }
            small[Int(id)] = next + 1
            return next
        }
        return insert(id, next)
    }

    /// Removes all ids but keeps the memory of the direct table.
    mutating func removeAll() {
        small.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
        (keys, numbers, occupied) = ([], [], 0)
    }

    @inline(never)
    private mutating func insert(_ id: Int64, _ next: UInt32) -> UInt32 {
        if id >= 0 && id < IntegerIndex.smallMax {
            var size = max(1024, small.count)
            while Int64(size) <= id { size *= 2 }
            small.append(contentsOf: repeatElement(0, count: size - small.count))
            small[Int(id)] = next + 1
            return next
        }
        if 2 * (occupied + 1) > keys.count { grow() }
        var slot = self.slot(id)
        while numbers[slot] != 0 {
            if keys[slot] == id { return numbers[slot] - 1 }
            slot = (slot + 1) & (keys.count - 1)
        }
        (keys[slot], numbers[slot]) = (id, next + 1)
        occupied += 1
        return next
    }

    private func largeNumber(_ id: Int64) -> UInt32? {
        guard !keys.isEmpty else { return nil }
        var slot = self.slot(id)
        while numbers[slot] != 0 {
            if keys[slot] == id { return numbers[slot] - 1 }
            slot = (slot + 1) & (keys.count - 1)
        }
        return nil
    }

    private func slot(_ id: Int64) -> Int {
        let product = UInt64(bitPattern: id).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low) & (keys.count - 1)
    }

    private mutating func grow() {
        let (oldKeys, oldNumbers) = (keys, numbers)
        let size = max(1024, 2 * keys.count)
        keys = [Int64](repeating: 0, count: size)
        numbers = [UInt32](repeating: 0, count: size)
        for (key, number) in zip(oldKeys, oldNumbers) where number != 0 {
            var slot = self.slot(key)
            while numbers[slot] != 0 { slot = (slot + 1) & (size - 1) }
            (keys[slot], numbers[slot]) = (key, number)
        }
    }
}
