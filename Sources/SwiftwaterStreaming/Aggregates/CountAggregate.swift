import SwiftwaterCore

/// The number of values of a key.
@frozen
public struct CountAggregate<Input: Sendable>: KeyedAggregate {
    /// Creates the aggregate.
    @inlinable public init() {}
    /// Zero.
    @inlinable public var initial: Int { 0 }
    /// Adds one to the count.
    @inlinable public func add(_ value: Input, to state: inout Int) { state += 1 }
    /// Adds the counts.
    @inlinable public func merge(_ other: Int, into state: inout Int) { state += other }
    /// Returns the count.
    @inlinable public func result(_ state: Int) -> Int { state }
    /// Subtraction.
    public var inverse: (@Sendable (Int, Int) throws -> Int)? { { $0 - $1 } }
}

/// The sum of the values of a key.
@frozen
public struct SumAggregate<Input: AdditiveArithmetic & StreamCodable>: KeyedAggregate {
    /// Creates the aggregate.
    @inlinable public init() {}
    /// Zero.
    @inlinable public var initial: Input { .zero }
    /// Adds the value.
    @inlinable public func add(_ value: Input, to state: inout Input) { state += value }
    /// Adds the sums.
    @inlinable public func merge(_ other: Input, into state: inout Input) { state += other }
    /// Returns the sum.
    @inlinable public func result(_ state: Input) -> Input { state }
    /// Subtraction for integers, where it is exact; nil for other numbers, whose sums would drift.
    public var inverse: (@Sendable (Input, Input) throws -> Input)? {
        guard Input.self is any FixedWidthInteger.Type else { return nil }
        return { $0 - $1 }
    }
}

extension KeyedAggregate {
    /// The number of values.
    @inlinable public static func count<Value>() -> Self where Self == CountAggregate<Value> { CountAggregate() }
    /// The sum of the values.
    @inlinable public static func sum<Value>() -> Self where Self == SumAggregate<Value> { SumAggregate() }
}
