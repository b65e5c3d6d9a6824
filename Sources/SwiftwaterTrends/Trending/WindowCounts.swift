import SwiftwaterCore

/// The running counts of a window, by key: how many posts have the key, and the sum of its numbers of authors in each
/// slide, which is at least the number of authors in the window.
///
///     index     numbers of entries, by hash: open addressing, at most half full
///     entries   hash | key as a text: 15 bytes in place, or address and length | posts | authors     one after another
///
/// A change costs the same however many keys there are, and a look at all keys reads 40 bytes for each. Keys without
/// posts are removed. For use by one thread.
final class WindowCounts {
    struct Entry {
        var hash: UInt64
        var word0: UInt64
        var word1: UInt64
        var count: Int64
        var authors: Int64

        var key: Text { Text(word0: word0, word1: word1) }
    }

    private var entries: UnsafeMutablePointer<Entry>
    private var capacity = 32
    private(set) var count = 0
    /// The number of an entry and 1; 0 for a free place.
    private var index: UnsafeMutablePointer<UInt32>
    private var mask = 63
    private var longKeys = TextArena()

    init() {
        entries = .allocate(capacity: capacity)
        index = .allocate(capacity: mask + 1)
        index.initialize(repeating: 0, count: mask + 1)
    }

    deinit {
        entries.deallocate()
        index.deallocate()
    }

    /// The entries, in no particular order.
    var all: UnsafeBufferPointer<Entry> { UnsafeBufferPointer(start: entries, count: count) }

    private func place(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 20) & mask }

    /// Adds to the counts of a key with this `stableHash`. The bytes of a new key are copied.
    func add(_ key: Text, hash stableHash: UInt64, count amount: Int64, authors: Int64) {
        // Tables of counts keep hashes in this form.
        let hash = stableHash | 1
        let (word0, word1) = key.words
        var place = place(of: hash)
        while index[place] != 0 {
            let entry = entries + Int(index[place] - 1)
            if entry.pointee.hash == hash, entry.pointee.word1 == word1,
                entry.pointee.word0 == word0 || (key.utf8Count > Text.inlineCapacity && entry.pointee.key == key)
            {
                entry.pointee.count &+= amount
                entry.pointee.authors &+= authors
                if entry.pointee.count == 0 { remove(at: place) }
                return
            }
            place = (place &+ 1) & mask
        }
        guard amount != 0 else { return }
        if count == capacity { grow() }
        let words = key.utf8Count > Text.inlineCapacity ? longKeys.copy(key).words : (word0, word1)
        (entries + count).initialize(
            to: Entry(hash: hash, word0: words.0, word1: words.1, count: amount, authors: authors))
        count += 1
        index[place] = UInt32(count)
        if count * 2 > mask { rebuildIndex(places: 2 * (mask + 1)) }
    }

    /// Removes the entry whose number is at a place of the index. The last entry takes its number.
    private func remove(at place: Int) {
        let number = Int(index[place] - 1)
        let key = entries[number].key
        if key.utf8Count > Text.inlineCapacity { longKeys.dropped(key.utf8Count) }
        close(place)
        count -= 1
        if number != count {
            var last = self.place(of: entries[count].hash)
            while index[last] != UInt32(count + 1) { last = (last &+ 1) & mask }
            index[last] = UInt32(number + 1)
            entries[number] = entries[count]
        }
        if longKeys.isMostlyUnused { longKeys = longKeys.keeping(entries, count) }
    }

    /// Frees a place of the index, and moves those after it that would not be found past it.
    private func close(_ place: Int) {
        var free = place
        var next = (place &+ 1) & mask
        while index[next] != 0 {
            let home = self.place(of: entries[Int(index[next] - 1)].hash)
            if (next &- home) & mask >= (next &- free) & mask {
                index[free] = index[next]
                free = next
            }
            next = (next &+ 1) & mask
        }
        index[free] = 0
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: entries, count: count)
        entries.deallocate()
        (entries, capacity) = (larger, 2 * capacity)
    }

    private func rebuildIndex(places: Int) {
        index.deallocate()
        index = .allocate(capacity: places)
        index.initialize(repeating: 0, count: places)
        mask = places - 1
        for number in 0..<count {
            var place = place(of: entries[number].hash)
            while index[place] != 0 { place = (place &+ 1) & mask }
            index[place] = UInt32(number + 1)
        }
    }
}

/// The bytes of keys that do not fit into an entry.
private struct TextArena {
    private final class Chunk {
        let bytes: UnsafeMutablePointer<UInt8>
        init(_ count: Int) { bytes = .allocate(capacity: count) }
        deinit { bytes.deallocate() }
    }

    private static let chunkBytes = 1 << 16
    private var chunks: [Chunk] = []
    private var used = TextArena.chunkBytes
    private var copied = 0
    private var unused = 0

    mutating func copy(_ key: Text) -> Text {
        key.withBytes { bytes in
            if bytes.count > TextArena.chunkBytes - used {
                chunks.append(Chunk(max(TextArena.chunkBytes, bytes.count)))
                used = 0
            }
            let place = chunks[chunks.count - 1].bytes + used
            place.initialize(from: bytes.baseAddress!, count: bytes.count)
            used += bytes.count
            copied += bytes.count
            return Text(unownedBytes: UnsafeBufferPointer(start: place, count: bytes.count), owner: nil)
        }
    }

    mutating func dropped(_ bytes: Int) { unused += bytes }

    var isMostlyUnused: Bool { unused > 1 << 20 && unused * 2 > copied }

    /// Returns an arena with the keys of these entries only, which refer to it afterwards.
    func keeping(_ entries: UnsafeMutablePointer<WindowCounts.Entry>, _ count: Int) -> TextArena {
        var arena = TextArena()
        for number in 0..<count where entries[number].key.utf8Count > Text.inlineCapacity {
            (entries[number].word0, entries[number].word1) = arena.copy(entries[number].key).words
        }
        return arena
    }
}
