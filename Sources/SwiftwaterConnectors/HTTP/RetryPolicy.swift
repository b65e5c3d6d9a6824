import SwiftwaterCore

/// When a failed request is sent again: after random pauses whose bound doubles ("full jitter", M. Brooker,
/// "Exponential Backoff and Jitter", 2015), so that many clients do not come back at the same moment.
public struct RetryPolicy: Sendable {
    /// The number of times that a request is sent at most. 8: over 13 seconds on average.
    public var attempts: Int
    /// The bound of the first pause. 200 ms.
    public var firstPause: Duration
    /// The bound of every pause. 20 s.
    public var longestPause: Duration
    /// Waits; tests replace it.
    package var pause: @Sendable (Duration) -> Void = { length in
        _ = Monitor(()).wait(atMost: length) { _ in nil as Void? }
    }
    /// Returns a number from 0 to 1; tests replace it.
    package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    /// Creates a policy; what is left out has its default.
    public init(attempts: Int = 8, firstPause: Duration = .milliseconds(200), longestPause: Duration = .seconds(20)) {
        (self.attempts, self.firstPause, self.longestPause) = (attempts, firstPause, longestPause)
    }

    /// Waits after the failed attempt of a number, from 1.
    ///
    /// - Parameter least: what the service asked to wait.
    package func wait(after attempt: Int, least: Duration = .zero) {
        let bound = min(longestPause, firstPause * (1 << min(attempt - 1, 20)))
        pause(max(least, bound * random()))
    }
}
