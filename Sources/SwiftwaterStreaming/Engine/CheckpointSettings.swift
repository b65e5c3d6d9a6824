import SwiftwaterCore
import SwiftwaterFormats
import SwiftwaterStorage

/// Settings for where and how a streaming context stores what it needs to resume after any kind of stop.
public struct CheckpointSettings: Sendable {
    /// The directory of the log and the checkpoints, on a disk or in a store.
    public var directory: String
    /// The longest time until what has arrived is made durable and its senders are told. By default the stream's block
    /// interval on a disk, and 1 s in a store, where each commit is a request.
    public var commitInterval: Duration?
    /// The time that the stream waits for a store that fails. 10 minutes.
    public var storePatience: Duration = .seconds(600)
    /// The interval between checkpoints. By default the longest slide x ceil(10 s / slide), as in Spark.
    public var interval: Duration?
    /// The number of checkpoints kept. 10.
    public var keptCheckpoints: Int
    /// The size of all states in bytes above which older checkpoints are removed, down to `usableCheckpoints`. 256 MiB.
    public var keptMaxBytes: Int
    /// The number of newest checkpoints from which the stream can resume. The log is kept for all of them. 2.
    public var usableCheckpoints: Int
    /// Limits of the log.
    public var journal: JournalSettings
    /// Names whose stored state is discarded: those in the checkpoint that the program no longer has, or has with
    /// another type, window, or version.
    public var drop: Set<String>
    /// New names, keyed by the names in the checkpoint. A source under a new name, or under its own, may read something
    /// else than before (a directory that was moved) and goes on from the position that is stored.
    public var rename: [String: String]
    /// Like `rename`, for names that only earlier versions gave; used where the checkpoint has them.
    package var formerNames: [String: String] = [:]

    /// Creates settings for a directory; what is left out has its default.
    public init(
        directory: String, interval: Duration? = nil, keptCheckpoints: Int = 10, keptMaxBytes: Int = 256 << 20,
        usableCheckpoints: Int = 2,
        journal: JournalSettings = JournalSettings(), drop: Set<String> = [], rename: [String: String] = [:]
    ) {
        (self.directory, self.interval) = (directory, interval)
        (self.keptCheckpoints, self.usableCheckpoints) = (keptCheckpoints, usableCheckpoints)
        self.keptMaxBytes = keptMaxBytes
        (self.journal, self.drop, self.rename) = (journal, drop, rename)
    }
}
