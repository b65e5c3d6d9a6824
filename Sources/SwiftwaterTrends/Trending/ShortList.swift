/// A list that stores its first element without an array: most keys of a slide have one of everything.
struct ShortList<Element: Sendable & Equatable>: Sendable, Equatable {
    private var first: Element?
    private var others: [Element] = []

    var count: Int { first == nil ? 0 : others.count + 1 }
    var isEmpty: Bool { first == nil }

    subscript(index: Int) -> Element {
        get { index == 0 ? first! : others[index - 1] }
        set { if index == 0 { first = newValue } else { others[index - 1] = newValue } }
    }

    mutating func append(_ element: Element) { if first == nil { first = element } else { others.append(element) } }

    mutating func insert(_ element: Element, at index: Int) {
        guard index == 0 else { return others.insert(element, at: index - 1) }
        if let first { others.insert(first, at: 0) }
        first = element
    }

    mutating func removeLast() { if others.isEmpty { first = nil } else { others.removeLast() } }

    mutating func append(contentsOf other: ShortList) { for index in 0..<other.count { append(other[index]) } }

    var all: [Element] { first.map { [$0] + others } ?? [] }

    init() {}
    init(_ elements: [Element]) {
        first = elements.first
        others = Array(elements.dropFirst())
    }
}
