import SwiftwaterCore

/// When a client of a live service comes back after failures, and what silence it takes for one.
package struct LinkPolicy: Sendable, Equatable {
    /// The pauses after failures of one kind, in a row.
    package struct Pauses: Sendable, Equatable {
        /// How a pause follows from the one before.
        package enum Growth: Sendable, Equatable {
            case doubling
            case adding(Duration)
        }

        /// The pause after the first failure.
        package var first: Duration
        /// How pauses grow. Those that double after a first pause of zero go on with one second.
        package var growth: Growth
        /// The longest pause.
        package var longest: Duration

        package init(first: Duration, _ growth: Growth, upTo longest: Duration) {
            (self.first, self.growth, self.longest) = (first, growth, longest)
        }

        /// Returns the pause after a number of failures in a row, from 1. O(log of the longest pause).
        package func pause(afterFailures count: Int) -> Duration {
            var pause = first
            switch growth {
            case .adding(let step): pause = first + step * min(max(0, count - 1), 1_000_000)
            case .doubling:
                for _ in 1..<max(1, min(count, 64)) where pause < longest {
                    pause = pause == .zero ? .seconds(1) : pause * 2
                }
            }
            return min(pause, longest)
        }
    }

    /// After a connection that was lost or not made.
    package var lost: Pauses
    /// After an HTTP error that may pass, such as 503.
    package var refused: Pauses
    /// After too many requests (429, or 420).
    package var limited: Pauses
    /// The part of a pause that is random, from 0 to 1: clients that were cut off together do not come back together.
    package var jitter: Double
    /// The time without a byte after which a connection counts as lost.
    package var silence: Duration
    /// The time to connect in, with the service's first answer.
    package var connecting: Duration

    /// The X API's documented schedule: at once, then 250 ms more each time up to 16 s; HTTP errors from 5 s, doubled
    /// up to 320 s; too many requests from 60 s, doubled; 20 s of silence. Nothing in it is random.
    package static let x = LinkPolicy(
        lost: Pauses(first: .zero, .adding(.milliseconds(250)), upTo: .seconds(16)),
        refused: Pauses(first: .seconds(5), .doubling, upTo: .seconds(320)),
        limited: Pauses(first: .seconds(60), .doubling, upTo: .seconds(960)), jitter: 0, silence: .seconds(20),
        connecting: .seconds(20))

    /// For services that document none: at once, then from a second, doubled up to a minute.
    package static let usual = LinkPolicy(
        lost: Pauses(first: .zero, .doubling, upTo: .seconds(60)),
        refused: Pauses(first: .seconds(5), .doubling, upTo: .seconds(320)),
        limited: Pauses(first: .seconds(60), .doubling, upTo: .seconds(960)), jitter: 0.5, silence: .seconds(60),
        connecting: .seconds(20))
}
