import SwiftwaterCore

/// What is computed from the values of a key, in parts that can be put together in any order and grouping.
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
    /// What is kept of the values so far.
    associatedtype State: StreamCodable
    /// What is made of the state.
    associatedtype Output: Sendable

    /// The state of no values.
    var initial: State { get }
    /// Takes a value into the state.
    func add(_ value: Input, to state: inout State)
    /// Takes the values of another state into the state.
    func merge(_ other: State, into state: inout State)
    /// Returns what the state says.
    func result(_ state: State) -> Output
    /// Removes the values of `part` from a state that has them, where that can be done exactly; nil otherwise. Windows then
    /// subtract what leaves them.
    var inverse: (@Sendable (_ state: State, _ part: State) throws -> State)? { get }
    /// Whether states keep values, so that texts in them must be copied out of their blocks.
    static var keepsValues: Bool { get }
}

extension KeyedAggregate {
    /// None.
    public var inverse: (@Sendable (State, State) throws -> State)? { nil }
    /// False.
    @inlinable public static var keepsValues: Bool { false }
}
