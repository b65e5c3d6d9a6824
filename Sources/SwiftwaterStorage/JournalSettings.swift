import SwiftwaterCore

/// Limits of a write-ahead log.
public struct JournalSettings: Sendable {
    /// A segment takes no more records after this many bytes. 64 MiB.
    public var segmentMaxBytes: Int
    /// The bytes that may be queued before an appender has to wait. 64 MiB.
    public var queueMaxBytes: Int
    /// Whether a commit synchronizes the file. Without it records survive the end of the process, but not a power failure.
    public var synchronizes: Bool
    /// How often to try again to begin a segment while the process or the machine has no file descriptor left. Nothing has
    /// been written by then, and nothing is torn.
    public var openRetries: Int
    /// The pause before each further try.
    public var openPause: Duration

    /// Creates settings; what is left out has its default.
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
