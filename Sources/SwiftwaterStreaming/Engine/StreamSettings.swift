import SwiftwaterCore
import SwiftwaterFormats

/// Settings of a streaming context, each with the default that the command line shares.
public struct StreamSettings: Sendable {
    /// Limits of the lines that receivers take.
    public var lineLimits = LineLimits()
    /// How many bytes a receiver may hold that no finished batch has used yet, before it stops reading and lets the sender
    /// wait. 256 MiB.
    public var receiverBufferMaxBytes = 256 << 20
    /// How a receiver tries again after its connection was lost.
    public var reconnect = ReconnectPolicy()

    public init() {}
}

/// How long to wait before each try to connect again: at once, then `firstDelay`, doubling up to `delayMax`.
public struct ReconnectPolicy: Sendable, Equatable {
    public var firstDelay: Duration = .milliseconds(250)
    public var delayMax: Duration = .seconds(16)

    public init() {}

    /// The delay before try number `failures + 1`, after so many failures in a row.
    public func delay(afterFailures failures: Int) -> Duration {
        guard failures > 0 else { return .zero }
        var delay = firstDelay
        for _ in 1..<min(failures, 40) where delay < delayMax { delay = delay * 2 }
        return min(delay, delayMax)
    }
}
