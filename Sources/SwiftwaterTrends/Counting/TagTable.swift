import SwiftwaterCore

/// Counts of byte strings, for one thread: open addressing, with keys of up to 15 bytes in the slot and longer ones in
/// an arena.
///
///     slot (32 bytes)   hash (8) | key as a text: 15 bytes in place, or arena address and length (16) | count (8)
///
/// At most half full. A slot is half a cache line, and a short key needs no other. Grows by doubling; nothing is
/// removed.
final class TagTable: @unchecked Sendable {
    struct Slot {
        var hash: UInt64 = 0
        var word0: UInt64 = 0
        var word1: UInt64 = 0
        var count: Int64 = 0
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var mask: Int
    private(set) var count = 0
    private var chunks: [UnsafeMutablePointer<UInt8>] = []
    private var chunkUsed = TagTable.chunkBytes
    private static let chunkBytes = 1 << 16

    init(capacity: Int = 1 << 10) {
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(), count: capacity)
    }

    deinit {
        slots.deallocate()
        for chunk in chunks { chunk.deallocate() }
    }

    /// Adds to the count of a key. The bytes of a new key are copied.
    @inline(__always)
    func add(_ key: Text, _ amount: Int64) { add(key, hash: key.stableHash, amount) }

    /// Adds to the count of a key with this `stableHash`.
    @inline(__always)
    func add(_ key: Text, hash stableHash: UInt64, _ amount: Int64) {
        // 0 marks a free slot.
        let hash = stableHash | 1
        let (word0, word1) = key.words
        var index = Int(truncatingIfNeeded: hash >> 20) & mask
        while slots[index].hash != 0 {
            if slots[index].hash == hash, slots[index].word1 == word1, slots[index].word0 == word0 || isSame(key, index)
            {
                slots[index].count &+= amount
                return
            }
            index = (index &+ 1) & mask
        }
        insert(key, hash, at: index, amount)
    }

    /// Returns the count of a key with this `stableHash`; 0 for a new key, whose count becomes `next`.
    @inline(__always)
    func number(of key: Text, hash stableHash: UInt64, next: Int64) -> Int64 {
        let hash = stableHash | 1
        let (word0, word1) = key.words
        var index = Int(truncatingIfNeeded: hash >> 20) & mask
        while slots[index].hash != 0 {
            if slots[index].hash == hash, slots[index].word1 == word1, slots[index].word0 == word0 || isSame(key, index)
            {
                return slots[index].count
            }
            index = (index &+ 1) & mask
        }
        insert(key, hash, at: index, next)
        return 0
    }

    /// The count of a key; 0 if it is absent.
    subscript(key: Text) -> Int64 { count(of: key, hash: key.stableHash) }

    /// The count of a key with this `stableHash`; 0 if it is absent.
    func count(of key: Text, hash stableHash: UInt64) -> Int64 {
        let hash = stableHash | 1
        let (word0, word1) = key.words
        var index = Int(truncatingIfNeeded: hash >> 20) & mask
        while slots[index].hash != 0 {
            if slots[index].hash == hash, slots[index].word1 == word1, slots[index].word0 == word0 || isSame(key, index)
            {
                return slots[index].count
            }
            index = (index &+ 1) & mask
        }
        return 0
    }

    /// Reduces the count of the key with a `stableHash` by 1 if it is above 0, and returns the key, or nil.
    /// Among a billion keys, the chance that two share a hash is 1 in 40.
    func decrement(hash stableHash: UInt64) -> Text? {
        let hash = stableHash | 1
        var index = Int(truncatingIfNeeded: hash >> 20) & mask
        while slots[index].hash != 0 {
            if slots[index].hash == hash {
                guard slots[index].count > 0 else { return nil }
                slots[index].count -= 1
                return key(index)
            }
            index = (index &+ 1) & mask
        }
        return nil
    }

    /// Returns whether a long key is the key of a slot.
    private func isSame(_ key: Text, _ index: Int) -> Bool {
        key.utf8Count > Text.inlineCapacity && key == self.key(index)
    }

    private func key(_ index: Int) -> Text { Text(word0: slots[index].word0, word1: slots[index].word1) }

    private func insert(_ key: Text, _ hash: UInt64, at index: Int, _ amount: Int64) {
        let (word0, word1) = kept(key).words
        slots[index] = Slot(hash: hash, word0: word0, word1: word1, count: amount)
        count += 1
        if count * 2 > mask { grow() }
    }

    private func kept(_ key: Text) -> Text {
        let length = key.utf8Count
        guard length > Text.inlineCapacity else { return key }
        return key.withBytes { bytes in
            if length > TagTable.chunkBytes - chunkUsed {
                chunks.append(.allocate(capacity: max(TagTable.chunkBytes, length)))
                chunkUsed = 0
            }
            let place = chunks[chunks.count - 1] + chunkUsed
            place.initialize(from: bytes.baseAddress!, count: length)
            chunkUsed += length
            return Text(unownedBytes: UnsafeBufferPointer(start: place, count: length), owner: nil)
        }
    }

    private func grow() {
        let (old, oldCount) = (slots, mask + 1)
        mask = 2 * oldCount - 1
        slots = .allocate(capacity: 2 * oldCount)
        slots.initialize(repeating: Slot(), count: 2 * oldCount)
        for index in 0..<oldCount where old[index].hash != 0 {
            var place = Int(truncatingIfNeeded: old[index].hash >> 20) & mask
            while slots[place].hash != 0 { place = (place + 1) & mask }
            slots[place] = old[index]
        }
        old.deallocate()
    }

    /// Calls `body` with each key and its count, in the order of the slots. The keys point into the table.
    func forEach(_ body: (Text, Int) throws -> Void) rethrows {
        for index in 0...mask where slots[index].hash != 0 { try body(key(index), Int(slots[index].count)) }
    }

    /// Calls `body` with each key, its hash (whose lowest bit is 1) and its count, in the order of the slots. The keys
    /// point into the table.
    func forEachSlot(_ body: (Text, UInt64, Int64) -> Void) {
        for index in 0...mask where slots[index].hash != 0 { body(key(index), slots[index].hash, slots[index].count) }
    }

    /// Returns the slots of keys, grouped by the highest four bits of their hash. O(slots).
    func slotsByShard() -> [[UInt32]] {
        var shards = [[UInt32]](repeating: [], count: 16)
        for index in 0...mask where slots[index].hash != 0 {
            shards[Int(slots[index].hash >> 60)].append(UInt32(index))
        }
        return shards
    }

    /// Returns the key, its hash and the count in a slot of `slotsByShard`. The key points into the table.
    @inline(__always)
    func entry(at slot: UInt32) -> (key: Text, hash: UInt64, count: Int64) {
        let slot = Int(slot)
        return (key(slot), slots[slot].hash, slots[slot].count)
    }

    /// Returns a table of at most `limit` keys, and the upper bound on the undercount, as `SlideTable.reduced(to:)`
    /// does.
    func reduced(to limit: Int) -> (table: TagTable, error: Int64) {
        guard count > limit else { return (self, 0) }
        var counts: [Int64] = []
        for index in 0...mask where slots[index].hash != 0 { counts.append(slots[index].count) }
        let amount = counts.sorted(by: >)[limit]
        let smaller = TagTable()
        for index in 0...mask where slots[index].hash != 0 && slots[index].count > amount {
            smaller.add(key(index), slots[index].count - amount)
        }
        return (smaller, amount)
    }
}
