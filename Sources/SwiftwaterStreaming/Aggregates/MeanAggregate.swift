import SwiftwaterCore

/// The number, mean, and sum of squared deviations of some numbers.
@frozen
public struct Moments: Sendable, Equatable, StreamCodable {
    /// The number of values.
    public var count: Int
    /// Their mean; 0 without values.
    public var mean: Double
    /// The sum of the squares of their deviations from the mean.
    public var squares: Double

    /// Creates the moments of no values.
    @inlinable public init() { (count, mean, squares) = (0, 0, 0) }

    /// Adds a value (Welford, "Note on a method for calculating corrected sums of squares and products", 1962).
    @inlinable
    public mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / Double(count)
        squares += difference * (value - mean)
    }

    /// Adds the values of `other` (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    /// sample variances", 1979).
    @inlinable
    public mutating func merge(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else { self = other; return }
        let all = Double(count + other.count)
        let difference = other.mean - mean
        mean += difference * Double(other.count) / all
        squares += other.squares + difference * difference * Double(count) * Double(other.count) / all
        count += other.count
    }

    /// Writes the count, mean and squares.
    public func encode(to writer: inout ByteWriter) {
        count.encode(to: &writer)
        mean.encode(to: &writer)
        squares.encode(to: &writer)
    }

    /// Reads what `encode(to:)` wrote.
    public static func decode(from reader: inout ByteReader) throws -> Moments {
        var moments = Moments()
        moments.count = try Int.decode(from: &reader)
        moments.mean = try Double.decode(from: &reader)
        moments.squares = try Double.decode(from: &reader)
        return moments
    }
}

/// The mean of the values of a key.
@frozen
public struct MeanAggregate: KeyedAggregate {
    /// Creates the aggregate.
    @inlinable public init() {}
    /// No values.
    @inlinable public var initial: Moments { Moments() }
    /// Adds the value.
    @inlinable public func add(_ value: Double, to state: inout Moments) { state.add(value) }
    /// Merges the moments.
    @inlinable public func merge(_ other: Moments, into state: inout Moments) { state.merge(other) }
    /// Returns the mean.
    @inlinable public func result(_ state: Moments) -> Double { state.mean }
}

/// The population variance of the values of a key, as SQL's VAR_POP: the mean of the squared deviations from the mean.
@frozen
public struct VarianceAggregate: KeyedAggregate {
    /// Creates the aggregate.
    @inlinable public init() {}
    /// No values.
    @inlinable public var initial: Moments { Moments() }
    /// Adds the value.
    @inlinable public func add(_ value: Double, to state: inout Moments) { state.add(value) }
    /// Merges the moments.
    @inlinable public func merge(_ other: Moments, into state: inout Moments) { state.merge(other) }
    /// Returns the variance.
    @inlinable public func result(_ state: Moments) -> Double { state.squares / Double(max(state.count, 1)) }
}

extension KeyedAggregate where Self == MeanAggregate {
    /// The mean of the values.
    @inlinable public static func mean() -> MeanAggregate { MeanAggregate() }
}

extension KeyedAggregate where Self == VarianceAggregate {
    /// The population variance of the values.
    @inlinable public static func variance() -> VarianceAggregate { VarianceAggregate() }
}
