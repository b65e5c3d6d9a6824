import SwiftwaterCore

/// The lines of a second, over the last whole seconds of a span.
package struct LineRate: Sendable {
    private static let span = 10

    private let began: Duration
    /// Lines by the second in which they came, modulo `span`.
    private var recent = [(second: Int64, lines: Int)](repeating: (-1, 0), count: LineRate.span)

    /// Creates a count that begins at a time of any clock.
    package init(at now: Duration) { began = now }

    /// Counts lines that came now.
    package mutating func add(_ lines: Int, at now: Duration) {
        let second = now.components.seconds
        let place = Int(second % Int64(LineRate.span))
        if recent[place].second != second { recent[place] = (second, 0) }
        recent[place].lines += lines
    }

    /// Returns the mean of the last seconds, without the running one, which is not over yet.
    package func perSecond(at now: Duration) -> Double {
        let second = now.components.seconds
        let counted = recent.filter { $0.second >= second - Int64(LineRate.span - 1) && $0.second < second }
        let seconds = min(Int64(LineRate.span - 1), second - began.components.seconds)
        return seconds > 0 ? Double(counted.reduce(0) { $0 + $1.lines }) / Double(seconds) : 0
    }
}
