/// A list that stores its first element without an array: most keys of a slide have one of everything.
struct ShortList<Element: Sendable & Equatable>: Sendable, Equatable {
    private var first: Element?
    private var others: [Element] = []

    var count: Int { isEmpty ? 0 : others.count + 1 }
    // Comparing with `nil` would retain the element.
    var isEmpty: Bool { if case .none = first { true } else { false } }

    subscript(index: Int) -> Element {
        get { index == 0 ? first! : others[index - 1] }
        set { if index == 0 { first = newValue } else { others[index - 1] = newValue } }
    }

    mutating func append(_ element: Element) { if isEmpty { first = element } else { others.append(element) } }

    mutating func insert(_ element: Element, at index: Int) {
        guard index == 0 else { return others.insert(element, at: index - 1) }
        if let first { others.insert(first, at: 0) }
        first = element
    }

    mutating func removeLast() { if others.isEmpty { first = nil } else { others.removeLast() } }

    mutating func append(contentsOf other: ShortList) { other.forEach { append($0) } }

    /// Calls `body` with each element, without an array of all.
    func forEach(_ body: (Element) -> Void) {
        guard let first else { return }
        body(first)
        for element in others { body(element) }
    }

    var all: [Element] { first.map { [$0] + others } ?? [] }

    init() {}
    init(_ elements: [Element]) {
        first = elements.first
        others = Array(elements.dropFirst())
    }
}
