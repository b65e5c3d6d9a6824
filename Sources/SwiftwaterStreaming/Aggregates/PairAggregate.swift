import SwiftwaterCore

/// Two aggregates of the same values, computed in one pass. Either may be a pair.
@frozen
public struct PairAggregate<First: KeyedAggregate, Second: KeyedAggregate>: KeyedAggregate
where First.Input == Second.Input {
    /// Both states.
    @frozen
    public struct State: Sendable, StreamCodable {
        /// The first state.
        public var first: First.State
        /// The second state.
        public var second: Second.State

        /// Creates a state.
        @inlinable public init(first: First.State, second: Second.State) {
            self.first = first
            self.second = second
        }

        /// Writes both states.
        public func encode(to writer: inout ByteWriter) {
            first.encode(to: &writer)
            second.encode(to: &writer)
        }

        /// Reads what `encode(to:)` wrote.
        public static func decode(from reader: inout ByteReader) throws -> State {
            let first = try First.State.decode(from: &reader)
            return State(first: first, second: try Second.State.decode(from: &reader))
        }

        /// Copies the texts of both states out of their blocks.
        @inlinable public func detached() -> State { State(first: first.detached(), second: second.detached()) }
    }

    @usableFromInline let first: First
    @usableFromInline let second: Second

    /// Creates a pair.
    @inlinable public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    /// The states of no values.
    @inlinable public var initial: State { State(first: first.initial, second: second.initial) }
    /// Adds the value to both states.
    @inlinable public func add(_ value: First.Input, to state: inout State) {
        first.add(value, to: &state.first)
        second.add(value, to: &state.second)
    }
    /// Merges both states.
    @inlinable public func merge(_ other: State, into state: inout State) {
        first.merge(other.first, into: &state.first)
        second.merge(other.second, into: &state.second)
    }
    /// Returns both results.
    @inlinable public func result(_ state: State) -> (First.Output, Second.Output) {
        (first.result(state.first), second.result(state.second))
    }
    /// Both inverses; nil unless both aggregates have one.
    public var inverse: (@Sendable (State, State) throws -> State)? {
        guard let first = first.inverse, let second = second.inverse else { return nil }
        return { State(first: try first($0.first, $1.first), second: try second($0.second, $1.second)) }
    }
    /// Whether either aggregate keeps values.
    @inlinable public static var keepsValues: Bool { First.keepsValues || Second.keepsValues }
}
