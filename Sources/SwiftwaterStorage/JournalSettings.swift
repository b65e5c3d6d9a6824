import SwiftwaterCore

/// Limits of a write-ahead log.
public struct JournalSettings: Sendable {
    /// The size in bytes at which a segment takes no more records. 64 MiB by default.
    public var segmentMaxBytes: Int
    /// The number of bytes that may be queued before an appender has to wait. 64 MiB by default.
    public var queueMaxBytes: Int
    /// Whether a commit synchronizes the file. If not, records survive the end of the process, but not a power failure.
    public var synchronizes: Bool
    /// The number of retries to begin a segment while the process or the machine has no file descriptor left. Nothing
    /// has been written by then, so nothing is torn.
    public var openRetries: Int
    /// The pause before each retry.
    public var openPause: Duration

    /// Creates settings. Omitted arguments have their defaults.
    public init(
        segmentMaxBytes: Int = 64 << 20, queueMaxBytes: Int = 64 << 20, synchronizes: Bool = true,
        openRetries: Int = 100, openPause: Duration = .milliseconds(100)
    ) {
        self.segmentMaxBytes = segmentMaxBytes
        self.queueMaxBytes = queueMaxBytes
        self.synchronizes = synchronizes
        self.openRetries = openRetries
        self.openPause = openPause
    }
}
