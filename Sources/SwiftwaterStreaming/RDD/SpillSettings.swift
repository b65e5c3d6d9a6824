import SwiftwaterCore
import SwiftwaterStorage
import SwiftwaterPlatform

/// Settings for where and when stages write to disk what does not fit into memory.
@usableFromInline
struct SpillSettings: Sendable {
    let directory: String
    /// The number of bytes that one task may hold. A fixed share of the whole: it must not depend on the number of
    /// threads.
    let taskMemoryMaxBytes: Int
    /// Called with the size of every file.
    let spilled: @Sendable (Int) -> Void
}
