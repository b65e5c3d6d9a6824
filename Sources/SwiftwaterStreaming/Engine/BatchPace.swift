import SwiftwaterCore

/// When the next batch is due: at its time by the wall clock. If that clock was set back, one batch interval of the
/// monotonic clock after the batch before, until the wall clock has come to the times of the batches again: batch times
/// never go back, and nobody waits for the old time.
struct BatchPace {
    private let interval: Duration
    /// When the last batch was made, by the monotonic clock.
    private var last: Duration
    /// Whether the wall clock is behind the batches.
    private(set) var isAhead = false
    /// A clock that is corrected by less was not set back.
    private static let tolerance = Duration.seconds(1)

    init(interval: Duration, _ clock: any StreamClock) { (self.interval, last) = (interval, clock.elapsed()) }

    /// Returns how long the next batch has to wait; nil if it is due.
    mutating func wait(for next: BatchTime, _ clock: any StreamClock) -> Duration? {
        let left = .milliseconds(next.milliseconds) - clock.instant()
        isAhead = left > interval + Self.tolerance
        let wait = isAhead ? min(left, last + interval - clock.elapsed()) : left
        return wait > .zero ? wait : nil
    }

    /// Notes that a batch is made.
    mutating func begin(_ clock: any StreamClock) { last = clock.elapsed() }
}
