import SwiftwaterCore

/// Keys with evidence, in the order in which they came.
///
/// The memory is our own, because entries are changed in place in the innermost loop of counting: an array in a class
/// is checked for other references and for overlapping access at each change.
final class SlideEntries {
    struct Entry {
        let key: Text
        /// The `stableHash` of the key.
        let hash: UInt64
        var count: Int64
        var cell: TrendCell
    }

    private var base: UnsafeMutablePointer<Entry>
    private var capacity = 16
    private(set) var count = 0

    init() { base = .allocate(capacity: capacity) }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    /// The address of an entry, which is valid until the next one is added.
    @inline(__always)
    subscript(number: Int) -> UnsafeMutablePointer<Entry> { base + number }

    func append(_ entry: Entry) {
        if count == capacity { grow() }
        (base + count).initialize(to: entry)
        count += 1
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: 2 * capacity)
        larger.moveInitialize(from: base, count: count)
        base.deallocate()
        (base, capacity) = (larger, 2 * capacity)
    }
}
