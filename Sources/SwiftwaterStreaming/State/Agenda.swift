import HeapModule
import SwiftwaterCore

/// The entries to examine, by time.
@usableFromInline
struct Agenda {
    private struct Item: Comparable {
        let time: BatchTime
        let entry: Int
        static func < (left: Item, right: Item) -> Bool { (left.time, left.entry) < (right.time, right.entry) }
    }

    private var heap = Heap<Item>()

    @usableFromInline init() {}

    @usableFromInline
    mutating func add(_ time: BatchTime, _ entry: Int) { heap.insert(Item(time: time, entry: entry)) }

    /// Removes and returns the next entry whose time has come, or nil.
    @usableFromInline
    mutating func next(upTo time: BatchTime) -> Int? {
        guard let first = heap.min, first.time <= time else { return nil }
        heap.removeMin()
        return first.entry
    }
}
