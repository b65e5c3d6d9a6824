import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// The delays before attempts to reconnect: none at first, then `firstDelay`, doubling up to `delayMax`.
public struct ReconnectPolicy: Sendable, Equatable {
    /// The delay after the first failure. 250 ms.
    public var firstDelay: Duration
    /// The longest delay. 16 s.
    public var delayMax: Duration

    /// Creates settings; what is left out has its default.
    public init(
        firstDelay: Duration = .milliseconds(250), delayMax: Duration = .seconds(16)
    ) {
        self.firstDelay = firstDelay
        self.delayMax = delayMax
    }

    /// Returns the delay before attempt number `failures + 1`, after `failures` failures in a row.
    public func delay(afterFailures failures: Int) -> Duration {
        guard failures > 0 else { return .zero }
        var delay = firstDelay
        for _ in 1..<min(failures, 40) where delay < delayMax { delay = delay * 2 }
        return min(delay, delayMax)
    }
}
