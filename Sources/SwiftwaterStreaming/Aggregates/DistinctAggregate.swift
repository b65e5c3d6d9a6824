import SwiftwaterCore

/// The number of distinct values of a key: exact up to 64, then estimated by HyperLogLog with a standard error of 1.6%
/// in 4 KiB.
@frozen
public struct DistinctAggregate<Input: StreamCodable>: KeyedAggregate {
    /// The distinct values so far.
    public struct State: Sendable, StreamCodable {
        private var values = DistinctCount()

        /// Creates the state of no values.
        public init() {}

        /// The number of values.
        public var count: Int { values.count }

        /// Inserts the hash of a value.
        public mutating func insert(hash: UInt64) { values.insert(hash) }

        /// Adds the values of `other`.
        public mutating func merge(_ other: State) { values.formUnion(other.values) }

        /// Writes the hashes or the registers.
        public func encode(to writer: inout ByteWriter) { values.encode(to: &writer) }

        /// Reads what `encode(to:)` wrote.
        public static func decode(from reader: inout ByteReader) throws -> State {
            var state = State()
            state.values = try DistinctCount.decode(from: &reader)
            return state
        }
    }

    /// Creates the aggregate.
    @inlinable public init() {}
    /// No values.
    @inlinable public var initial: State { State() }
    /// Adds the value.
    @inlinable public func add(_ value: Input, to state: inout State) { state.insert(hash: value.stableHash) }
    /// Adds the other values.
    @inlinable public func merge(_ other: State, into state: inout State) { state.merge(other) }
    /// Returns the number of distinct values.
    @inlinable public func result(_ state: State) -> Int { state.count }
}

extension KeyedAggregate {
    /// The number of distinct values: exact up to 64, then an estimate.
    @inlinable public static func distinct<Value>() -> Self where Self == DistinctAggregate<Value> {
        DistinctAggregate()
    }
}
