import Logging
import SwiftwaterCore
import Synchronization

/// Limits on what RDDs hold in memory.
public struct ContextSettings: Sendable {
    /// The number of bytes that a shuffle or a sort may hold before it writes to disk. Each of its 16 or more tasks has
    /// a sixteenth of it. 2 GiB.
    public var shuffleMemoryMaxBytes: Int
    /// The number of bytes that `persist` keeps, not counting memory that the elements refer to. 1 GiB.
    public var cacheMaxBytes: Int
    /// The directory for spilled data. The files have no names and disappear with the process.
    public var spillDirectory: String

    /// Creates settings; what is left out has its default.
    public init(
        shuffleMemoryMaxBytes: Int = 2 << 30, cacheMaxBytes: Int = 1 << 30, spillDirectory: String = "/tmp"
    ) {
        self.shuffleMemoryMaxBytes = shuffleMemoryMaxBytes
        self.cacheMaxBytes = cacheMaxBytes
        self.spillDirectory = spillDirectory
    }
}
