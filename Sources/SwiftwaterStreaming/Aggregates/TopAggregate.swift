import SwiftwaterCore

/// The largest values of a key, largest first; equal values are not merged.
@frozen
public struct TopAggregate<Input: Comparable & StreamCodable>: KeyedAggregate {
    /// The maximum number of values.
    public let limit: Int

    /// Creates the aggregate of at most `limit` values.
    @inlinable public init(_ limit: Int) { self.limit = max(limit, 0) }
    /// No values.
    @inlinable public var initial: [Input] { [] }
    /// Keeps the value if it is among the largest. O(limit).
    @inlinable
    public func add(_ value: Input, to state: inout [Input]) {
        if state.count == limit {
            guard let last = state.last, last < value else { return }
            state.removeLast()
        }
        var place = state.count
        while place > 0, state[place - 1] < value { place -= 1 }
        state.insert(value, at: place)
    }
    /// Keeps the largest of both.
    @inlinable public func merge(_ other: [Input], into state: inout [Input]) {
        for value in other { add(value, to: &state) }
    }
    /// Returns the values.
    @inlinable public func result(_ state: [Input]) -> [Input] { state }
    /// True.
    @inlinable public static var keepsValues: Bool { true }
}

extension KeyedAggregate {
    /// The `limit` largest values, largest first.
    @inlinable public static func top<Value>(_ limit: Int) -> Self where Self == TopAggregate<Value> {
        TopAggregate(limit)
    }
}
