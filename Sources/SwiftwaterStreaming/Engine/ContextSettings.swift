import Logging
import SwiftwaterCore
import Synchronization

/// Limits on what RDDs hold in memory.
public struct ContextSettings: Sendable {
    /// The number of bytes that a shuffle or a sort may hold before it writes to disk. Each of its 16 or more tasks has
    /// a sixteenth of it. 2 GiB.
    public var shuffleMemoryMaxBytes = 2 << 30
    /// The number of bytes that `persist` keeps, not counting memory that the elements refer to. 1 GiB.
    public var cacheMaxBytes = 1 << 30
    /// The directory for spilled data. The files have no names and disappear with the process.
    public var spillDirectory = "/tmp"

    /// Creates the default settings.
    public init() {}
}
