/// How far a service has come, by the times of its events, which are not in order and may be wrong.
///
/// A time of the future would make the service begin at its present, and what is between would be lost. So an event
/// that is more than an hour ahead of both the others and this machine's clock does not count until a hundred in a row
/// are. Before the first event that counts, two in a row that agree are enough: then it is this machine's clock that is
/// behind.
package struct LivePosition: Sendable, Equatable {
    static let leap: UInt64 = 3_600_000_000
    static let witnesses = 100

    /// The latest time that counts, in microseconds since 1970; 0 before the first event.
    package private(set) var time: UInt64
    private var ahead = 0
    /// The time of the last event that was ahead.
    private var candidate: UInt64 = 0

    /// Creates a position after what was stored, or before everything.
    package init(_ time: UInt64 = 0) { self.time = time }

    /// Notes the time of an event.
    ///
    /// - Parameter now: what this machine's clock shows.
    package mutating func note(_ new: UInt64, now: UInt64) {
        let isFirst = time == 0 && ahead > 0
        let agrees = isFirst && max(new, candidate) - min(new, candidate) <= LivePosition.leap
        if new <= max(time, now) + LivePosition.leap || agrees || ahead + 1 >= LivePosition.witnesses {
            ahead = 0
            time = max(time, new)
        } else {
            ahead += 1
            candidate = new
        }
    }
}
