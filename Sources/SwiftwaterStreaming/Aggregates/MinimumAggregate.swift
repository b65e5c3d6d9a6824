import SwiftwaterCore

/// The smallest value of a key.
@frozen
public struct MinimumAggregate<Input: Comparable & StreamCodable>: KeyedAggregate {
    /// Creates the aggregate.
    @inlinable public init() {}
    /// No value.
    @inlinable public var initial: Input? { nil }
    /// Keeps the smaller value.
    @inlinable public func add(_ value: Input, to state: inout Input?) {
        if let known = state, known <= value { return }
        state = value
    }
    /// Keeps the smaller value.
    @inlinable public func merge(_ other: Input?, into state: inout Input?) {
        if let other { add(other, to: &state) }
    }
    /// Returns the value. A key has at least one.
    @inlinable public func result(_ state: Input?) -> Input { state! }
    /// True.
    @inlinable public static var keepsValues: Bool { true }
}

/// The largest value of a key.
@frozen
public struct MaximumAggregate<Input: Comparable & StreamCodable>: KeyedAggregate {
    /// Creates the aggregate.
    @inlinable public init() {}
    /// No value.
    @inlinable public var initial: Input? { nil }
    /// Keeps the larger value.
    @inlinable public func add(_ value: Input, to state: inout Input?) {
        if let known = state, known >= value { return }
        state = value
    }
    /// Keeps the larger value.
    @inlinable public func merge(_ other: Input?, into state: inout Input?) {
        if let other { add(other, to: &state) }
    }
    /// Returns the value. A key has at least one.
    @inlinable public func result(_ state: Input?) -> Input { state! }
    /// True.
    @inlinable public static var keepsValues: Bool { true }
}

extension KeyedAggregate {
    /// The smallest value.
    @inlinable public static func minimum<Value>() -> Self where Self == MinimumAggregate<Value> {
        MinimumAggregate()
    }
    /// The largest value.
    @inlinable public static func maximum<Value>() -> Self where Self == MaximumAggregate<Value> {
        MaximumAggregate()
    }
}
