import SwiftwaterCore

/// An aggregate of the values of a key, computed in parts that can be merged in any order and grouping.
///
/// `aggregateByKey` takes one, or two or three at once:
///
/// ```swift
/// let statistics = pairs.window(.seconds(60)).aggregateByKey(.count(), .mean(), .maximum())
/// ```
///
/// Contract: `merge` is associative and commutative (floating-point results may differ in the last digits), and adding
/// values one by one or merging the states of their parts gives the same state.
public protocol KeyedAggregate: Sendable {
    /// A value of a key.
    associatedtype Input: Sendable
    /// The state that summarizes the values so far.
    associatedtype State: StreamCodable
    /// The result.
    associatedtype Output: Sendable

    /// The state of no values.
    var initial: State { get }
    /// Adds a value to the state.
    func add(_ value: Input, to state: inout State)
    /// Adds the values of another state to the state.
    func merge(_ other: State, into state: inout State)
    /// Returns the result of the state.
    func result(_ state: State) -> Output
    /// Removes the values of `part` from a state that contains them; nil if that cannot be done exactly. With an
    /// inverse, windows subtract the values that leave them.
    var inverse: (@Sendable (_ state: State, _ part: State) throws -> State)? { get }
    /// Whether states keep values, so that their texts must be copied out of their blocks.
    static var keepsValues: Bool { get }
}

extension KeyedAggregate {
    /// Nil: no inverse.
    public var inverse: (@Sendable (State, State) throws -> State)? { nil }
    /// False.
    @inlinable public static var keepsValues: Bool { false }
}
