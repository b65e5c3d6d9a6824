import SwiftwaterStorage

/// Numbers that stand one after the other: in an array of their own, or in place in a file that is mapped.
///
/// Reads like an array. Numbers in a file are copied into an array when they are changed.
public struct NumberColumn<Element: BitwiseCopyable & Sendable & Equatable>: Sendable {
    private var own: [Element]
    private var place: Place?

    private struct Place: @unchecked Sendable {
        /// Keeps the bytes where they are.
        let file: MappedFile
        let numbers: UnsafeBufferPointer<Element>
    }

    public init(_ numbers: [Element]) { own = numbers }

    /// Numbers in a file. `bytes` are some of its bytes, aligned for the numbers.
    init(_ bytes: UnsafeRawBufferPointer, in file: MappedFile) {
        own = []
        place = Place(file: file, numbers: bytes.bindMemory(to: Element.self))
    }

    /// Whether the numbers stand in a file.
    public var isMapped: Bool { place != nil }

    public func withUnsafeBufferPointer<Result, Failure: Error>(
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
    public var startIndex: Int { 0 }
    public var endIndex: Int { place?.numbers.count ?? own.count }

    public subscript(index: Int) -> Element {
        get { if let place { place.numbers[index] } else { own[index] } }
        set {
            makeOwn()
            own[index] = newValue
        }
    }

    public func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result? { try withUnsafeBufferPointer(body) }
}

extension NumberColumn: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension NumberColumn: Equatable {
    public static func == (left: NumberColumn, right: NumberColumn) -> Bool { left.elementsEqual(right) }
}
