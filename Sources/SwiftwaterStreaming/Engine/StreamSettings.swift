import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// Settings of a streaming context, each with the default that the command line shares.
public struct StreamSettings: Sendable {
    /// Limits of the lines that receivers take.
    public var lineLimits = LineLimits()
    /// How many bytes a receiver may hold that no finished batch has used yet, before it stops reading and lets the sender
    /// wait. 384 MiB: with batches of 1 s that is the most that a source can bring, 400 MB/s.
    public var receiverBufferMaxBytes = 384 << 20
    /// How a receiver tries again after its connection was lost.
    public var reconnect = ReconnectPolicy()
    /// Whether batches are kept as small as they are processed in time; see `RateEstimator`.
    public var hasBackpressure = true
    /// What the first batch may hold, before anything is known about the speed. 256 MiB.
    public var firstBatchMaxBytes = 256 << 20
    /// How often receivers cut what has come for the log, where there is one. 50 ms.
    public var blockInterval: Duration = .milliseconds(50)
    /// How many batches may wait to be processed; sources are not asked for more until one is done. 64.
    public var waitingBatchesMax = 64
    /// What happens to a batch that fails for good.
    public var onFailure = FailurePolicy.stop
    /// Whether the caller brings the stream forward with `step()`, and the engine has no threads of its own: for tests and
    /// simulations.
    public var isStepped = false
    /// The disk: a test may put another in its place.
    public var files: any FileSystem = LocalFileSystem()

    public init() {}
}

/// What happens to a batch that fails for good.
public enum FailurePolicy: Sendable, Equatable {
    /// The stream stops with the operator's name.
    case stop
    /// The batch's text and the error go to a folder of its own in this directory, and the stream goes on without it. States that
    /// were brought forward before the failing step keep what they took of the batch.
    case setAside(directory: String)
}

/// How to wait before each try to connect again: at once, then `firstDelay`, doubling up to `delayMax`.
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

/// Where and how a streaming context keeps what it needs to go on after a stop of any kind.
public struct CheckpointSettings: Sendable {
    public var directory: String
    /// How often states are stored; the longest slide x ceil(10 s / slide), as in Spark, unless set.
    public var interval: Duration?
    /// How many checkpoints are kept. 10.
    public var keptCheckpoints = 10
    /// From how many of the newest checkpoints the stream can go on: the log is kept for so long. 2.
    public var usableCheckpoints = 2
    /// The log's limits.
    public var journal = Journal.Settings()
    /// Names in the checkpoint that the program no longer has, or has with another type, window or version: what is stored of
    /// them is given up.
    public var drop: Set<String> = []
    /// New names by the names that the checkpoint has.
    public var rename: [String: String] = [:]

    public init(directory: String) { self.directory = directory }
}
