import SwiftwaterStorage

/// A contiguous column of numbers, in an array or in place in a memory-mapped file.
///
/// Reads like an array. Numbers in a file are copied into an array on the first change.
package struct NumberColumn<Element: BitwiseCopyable & Sendable & Equatable>: Sendable {
    private var own: [Element]
    private var place: Place?

    private struct Place: @unchecked Sendable {
        /// Keeps the bytes mapped.
        let file: MappedFile
        let numbers: UnsafeBufferPointer<Element>
    }

    /// Creates a column from an array.
    package init(_ numbers: [Element]) { own = numbers }

    /// Creates a column over `bytes` of a file, aligned for the numbers.
    init(_ bytes: UnsafeRawBufferPointer, in file: MappedFile) {
        own = []
        place = Place(file: file, numbers: bytes.bindMemory(to: Element.self))
    }

    /// Whether the numbers are in a mapped file.
    package var isMapped: Bool { place != nil }

    /// Calls `body` with the numbers, which are valid only during the call.
    package func withUnsafeBufferPointer<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let place else { return try own.withUnsafeBufferPointer(body) }
        defer { withExtendedLifetime(place.file) {} }
        return try body(place.numbers)
    }

    mutating func withUnsafeMutableBufferPointer<Result>(
        _ body: (inout UnsafeMutableBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        makeOwn()
        return try own.withUnsafeMutableBufferPointer(body)
    }

    private mutating func makeOwn() {
        guard let place else { return }
        own = Array(place.numbers)
        self.place = nil
    }
}

extension NumberColumn: RandomAccessCollection, MutableCollection {
    /// Zero.
    package var startIndex: Int { 0 }
    /// The number of elements.
    package var endIndex: Int { place?.numbers.count ?? own.count }

    /// The number at `index`. Setting one copies numbers out of a mapped file first.
    package subscript(index: Int) -> Element {
        get { if let place { place.numbers[index] } else { own[index] } }
        set {
            makeOwn()
            own[index] = newValue
        }
    }

    /// Calls `body` with the numbers; never returns nil.
    package func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result? { try withUnsafeBufferPointer(body) }
}

extension NumberColumn: ExpressibleByArrayLiteral {
    /// Creates a column from an array literal.
    package init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension NumberColumn: Equatable {
    /// Compares the numbers, wherever they are stored.
    package static func == (left: NumberColumn, right: NumberColumn) -> Bool { left.elementsEqual(right) }
}
