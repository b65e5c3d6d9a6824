import SwiftwaterCore

/// A hash table whose slots are ordered by stable hash and then key. Scanning them gives an order that depends on the
/// keys alone, and a range of hashes is a range of slots.
///
///     slots    .  a1  a4  .  b0  .  c2  c3  .  .      tag (32 bits of the hash) and index of the entry + 1; 0: free
///     entries  hashes[], keys[], values[]              in the order in which the keys were added
///
/// Linear probing that keeps each cluster sorted (Amble and Knuth, "Ordered hash tables", 1974). The top bits of a hash
/// give its slot, so the order of slots is the order of hashes. Some slots beyond the last take what probes past it. At
/// most half full; find and insert are O(1) expected.
@usableFromInline
final class KeyTable<Key: StreamKey, Value>: @unchecked Sendable {
    /// The variables, behind a pointer: a class's own variables are checked for overlapping access at every use.
    @usableFromInline
    struct Fields {
        @usableFromInline var slots: UnsafeMutablePointer<UInt64>
        @usableFromInline var bits: UInt64
        @usableFromInline var slotCapacity: Int
        @usableFromInline var hashes: UnsafeMutablePointer<UInt64>
        @usableFromInline var keys: UnsafeMutablePointer<Key>
        @usableFromInline var values: UnsafeMutablePointer<Value>
        @usableFromInline var capacity: Int
        @usableFromInline var count = 0

        @inlinable
        init(capacity: Int) {
            self.capacity = capacity
            bits = UInt64((capacity * 2).trailingZeroBitCount)
            slotCapacity = capacity * 2 + KeyTable.spareSlots
            slots = .allocate(capacity: slotCapacity)
            slots.initialize(repeating: 0, count: slotCapacity)
            hashes = .allocate(capacity: capacity)
            keys = .allocate(capacity: capacity)
            values = .allocate(capacity: capacity)
        }
    }
    @usableFromInline let fields: UnsafeMutablePointer<Fields>
    /// The number of top bits of the hash that all keys of this table share. It is a table for one of 2^skippedBits
    /// ranges.
    @usableFromInline let skippedBits: UInt64

    @inlinable var slots: UnsafeMutablePointer<UInt64> { fields.pointee.slots }
    @inlinable var bits: UInt64 { fields.pointee.bits }
    @inlinable var slotCapacity: Int { fields.pointee.slotCapacity }
    @inlinable var hashes: UnsafeMutablePointer<UInt64> { fields.pointee.hashes }
    @inlinable var keys: UnsafeMutablePointer<Key> { fields.pointee.keys }
    @inlinable var values: UnsafeMutablePointer<Value> { fields.pointee.values }
    @inlinable var count: Int { fields.pointee.count }

    @inlinable
    init(skippedBits: Int = 0, minimumCapacity: Int = 16) {
        self.skippedBits = UInt64(skippedBits)
        var capacity = 16
        while capacity < minimumCapacity { capacity *= 2 }
        fields = .allocate(capacity: 1)
        fields.initialize(to: Fields(capacity: capacity))
    }

    @inlinable
    deinit {
        slots.deallocate()
        hashes.deallocate()
        keys.deinitialize(count: count)
        keys.deallocate()
        values.deinitialize(count: count)
        values.deallocate()
        fields.deallocate()
    }

    @inlinable static var spareSlots: Int { 32 }

    @inlinable func tag(_ hash: UInt64) -> UInt64 { (hash << skippedBits) >> 32 }

    /// Returns the entry of `key`, or -1.
    @inlinable
    func find(_ key: Key, _ hash: UInt64) -> Int {
        let tag = tag(hash)
        var slot = Int(truncatingIfNeeded: tag >> (32 - bits))
        while true {
            let word = slots[slot]
            if word >> 32 < tag {
                if word == 0 { return -1 }
                slot += 1
                continue
            }
            if word >> 32 > tag || word == 0 { return -1 }
            let entry = Int(truncatingIfNeeded: word & 0xFFFF_FFFF) - 1
            if hashes[entry] == hash, keys[entry] == key { return entry }
            slot += 1
        }
    }

    /// Adds an entry whose key is not in the table yet, and returns its index. The key must be detached.
    @inlinable
    @discardableResult
    func insert(_ key: Key, _ hash: UInt64, _ value: Value) -> Int {
        if count == fields.pointee.capacity { grow() }
        let entry = count
        (hashes + entry).initialize(to: hash)
        (keys + entry).initialize(to: key)
        (values + entry).initialize(to: value)
        fields.pointee.count += 1
        // Growing places all entries, including this one.
        if !place(entry) { grow() }
        return entry
    }

    /// Puts an entry into its slot. Returns false if the spare slots are used up.
    @inlinable
    func place(_ entry: Int) -> Bool {
        let hash = hashes[entry]
        let tag = tag(hash)
        var slot = Int(truncatingIfNeeded: tag >> (32 - bits))
        while true {
            let word = slots[slot]
            if word == 0 || word >> 32 > tag { break }
            if word >> 32 == tag, isBefore(entry, Int(truncatingIfNeeded: word & 0xFFFF_FFFF) - 1) { break }
            slot += 1
        }
        var end = slot
        while end < slotCapacity && slots[end] != 0 { end += 1 }
        // The last slot stays free, so that every search ends.
        if end >= slotCapacity - 1 { return false }
        if end > slot { (slots + slot + 1).update(from: slots + slot, count: end - slot) }
        slots[slot] = tag << 32 | UInt64(entry + 1)
        return true
    }

    @inlinable
    func isBefore(_ left: Int, _ right: Int) -> Bool {
        hashes[left] != hashes[right] ? hashes[left] < hashes[right] : keys[left].precedes(keys[right])
    }

    @inlinable
    func grow() {
        let old = fields.pointee
        precondition(old.capacity < 1 << 30, "a partition holds at most a billion keys")
        var new = Fields(capacity: old.capacity * 2)
        new.count = old.count
        new.hashes.moveInitialize(from: old.hashes, count: old.count)
        new.keys.moveInitialize(from: old.keys, count: old.count)
        new.values.moveInitialize(from: old.values, count: old.count)
        old.slots.deallocate()
        old.hashes.deallocate()
        old.keys.deallocate()
        old.values.deallocate()
        fields.pointee = new
        for entry in 0..<new.count where !place(entry) { return grow() }
    }

    /// Calls `body` with the entries whose hashes are in part `part` of `parts` equal ranges, in order of hash and key.
    /// O(slots of that range).
    @inlinable
    func forEachEntry(part: Int = 0, of parts: Int = 1, _ body: (Int) throws -> Void) rethrows {
        let first = Shuffle.firstHash(ofPart: part, of: parts)
        let last = Shuffle.firstHash(ofPart: part + 1, of: parts)
        var slot = skippedBits == 0 ? Int(truncatingIfNeeded: tag(first) >> (32 - bits)) : 0
        while slot < slotCapacity {
            let word = slots[slot]
            slot += 1
            if word == 0 {
                // A free slot beyond the last home slot ends the range.
                if part + 1 < parts, skippedBits == 0, slot > Int(truncatingIfNeeded: tag(last) >> (32 - bits)) {
                    return
                }
                continue
            }
            let entry = Int(truncatingIfNeeded: word & 0xFFFF_FFFF) - 1
            if hashes[entry] < first { continue }
            if part + 1 < parts && hashes[entry] >= last { return }
            try body(entry)
        }
    }
}
