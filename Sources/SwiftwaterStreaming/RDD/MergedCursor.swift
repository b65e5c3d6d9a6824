import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterPlatform

/// A sorted sequence that is read element by element and may fail.
struct SortedCursor<Element> {
    let next: () throws -> Element?
}

/// A merge of sorted sequences. Of equal elements, those of the earlier sequence come first. O(log sequences) per
/// element.
struct MergedCursor<Element> {
    private var heads: [(element: Element, source: Int)] = []
    private let sources: [SortedCursor<Element>]
    private let areInOrder: (Element, Element) -> Bool

    init(_ sources: [SortedCursor<Element>], _ areInOrder: @escaping (Element, Element) -> Bool) throws {
        self.sources = sources
        self.areInOrder = areInOrder
        for (number, source) in sources.enumerated() {
            if let element = try source.next() {
                heads.append((element, number))
                var child = heads.count - 1
                while child > 0, isBefore(heads[child], heads[(child - 1) / 2]) {
                    heads.swapAt(child, (child - 1) / 2)
                    child = (child - 1) / 2
                }
            }
        }
    }

    private func isBefore(_ left: (element: Element, source: Int), _ right: (element: Element, source: Int)) -> Bool {
        if areInOrder(left.element, right.element) { return true }
        if areInOrder(right.element, left.element) { return false }
        return left.source < right.source
    }

    mutating func next() throws -> Element? {
        guard let first = heads.first else { return nil }
        if let element = try sources[first.source].next() {
            heads[0].element = element
        } else {
            let last = heads.removeLast()
            if !heads.isEmpty { heads[0] = last }
        }
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heads.count {
                if isBefore(heads[child], heads[best]) { best = child }
            }
            if best == parent { break }
            heads.swapAt(parent, best)
            parent = best
        }
        return first.element
    }
}
